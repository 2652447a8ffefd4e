"""What pydantic found wrong in a row, in the book's words: field, found, wanted, and the nearest name or an example."""

from collections.abc import Iterable, Iterator
from functools import cache

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from generators.catalog.bounds import shown
from generators.core.errors import nearest, printable

LONGEST = 400  # characters of a message; a list of many possible values is cut
#: What a value is called, by the first word of pydantic's error type.
_WANTED = {
    "string": "a text in quotes",
    "int": "a whole number without quotes",
    "float": "a number without quotes",
    "bool": "true or false without quotes",
    "list": "a list in brackets",
    "tuple": "a list in brackets",
    "dict": "a table of names and values",
    "model": "a table of names and values",
    "date": "a date such as 2026-11-24",
    "finite": "a finite number",
    "none": "nothing",
}
_LIMITS = {
    "greater_than": ("gt", "a number above {}"),
    "greater_than_equal": ("ge", "a number of at least {}"),
    "less_than": ("lt", "a number below {}"),
    "less_than_equal": ("le", "a number of at most {}"),
    "string_too_long": ("max_length", "a text of at most {} characters"),
    "string_too_short": ("min_length", "a text of at least {} characters"),
    "string_pattern_mismatch": ("pattern", "a text that matches {}"),
    "too_long": ("max_length", "at most {} of them"),
    "too_short": ("min_length", "at least {} of them"),
}
#: An example of a field that is often left out.
_EXAMPLES = {
    "source": 'the id of a source in data/sources.toml, such as source = "nvidia-a100-datasheet"',
    "value": 'a number and a unit, such as value = "2039 GB/s"',
    "as_printed": 'the text as the source prints it, such as as_printed = "2,039GB/s"',
    "printed_basis": 'printed_basis = "dense", "sparse" or "derived"',
}


def faults(kind: type[BaseModel], error: ValidationError) -> Iterator[tuple[str, str]]:
    """(dotted field, message) of each fault of a row of a kind; a value that fits none of several types is one fault."""
    seen = {}
    for fault in error.errors(include_url=False):
        way = [str(part) for part in fault["loc"] if not str(part).startswith(("function-", "[key]", "constrained-"))]
        fields, inner = _inner(kind, way)
        place = ".".join(printable(part)[:60] for part in inner)
        seen.setdefault(place, []).append((fault, fields))
    for place, found in seen.items():
        messages = [_message(fault, fields) for fault, fields in found]
        same = {fault["type"] for fault, _ in found} <= {"value_error"} or len(found) == 1
        yield place, _cut(messages[-1] if same else _of_several([fault for fault, _ in found], messages))


def _near(name: str, known: Iterable[str]) -> str:
    words = nearest(name, known)
    return f"; {words}" if words.startswith("nearest") else ""


def _cut(message: str) -> str:
    return message if len(message) <= LONGEST else f"{message[: LONGEST - 3]}..."


def _inner(kind: type[BaseModel], way: list[str]) -> tuple[list[str], list[str]]:
    """The names that stand beside the last part of a way, and the way without the names of a union's types."""
    schema = _schema(kind)
    here, fields, kept = schema, list(schema["properties"]), []
    for part in way:
        table = _table(here, schema)
        names = table.get("properties", {})
        if part in names:
            fields, here = list(names), names[part]
        elif part.isdecimal():
            here = _table(here, schema).get("items", here)
        elif names:
            fields = list(names)
        elif part in ("str", "int", "float", "bool", "none", "list[str]") or "[" in part:
            continue  # the branch of a union
        kept.append(part)
    return fields, kept


@cache
def _schema(kind: type[BaseModel]) -> dict:
    return kind.model_json_schema(by_alias=True)


def _table(part: dict, schema: dict) -> dict:
    """The part of a schema that a reference, or the first table of a union, leads to."""
    for one in (part, *part.get("anyOf", ()), *part.get("allOf", ())):
        if "$ref" in one:
            return schema["$defs"][one["$ref"].rsplit("/", 1)[1]]
        if "properties" in one or "items" in one:
            return one
    return part


def _message(fault: ErrorDetails, fields: list[str]) -> str:
    """One fault in words."""
    name, found, context = str(fault["loc"][-1]) if fault["loc"] else "", fault.get("input"), fault.get("ctx", {})
    kind = fault["type"]
    if kind == "value_error":
        return fault["msg"].removeprefix("Value error, ")
    if kind == "missing":
        return f"found nothing, wanted {_EXAMPLES.get(name, f'the field {name!r}')}; add it"
    if kind == "extra_forbidden":
        wanted = ", ".join(sorted(one for one in fields if one != "id"))
        return f"found an unknown field, wanted one of {wanted}{_near(name, fields)}"
    if kind == "literal_error":
        options = [one.strip("' ") for one in str(context["expected"]).replace(" or ", ", ").split(",")]
        return f"found {shown(found)}, wanted one of {', '.join(options)}{_near(str(found)[:60], options)}"
    if kind in _LIMITS:
        key, words = _LIMITS[kind]
        there = f"{len(found)} of them" if kind in ("too_long", "too_short") else shown(found)
        return f"found {there}, wanted {words.format(context[key])}"
    wanted = _WANTED.get(kind.partition("_")[0], fault["msg"][0].lower() + fault["msg"][1:])
    return f"found {shown(found)}, wanted {wanted}"


def _of_several(found: list[ErrorDetails], messages: list[str]) -> str:
    """A value that may be of several types and is of none: what each wants."""
    reported = [message for fault, message in zip(found, messages, strict=True) if fault["type"] == "value_error"]
    if reported:
        return reported[0]
    wanted = dict.fromkeys(message.partition(", wanted ")[2] for message in messages)
    return f"found {shown(found[0].get('input'))}, wanted {' or '.join(wanted)}"
