"""Quoted runs against physics: none is faster than its chip's datasheet allows, or it says why it can be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from generators.catalog import model_inputs
from generators.catalog.published import UNITS_OF_METRIC, Published
from generators.core import units
from generators.model import roofline
from generators.model.inputs import Chip, Pass

if TYPE_CHECKING:
    from generators.catalog.load import Catalog

#: Metrics of which a larger value is a faster run.
RATES = ("decode_tokens_per_s", "prefill_tokens_per_s", "achieved_bandwidth", "achieved_flops", "mfu")


def bound(catalog: Catalog, row: Published) -> float | None:
    """The most that a quoted rate can be, or the least that a latency can, in base units; None where nothing tells.

    A rate of several devices is held against all of their bandwidth and arithmetic together.  Where a row
    gives no context, decode is taken at an empty one, whose bound no longer context exceeds.
    """
    if row.metric == "mfu":
        return 1.0
    chip, form = catalog.accelerators.get(row.accelerator), catalog.formats.get(row.format)
    if chip is None:
        return _of_any_chip(catalog, row)
    if row.metric == "achieved_bandwidth":
        return chip.bandwidth.value  # of one device
    device = model_inputs.device(chip, form.rate) if form else None
    if row.metric == "achieved_flops":
        return device.peak if device else max(peak.quantity.value for peak in chip.peaks().values())
    if form is None or row.model not in catalog.models:
        return None
    if device is None:  # a chip of which no peak is printed: its memory bounds it alone
        device = Chip(chip.bandwidth.value, math.inf)
    kv = min(
        model_inputs.SIXTEEN_BITS, form.effective_bits / 8.0
    )  # the cache may be kept in as few bits as the weights
    shape, stored = model_inputs.shape(catalog.models[row.model]), model_inputs.number_format(form, kv)
    batch, context = float(row.batch), max(row.context, 1.0)
    if row.metric == "decode_tokens_per_s":
        return row.devices * batch / roofline.step(shape, stored, device, Pass(batch, 1.0, context)).time
    if row.metric in ("prefill_tokens_per_s", "latency"):
        time = roofline.step(shape, stored, device, Pass(batch, context, context)).time / row.devices
        return time if row.metric == "latency" else batch * context / time
    return None


def _of_any_chip(catalog: Catalog, row: Published) -> float | None:
    """The bound of a rate whose chip the row does not name, a part of one perhaps: the fastest memory and peak sold.

    Memory of SRAM is left out: who measures on such a chip names it.
    """
    outside = [chip for chip in catalog.accelerators.values() if "SRAM" not in chip.memory.type]
    fastest = max(chip.bandwidth.value for chip in outside)
    if row.metric == "achieved_bandwidth":
        return fastest
    if row.metric == "achieved_flops":
        return max(peak.quantity.value for chip in outside for peak in chip.peaks().values())
    if row.metric != "decode_tokens_per_s" or row.model not in catalog.models or row.format not in catalog.formats:
        return None
    shape, stored = (
        model_inputs.shape(catalog.models[row.model]),
        model_inputs.number_format(catalog.formats[row.format]),
    )
    batch = float(row.batch)
    return row.devices * batch / roofline.step(shape, stored, Chip(fastest, math.inf), Pass(batch, 1.0, 1.0)).time


def impossible(catalog: Catalog, row: Published) -> str | None:
    """What is wrong with a run beyond its bound that gives no reason, or with a reason that no run needs."""
    least = bound(catalog, row)
    if least is None:
        return f"found {row.above_bound!r} for a run whose bound is not known; remove it" if row.above_bound else None
    beyond = row.quantity.value > least if row.metric in RATES else row.quantity.value < least
    if beyond and not row.above_bound:
        shown = units.text(units.Quantity(least, row.quantity.dims), UNITS_OF_METRIC[row.metric][0])
        return (
            f"found {row.value}, wanted less: {f'the datasheet of {row.accelerator}' if row.accelerator else 'arithmetic' if row.metric == 'mfu' else 'the fastest chip outside SRAM'} allows {shown} at best; "
            "correct the value, chip, model, format, batch or context, or say in above_bound why the run can be faster"
        )
    if row.above_bound and not beyond:
        return f"found {row.above_bound!r} for a run within its bound; remove it"
    return None
