"""The parts of a decoder in float64, written apart from the timed ones: what those are checked against."""

from __future__ import annotations

import torch

EPSILON = 1e-5
ROPE_BASE = 10_000.0
BLOCK = {"cpu": 2**19}  # elements of a matrix widened at a time: 4 MB stay in a processor's cache
LARGE_BLOCK = 2**24


class Wide:
    """Widens tensors to float64, large matrices block by block, so that a check needs little memory beside a model.

    A device without float64 (MPS) has its share computed on the processor.
    """

    def __init__(self, device: torch.device) -> None:
        """`device` is where the model lies."""
        self.device = torch.device("cpu") if device.type == "mps" else device
        self.block = BLOCK.get(self.device.type, LARGE_BLOCK)
        self._scratch = torch.empty(0, dtype=torch.float64, device=self.device)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """A small tensor in float64."""
        return x.to(self.device).to(torch.float64)

    def linear(self, h: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """`h` times the transposed weight [out, in]."""
        rows = max(1, min(self.block // weight.shape[1], weight.shape[0]))
        if self._scratch.numel() < rows * weight.shape[1]:
            self._scratch = torch.empty(rows * weight.shape[1], dtype=torch.float64, device=self.device)
        parts = []
        for at in range(0, weight.shape[0], rows):
            part = weight[at : at + rows]
            parts.append(h @ self._scratch[: part.numel()].view_as(part).copy_(part).T)
        return torch.cat(parts, -1)

    def mlp(self, h: torch.Tensor, gate: torch.Tensor, up: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
        """SwiGLU: the gate through x * sigmoid(x), times up, through down."""
        opened = self.linear(h, gate)
        return self.linear(opened * opened.sigmoid() * self.linear(h, up), down)


def rms_norm64(h: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """Every row over its root mean square, times the gain."""
    return h / (h.square().mean(-1, keepdim=True) + EPSILON).sqrt() * gain


def rotate64(h: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """RoPE on [tokens, heads, head_dim] as a complex rotation, pairing channel i with i + head_dim / 2."""
    half = h.shape[-1] // 2
    channel = torch.arange(half, device=h.device, dtype=torch.float64) / half
    turn = torch.outer(positions.to(torch.float64), ROPE_BASE**-channel)
    turned = torch.complex(h[..., :half], h[..., half:]) * torch.polar(torch.ones_like(turn), turn)[:, None]
    return torch.cat((turned.real, turned.imag), -1)
