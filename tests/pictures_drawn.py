"""Whether pictures can be drawn here, for the tests that draw some."""

from __future__ import annotations

import os

import pytest

from generators.errors import BookError


def need_cairo() -> None:
    """Skip with the reason where the library or the font is missing; fail where CI is set, which must have both."""
    from generators.pictures.paint import check

    try:
        check()
    except BookError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
