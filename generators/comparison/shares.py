"""What prefill and decode cost beside each other, for a request of a fixed number of tokens."""

from functools import cache

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.core.errors import BookError
from generators.model import phases
from generators.model.inputs import Chip, Format, Shape

LEAST, MOST = 1e-3, 1e7  # ratios between which the even one is looked for


def share(shape: Shape, form: Format, device: Chip, batch: float, tokens: float, ratio: float) -> float:
    """Share of prefill when prompt and answer are `tokens` together and the prompt is `ratio` times the answer."""
    answer = tokens / (1.0 + ratio)
    return phases.request_share(shape, form, device, batch, 0.0, tokens - answer, answer)


def even_ratio(catalog: Catalog, model: str, format_: str, chip: str, batch: float, tokens: float) -> float:
    """The ratio at which the share is one half; BookError where the chip has no peak in the format, ValueError where none is even."""
    stored = catalog.formats[format_]
    device = model_inputs.device(catalog.accelerators[chip], stored.rate)
    if device is None:
        raise BookError(f"data/accelerators/{chip}.toml", "compute", f"found no {stored.rate} peak for {format_}")
    return even(model_inputs.shape(catalog.models[model]), model_inputs.number_format(stored), device, batch, tokens)


@cache
def even(shape: Shape, form: Format, device: Chip, batch: float, tokens: float) -> float:
    """The same from the model's inputs: bisection on the logarithm, as the share grows with the ratio."""
    low, high = LEAST, MOST
    if not share(shape, form, device, batch, tokens, low) < 0.5 < share(shape, form, device, batch, tokens, high):
        raise ValueError(f"found no even ratio between {LEAST} and {MOST}")
    for _ in range(40):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if share(shape, form, device, batch, tokens, middle) < 0.5 else (low, middle)
    return (low * high) ** 0.5
