"""All declared numbers: importing this module declares every family and every table."""

from __future__ import annotations

import importlib
import pkgutil

from generators import numbers, tables
from generators.catalog.load import Catalog
from generators.numbers.registry import Numbers

#: Every module of both packages, so that a new one need not be named anywhere.
DECLARED = [
    importlib.import_module(f"{package.__name__}.{module.name}")
    for package in (numbers, tables)
    for module in pkgutil.iter_modules(package.__path__)
    if f"{package.__name__}.{module.name}" != __name__
]


def all_numbers(catalog: Catalog) -> Numbers:
    """The numbers of a book, with every family declared."""
    return Numbers(catalog)
