"""The float64 side of a check, also for devices that have no float64."""

from __future__ import annotations

import torch


def exact(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor in float64: where it lies, or on the processor for a device without float64 (MPS)."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).to(torch.float64)


def relative_to_largest(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """Largest difference over the largest wanted size; NaN where a result holds NaN."""
    return ((exact(found) - wanted).abs().max() / wanted.abs().max()).item()


def told_dtype(dtype: torch.dtype) -> str:
    """A number format as records name it: ``"float32"``."""
    return str(dtype).removeprefix("torch.")
