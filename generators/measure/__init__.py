"""Measures one machine: bandwidth, compute and batch-1 decode, with raw samples, into one JSON record.

Runs from a clone with Python >= 3.11 and torch >= 2.9 alone::

    python -m generators.measure

Modules that touch torch (`bench`, `bandwidth`, `compute`, `llama`, `decode`, `profiles`) are
imported only after `torch_setup` has found it; everything else runs, and is tested, without it.
"""
