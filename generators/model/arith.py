"""What must work on floats, quantities and symbols alike, and is written by hand in each: the model's only intrinsics."""

import math


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


def whole(a):
    """The whole part of a value of zero or more."""
    return a.whole() if hasattr(a, "whole") else float(math.floor(a))
