"""The ten roles of colour, light and dark; no figure uses any other.  Contrast is checked in `tests/test_figures.py`.

Orange is memory and blue is compute throughout the book.  Colour never stands alone: every
coloured thing has a direct label.
"""

#: role -> (light hex, dark hex).  Each light hex is unique, so that a role can be recovered from it.
PALETTE: dict[str, tuple[str, str]] = {
    "surface": ("#ffffff", "#1e2129"),
    "ink": ("#1b1f27", "#e8eaf0"),
    "muted": ("#586172", "#a9b1bf"),
    "grid": ("#d9dde4", "#3a404c"),
    "memory": ("#b64505", "#ffb884"),
    "compute": ("#0b3f91", "#6aa5fa"),
    "overhead": ("#666e7b", "#8f98a7"),
    "kv": ("#f0b483", "#8a4d1f"),
    "memory-region": ("#fdf1e8", "#332a27"),
    "compute-region": ("#eaf1fb", "#212b3e"),
}

SURFACE, INK, MUTED, GRID, MEMORY, COMPUTE, OVERHEAD, KV, MEMORY_REGION, COMPUTE_REGION = (
    light for light, _ in PALETTE.values()
)
