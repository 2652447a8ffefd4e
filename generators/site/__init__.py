"""From `docs/`, `data/` and the drawn figures to a complete tree of pages, for any site engine."""
