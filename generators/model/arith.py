"""The two comparisons that must work on floats, quantities and symbols alike: the model's only intrinsics."""


def largest(a, b):
    """The larger of two values of one kind; a quantity keeps the sources of both, a symbol stays a formula."""
    if hasattr(a, "largest"):
        return a.largest(b)
    if hasattr(b, "largest"):
        return b.largest(a)
    return a if a >= b else b


def smallest(a, b):
    """The smaller of two values of one kind."""
    if hasattr(a, "smallest"):
        return a.smallest(b)
    if hasattr(b, "smallest"):
        return b.smallest(a)
    return a if a <= b else b
