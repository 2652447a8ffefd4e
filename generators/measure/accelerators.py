"""Which chip of the catalog a GPU is, by the name its driver gives, where that name leaves no doubt about the SKU."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path

from generators.measure.plan import MeasureError

#: Driver name -> id in data/accelerators.  Names that several SKUs share (memory sizes, board partners) stay out.
KNOWN = {
    "NVIDIA H200": "h200-sxm",
    "NVIDIA H200 NVL": "h200-nvl",
    "NVIDIA H100 80GB HBM3": "h100-sxm5-80gb",
    "NVIDIA H100 PCIe": "h100-pcie-80gb",
    "NVIDIA H100 NVL": "h100-nvl-94gb",
    "NVIDIA A100-SXM4-40GB": "a100-sxm4-40gb",
    "NVIDIA A100-SXM4-80GB": "a100-sxm4-80gb",
    "NVIDIA A100-PCIE-40GB": "a100-pcie-40gb",
    "NVIDIA A100 80GB PCIe": "a100-pcie-80gb",
    "NVIDIA L4": "l4",
    "NVIDIA L40S": "l40s",
    "NVIDIA B200": "b200-sxm",
    "Tesla T4": "t4",
    "NVIDIA GeForce RTX 4090": "rtx-4090",
    "NVIDIA GeForce RTX 5090": "rtx-5090",
}


def catalog_id(name: str) -> str:
    """The chip's id, or an empty text where the name does not settle it; --accelerator tells it then."""
    return KNOWN.get(name.strip(), "")


def known_chip(id_: str, root: Path) -> str:
    """An id that a person gave, or none; one line where the catalog does not have it, as no page could show it."""
    there = sorted(path.stem for path in (root / "data/accelerators").glob("*.toml"))
    if id_ and id_ not in there:
        close = [one for one in there if id_.lower() in one][:3] or difflib.get_close_matches(
            id_.lower(), there, 3, 0.4
        )
        near = f", such as {', '.join(close)}" if close else ""
        raise MeasureError(f"--accelerator: found {id_[:60]!r}, wanted the id of a chip in data/accelerators{near}")
    return id_


def datasheet_bandwidth(id_: str, root: Path) -> float | None:
    """Byte/s that the vendor prints for a chip's memory; None where the chip is unknown or its file says something else."""
    try:
        reported = tomllib.loads((root / f"data/accelerators/{id_}.toml").read_text(encoding="utf-8"))["memory"][
            "bandwidth"
        ]
        number = re.fullmatch(r"([0-9.]+) (G|T)B/s", reported["value"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return float(number[1]) * {"G": 1e9, "T": 1e12}[number[2]] if number else None
