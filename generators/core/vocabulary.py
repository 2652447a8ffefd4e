"""The closed vocabulary of units: every symbol the book may print, its factor to base units, its dimensions."""

Dims = tuple[int, int, int, int]
BASES = ("byte", "s", "FLOP", "W")
COUNT: Dims = (0, 0, 0, 0)
_BYTE, _S, _FLOP, _W = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)
_RATE, _SPEED, _PER_S, _INTENSITY = (1, -1, 0, 0), (0, -1, 1, 0), (0, -1, 0, 0), (-1, 0, 1, 0)
_SI = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


def _vocabulary() -> dict[str, tuple[float, Dims]]:
    """Every unit the book may print: symbol to (factor to base units, dimensions)."""
    units: dict[str, tuple[float, Dims]] = {
        "byte": (1.0, _BYTE),
        "bytes": (1.0, _BYTE),
        "bits": (0.125, _BYTE),
        "KiB": (2.0**10, _BYTE),
        "MiB": (2.0**20, _BYTE),
        "GiB": (2.0**30, _BYTE),
        "s": (1.0, _S),
        "ms": (1e-3, _S),
        "µs": (1e-6, _S),
        "ns": (1e-9, _S),
        "FLOP": (1.0, _FLOP),
        "byte/s": (1.0, _RATE),
        "FLOP/byte": (1.0, _INTENSITY),
        "W": (1.0, _W),
        "tokens/s": (1.0, _PER_S),
        "steps/s": (1.0, _PER_S),
        "requests/s": (1.0, _PER_S),
        "bytes/token": (1.0, _BYTE),
        "kB/token": (1e3, _BYTE),
        "MB/token": (1e6, _BYTE),
        "KiB/token": (2.0**10, _BYTE),
        "bits/parameter": (0.125, _BYTE),
        "tokens": (1.0, COUNT),
        "parameters": (1.0, COUNT),
        "billion parameters": (1e9, COUNT),
        "million tokens": (1e6, COUNT),
        "sequences": (1.0, COUNT),
        "experts": (1.0, COUNT),
        "layers": (1.0, COUNT),
        "operations": (1.0, COUNT),
        "": (1.0, COUNT),
        "×": (1.0, COUNT),
        "%": (0.01, COUNT),
    }
    for prefix, factor in _SI.items():
        if prefix:
            units[f"{prefix}B"] = (factor, _BYTE)
            units[f"{prefix}B/s"] = (factor, _RATE)
            units[f"{prefix}FLOP"] = (factor, _FLOP)
            units[f"{prefix}OP/s"] = (factor, _SPEED)
        units[f"{prefix}FLOP/s"] = (factor, _SPEED)
        if prefix in ("M", "G"):
            units[f"{prefix}Hz"] = (factor, _PER_S)
    return units


UNITS = _vocabulary()
