"""How a number is declared, and how an id such as ``a100-sxm4-80gb.ridge-point`` finds it.

A pattern's placeholders are typed: ``{chip}``, ``{model}``, ``{format}`` and
``{quote}`` match ids of `data/`, ``{role}`` the roles of its records, ``{batch}``, ``{context}`` and ``{tokens}`` match whole numbers,
``{name}`` matches one word.
"""

import re
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cache, cached_property

from generators.catalog import model_inputs
from generators.catalog.accelerator import PRECISIONS
from generators.catalog.load import Catalog
from generators.core import reading, units
from generators.core.errors import BookError, BookErrors, declared, source_file
from generators.core.escape import Raw
from generators.model.inputs import Chip, Format, Shape
from generators.numbers.derivation import derivation, named
from generators.numbers.finding import nearest, repaired

AS_QUOTED = "as quoted"
NUMBERS_PAGE = "NUMBERS"
WHOLE = ("batch", "context", "tokens", "devices", "size")
_DIGITS, _WORD = re.compile(r"\d+"), re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True)
class Family:
    """A declared number: the pattern of its ids, the units it may print in, its digits, the function, and what it means.

    `field` is its name among the numbers of one function.
    """

    pattern: str
    units: tuple[str, ...]
    digits: int
    function: Callable[..., units.Quantity]
    meaning: str = ""
    field: str = ""

    @cached_property
    def pieces(self) -> list[str]:
        """The pattern cut at its placeholders: what stands before the first, then each one's name and what follows it."""
        return re.split(r"\{(\w+)\}", self.pattern)


FAMILIES: list[Family] = []


@cache
def _alike(pattern: str) -> str:
    """A pattern as it matches: what its placeholders stand for, not how they are called."""
    return re.sub(r"\{(\w+?)2?\}", lambda match: "{count}" if match[1] in WHOLE else f"{{{match[1]}}}", pattern)


def number(pattern: str, unit: str, digits: int = 3) -> Callable:
    """Declare a number.  `unit` may list several, widest first (``"TB|GB|MB"``): the first that prints ≥ 1 is used."""

    def declare(function: Callable[..., units.Quantity]) -> Callable[..., units.Quantity]:
        return _declare(function, pattern, unit, digits, " ".join((function.__doc__ or "").split()))

    return declare


_FIELD = re.compile(r"^ *(\S+) \(([^,()]*)(?:, (-?\d+))?\): (.+)$", re.MULTILINE)


def numbers(pattern: str) -> Callable:
    """Declare several numbers of one thing: each docstring line ``name (unit, digits): meaning`` is one of them.

    Its name takes the place of ``{field}`` in the pattern, and is what the function gets as `field`.
    """

    def declare(function: Callable[..., units.Quantity]) -> Callable[..., units.Quantity]:
        for field, unit, digits, meaning in _FIELD.findall(function.__doc__ or ""):
            _declare(function, pattern.replace("{field}", field), unit, int(digits or 3), meaning, field)
        return function

    return declare


def _declare(function: Callable, pattern: str, unit: str, digits: int, meaning: str, field: str = "") -> Callable:
    if not meaning:
        message = "found no docstring, wanted what the number means; readers see it on hover"
        raise BookError(source_file(function), function.__code__.co_firstlineno, message)
    declared(function, {_alike(family.pattern): family.function for family in FAMILIES}, _alike(pattern))
    FAMILIES.append(Family(pattern, tuple(unit.split("|")), digits, function, meaning, field))
    return function


@dataclass(frozen=True)
class Number:
    """A computed number: what prints, what it means, how it came about, and what it rests on."""

    id: str
    quantity: units.Quantity
    text: str
    meaning: str
    derivation: str
    inputs: tuple[str, ...]

    @property
    def sources(self) -> list[str]:
        """Ids of the sources (or ``record:<id>``), sorted."""
        return sorted(self.quantity.sources)


class Numbers:
    """All numbers over one book, computed when first asked for and kept."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._known: dict[str, Number] = {}
        self._asked: list[list[str]] = []
        self._shapes: dict[str, Shape] = {}
        self._by_head: dict[str, list[Family]] = {}

    def __getitem__(self, id_: str) -> units.Quantity:
        """The quantity of an id; noted as an input of the number being computed."""
        if self._asked:
            self._asked[-1].append(id_)
        found = self.number(id_)
        return named(found.quantity, found.text)

    def number(self, id_: str) -> Number:
        """The number of an id; KeyError with the nearest known names if there is none."""
        if id_ not in self._known:
            self._known[id_] = self._compute(id_)
        for source in self._known[id_].quantity.sources:
            reading.read(source)
        return self._known[id_]

    def _compute(self, id_: str) -> Number:
        family, arguments = self._find(id_)
        self._asked.append([])
        try:
            reported = {"field": family.field} if family.field else {}
            with reading.apart() as read:
                quantity = units.as_quantity(family.function(self, **arguments, **reported))
            if not quantity.sources:  # computed in plain numbers, which do not carry any
                quantity = replace(quantity, sources=frozenset(read))
        except (KeyError, ValueError, ArithmeticError, BookError, BookErrors):  # these say by themselves what is wrong
            raise
        except Exception as error:
            raise _mistake(error, id_, family.function) from error
        finally:
            inputs = tuple(dict.fromkeys(self._asked.pop()))
        text = self._own_text(quantity, arguments) if family.units == (AS_QUOTED,) else printed(quantity, family)
        meaning = filled(family.meaning, self._spoken(arguments))
        how = derivation(quantity, text, lambda value: _like(value, quantity, family))
        return Number(id_, quantity, text, meaning, how, inputs)

    def _own_text(self, quantity: units.Quantity, arguments: dict) -> str:
        """A quoted value in the unit and digits it is quoted in."""
        written = self.catalog.published[arguments["quote"]].value
        amount, _, unit = written.partition(" ")
        digits = len(amount.replace(".", "").replace(",", "").lstrip("0"))
        return units.text(quantity, unit, digits if "." in amount else 0)

    def link(self, id_: str) -> Raw:
        """A number as a link for a generated table; the weave fills in the way to the numbers page."""
        return Raw(f"[{self.number(id_).text}]({NUMBERS_PAGE}#{id_})")

    def _find(self, id_: str) -> tuple[Family, dict[str, object]]:
        found = self._fitting(id_)
        if found:
            return found
        for rows in (self.catalog.accelerators, self.catalog.models, self.catalog.formats, self.catalog.published):
            if draft := next((one for one in rows.drafts if f".{one}." in f".{id_}."), ""):
                raise KeyError(f"number {id_!r}: {rows.absent(draft)}")
        known = {kind: self._known_ids[kind] for kind in ("model", "chip", "format", "role")}
        words = {word for family in FAMILIES for piece in family.pieces[::2] for word in piece.split(".")}
        meant = dict.fromkeys(one for one in repaired(id_, known | {"word": words}) if self._fitting(one))
        if meant:
            raise KeyError(
                f"unknown number {id_!r}; nearest {'is' if len(meant) == 1 else 'are'} {', '.join([*meant][:3])}"
            )
        near = ", ".join(nearest(id_, known, FAMILIES))
        raise KeyError(f"unknown number {id_!r}; nearest are {near}. To find one: nox -s numbers -- WORD")

    def _fitting(self, id_: str) -> tuple[Family, dict[str, object]] | None:
        """The first family whose pattern an id fits, and what its placeholders stand for in it."""
        for family in self._headed(id_.partition(".")[0]):
            first, *pieces = family.pieces
            if id_.startswith(first) and id_.endswith(pieces[-1] if pieces else first):
                given = self._given(id_, len(first), pieces)
                if given is not None:
                    return family, {k: int(v) if k in WHOLE else v for k, v in given.items()}
        return None

    def _headed(self, head: str) -> list[Family]:
        """Families that have ids which begin with a word."""
        if head not in self._by_head:
            firsts = ((family, family.pieces[0]) for family in FAMILIES)
            begun = f"{head}."
            self._by_head[head] = [one for one, first in firsts if begun.startswith(first) or first.startswith(begun)]
        return self._by_head[head]

    def _given(self, id_: str, at: int, pieces: list[str]) -> dict[str, str] | None:
        """What each placeholder stands for in an id from `at` on, the longest that fits; None where the id does not."""
        if not pieces:
            return {} if at == len(id_) else None
        name, literal, *rest = pieces
        end = len(id_) - len(literal) if not rest else id_.rfind(literal, at)
        while end > at and id_.startswith(literal, end):
            value = id_[at:end]
            if self._stands(name, value):
                given = self._given(id_, end + len(literal), rest)
                if given is not None:
                    return {name: value, **given}
            end = id_.rfind(literal, at, end + len(literal) - 1) if rest else -1
        return None

    def _stands(self, name: str, value: str) -> bool:
        """Whether a placeholder may stand for a text."""
        kind = name.removesuffix("2")
        if kind in self._known_ids:
            return value in self._known_ids[kind]
        return bool((_DIGITS if name in WHOLE else _WORD).fullmatch(value))

    @cached_property
    def _known_ids(self) -> dict[str, Collection[str]]:
        catalog = self.catalog
        return {
            "chip": catalog.accelerators,
            "model": catalog.models,
            "format": catalog.formats,
            "quote": catalog.published,
            "role": catalog.roles,
        }

    def _spoken(self, arguments: dict[str, object]) -> dict[str, str]:
        """Placeholder values as a reader says them: a chip's name, not its id."""
        tables = {
            "chip": self.catalog.accelerators,
            "chip2": self.catalog.accelerators,
            "model": self.catalog.models,
            "model2": self.catalog.models,
            "format": self.catalog.formats,
            "format2": self.catalog.formats,
        }
        quotes = {k: self.catalog.published[v].conditions for k, v in arguments.items() if k in ("quote", "quote2")}
        spoken = {
            k: tables[k][v].name if k in tables else f"{v:,}" if isinstance(v, int) else str(v)
            for k, v in arguments.items()
        }
        precisions = {k: v.upper() for k, v in arguments.items() if k == "name" and v in PRECISIONS}
        machines = {k: self.catalog.machine_label(self.catalog.roles[v]) for k, v in arguments.items() if k == "role"}
        return spoken | quotes | precisions | machines

    # What number functions compute from -------------------------------------------------

    def measured(self, role: str, value: float, unit: str) -> units.Quantity:
        """A value in `unit` from the record of a role, with the record as its source."""
        return units.of(value, unit, f"record:{self.catalog.speaker(role).id}")

    def shape(self, model: str) -> Shape:
        """A model's shape as sourced quantities."""
        if model not in self._shapes:
            self._shapes[model] = model_inputs.sourced_shape(self.catalog.models[model])
        reading.read(self.catalog.models[model].source)
        return self._shapes[model]

    def format(self, format_: str) -> Format:
        """A storage format as sourced quantities."""
        return model_inputs.sourced_format(self.catalog.formats[format_])

    def chip(self, chip: str, format_: str = "bf16") -> Chip:
        """A chip as sourced quantities at the peak that multiplies `format_`."""
        found = model_inputs.sourced_device(self.catalog.accelerators[chip], self.catalog.formats[format_].rate)
        if found is None:
            raise KeyError(
                f"{chip} has no dense {self.catalog.formats[format_].rate} peak in data/accelerators/{chip}.toml"
            )
        return found


def _mistake(error: Exception, id_: str, function: Callable) -> BookError:
    """A Python error in a number's function as one line: the last line of that file that it passed, and what it says."""
    passed = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == function.__code__.co_filename]
    line, code = (passed[-1].lineno, passed[-1].line) if passed else (function.__code__.co_firstlineno, "")
    said = f"{type(error).__name__}: {error}" + (f", in `{code}`" if code else "")
    return BookError(source_file(function), line, f"the number {id_} ({function.__name__}) fails: {said}")


def printed(quantity: units.Quantity, family: Family) -> str:
    """The number as the book prints it, in the first of its units that gives at least 1."""
    for unit in family.units:
        if abs(quantity.to(unit)) >= 0.9995 or unit == family.units[-1]:
            return units.text(quantity, unit, family.digits)
    raise AssertionError("a family has at least one unit")


def _like(value: float, quantity: units.Quantity, family: Family) -> str:
    """Another value of the same kind as a number, in the unit that the number itself is printed in."""
    if family.units == (AS_QUOTED,):
        return f"{value:.4g}"
    unit = next((unit for unit in family.units if abs(quantity.to(unit)) >= 0.9995), family.units[-1])
    return units.text(units.Quantity(value, quantity.dims), unit, max(family.digits, 2))


def filled(template: str, values: dict[str, str]) -> str:
    """A docstring with its ``{placeholders}`` filled in."""
    return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]), template)
