"""All declared numbers: importing this module declares every family."""

import importlib
import pkgutil

from generators import numbers
from generators.catalog.load import Catalog
from generators.numbers.registry import Numbers

#: Every module of the package, so that a new one need not be named anywhere.
DECLARED = [
    importlib.import_module(f"{numbers.__name__}.{module.name}")
    for module in pkgutil.iter_modules(numbers.__path__)
    if f"{numbers.__name__}.{module.name}" != __name__
]


def all_numbers(catalog: Catalog) -> Numbers:
    """The numbers of a book, with every family declared."""
    return Numbers(catalog)
