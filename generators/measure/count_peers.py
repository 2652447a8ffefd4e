"""Bytes and FLOP of the peers' kernels that `count` does not have.  No torch here."""

from __future__ import annotations

from generators.measure.plan import Work


def triad(elements: int, itemsize: int) -> Work:
    """a = b + factor * c: two arrays read and one written, as STREAM names them; 2 FLOP an element.

    A plain store also fetches the line it overwrites; that read is left out, as it is in `count.copy`.
    """
    return Work(bytes=3 * elements * itemsize, flop=2 * elements)


def product(rows: int, inner: int, columns: int, itemsize: int, result_itemsize: int) -> Work:
    """A product of (rows, inner) with (inner, columns): both operands and the result once, 2 FLOP a multiply-add."""
    operands = (rows * inner + inner * columns) * itemsize
    return Work(bytes=operands + rows * columns * result_itemsize, flop=2 * rows * inner * columns)
