"""TeX to MathML by the vendored Temml, run in an embedded V8; needed only when formulas are written."""

from __future__ import annotations

import hashlib
from pathlib import Path

from generators.core.errors import BookError

VERSION = "0.13.5"
SHA256 = "1ab19148afe0dbc836b7a74f344071b3f3a70a7a8259ae4049e76894fcdf8d95"
SCRIPT = Path(__file__).parent / "vendor" / "temml.min.js"


class BadFormula(ValueError):
    """Temml's own words on a formula that it cannot read."""


def script() -> str:
    """The vendored script, refused when its bytes are not those of the version named here."""
    found = SCRIPT.read_bytes()
    digest = hashlib.sha256(found).hexdigest()
    if digest != SHA256:
        raise RuntimeError(f"{SCRIPT.name}: found sha256 {digest}, wanted {SHA256} (Temml {VERSION})")
    return found.decode("utf-8")


class Temml:
    """A context manager: the V8 context must be closed, or the interpreter hangs at exit on Python 3.13."""

    def __enter__(self) -> Temml:
        try:
            from py_mini_racer import MiniRacer
        except ImportError:
            raise BookError(
                "generators/site/maths.json",
                None,
                "new formulas need mini-racer, which is not installed. Run: nox -s write",
            ) from None
        self._v8 = MiniRacer()
        self._v8.eval(script())
        return self

    def __exit__(self, *_: object) -> None:
        self._v8.close()

    def render(self, tex: str, display: bool) -> str:
        """MathML for a formula; `BadFormula` says what Temml could not read and where."""
        from py_mini_racer import JSEvalException

        try:
            return self._v8.call("temml.renderToString", tex, {"displayMode": display, "throwOnError": True})
        except JSEvalException as error:
            raise BadFormula(_reason(str(error))) from None


def _reason(message: str) -> str:
    """The first line of V8's report, without its prefix: what was wrong and at which character."""
    for line in message.splitlines():
        if "ParseError:" in line:
            return " ".join(line.split("ParseError:", 1)[1].split()).rstrip(": ")
    return message.splitlines()[0] if message else "not readable as TeX"
