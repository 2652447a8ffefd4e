"""The only writer of `docs/`: numbers, tables, formulas and figures, written or checked by the same code."""
