"""The skeleton of a chip or a model: every field of a neighbor, each to be filled in, and the neighbor's value as a hint.

No value is copied: one that was left by mistake would be a false datum with a source under it.
"""

import json
import re
import tomllib
from pathlib import Path

from generators.catalog.config_json import Refused, read_config
from generators.catalog.config_rules import load_rules
from generators.core.errors import BookError
from generators.core.unfinished import MARK, is_draft
from generators.model import parameters
from generators.new import names
from generators.new.files import Plan, inserted

LIKE = {"accelerator": "a100-sxm4-80gb", "model": "llama-3.1-8b"}
#: Fields that a row can do without, and that say something about the neighbor only.
_LEFT_OUT = {"note", "conflicts", "status"}
_WHAT = {
    "name": "the full name, of a chip with form factor and memory",
    "short": "the name in running text",
    "as_printed": "the words of the source",
    "printed_basis": "dense, sparse or derived",
    "kind": "data-center, workstation, consumer, apple, cpu or tpu",
}
_SOURCE = {
    "kind": "datasheet, whitepaper, documentation, config, code, paper or report",
    "publisher": "who publishes it",
    "title": "its title",
    "url": "its https address",
    "accessed": "the day you read it, such as 2026-11-23",
}


def plan(root: Path, kind: str, name: str, like: str = "", source: str = "", config: str = "") -> Plan:
    """`data/<kind>s/<name>.toml` in the shape of `like`, citing `source`, which is begun where it is not there.

    With `config`, the path of a model's published config.json, its shape is what that file says.
    """
    path = names.free_row(root, kind, name)
    like = like or LIKE[kind]
    rows = {one.stem: tomllib.loads(one.read_text(encoding="utf-8")) for one in sorted(path.parent.glob("*.toml"))}
    names.known(like, [id_ for id_, row in rows.items() if not is_draft(row)], f"the id of a finished {kind}")
    source = source or (f"{name}-datasheet" if kind == "accelerator" else f"{name}-config").replace(".", "-")
    place = path.relative_to(root).as_posix()
    row = {key: value for key, value in rows[like].items() if not (config and key in ("shape", "config"))}
    made = Plan(weaves=False, new={place: _text(kind, like, row, source) + (_from(root, config) if config else "")})
    made.todo = [
        f"{place}: each value, in place of {MARK} with the value of {like} as a hint; delete what is not given"
    ]
    sources = root / "data" / "sources.toml"
    if source not in tomllib.loads(sources.read_text(encoding="utf-8")):
        made.changed["data/sources.toml"] = _with_source(sources.read_text(encoding="utf-8"), source)
        made.todo.append(f"data/sources.toml: the new source [{source}]")
    made.then = [
        "nox -s lint                  names what remains, one line each",
        "nox -s write                 after the last: it joins every table and figure of all rows",
    ]
    return made


def _from(root: Path, path: str) -> str:
    """The keys of a config.json that its shape follows from, as the table of a row, and what they come to."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        rules = load_rules(root)
        read = read_config(text, rules)
    except (OSError, UnicodeDecodeError, Refused) as error:
        reason = getattr(error, "strerror", None) or error
        raise BookError("new", None, f"--from {ascii(path)[1:-1]}: {reason}") from None
    family, reported = rules.families[read.family], read.config
    kept = {key: reported[key] for key in reported if key == "model_type" or key in family.keys}
    lines = [f"# {note}" for note in read.notes]
    lines += [f"# counted from these keys: {parameters.parameter_count(read.shape):,.0f} parameters"]
    return (
        "\n".join(["", *lines, "[config]", *(f"{_key(key)} = {_value(value)}" for key, value in kept.items())]) + "\n"
    )


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: object) -> str:
    """A JSON value as TOML, which has no null."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value if one is not None) + "]"
    return json.dumps(value)


def _text(kind: str, like: str, row: dict, source: str) -> str:
    """The whole file."""
    head = [
        f"# A draft: while any value begins with {MARK} this {kind} is in no figure, table or page.",
        f"# Give each its value, with its unit; {like} has the one in brackets.  Delete what the source does not state.",
    ]
    return "\n".join([*head, *_lines(row, "", source)]) + "\n"


def _lines(table: dict, prefix: str, source: str) -> list[str]:
    """A table with its fields marked, plain fields first, then its tables under their headings."""
    kept = {key: value for key, value in table.items() if key not in _LEFT_OUT}
    lines = [f"{key} = {_marked(key, value, source)}" for key, value in kept.items() if not _is_table(value)]
    for key, value in kept.items():
        if _is_table(value):
            lines += ["", f"[{prefix}{key}]", *_lines(value, f"{prefix}{key}.", source)]
    return lines


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _marked(key: str, value: object, source: str) -> str:
    """One field as a TOML text that says what belongs there; the source is known already."""
    if key == "source":
        return json.dumps(source)
    what = f"{_WHAT[key]} " if key in _WHAT else ""
    quotes = "without quotes " if not isinstance(value, str) else ""
    hint = json.dumps(value) if isinstance(value, bool) else value
    return json.dumps(f"{MARK} {what}{quotes}({hint})", ensure_ascii=False)


def _with_source(text: str, id_: str) -> str:
    """`data/sources.toml` with the new source in its place of the alphabet, before the first later one."""
    lines = text.split("\n")
    heads = [(at, line.strip()[1:-1]) for at, line in enumerate(lines) if line.startswith("[") and line.endswith("]")]
    at = next((at for at, other in heads if other > id_), None)
    block = [f"[{id_}]", *(f'{key} = "{MARK} {what}"' for key, what in _SOURCE.items()), 'read = "direct"']
    if at is None:
        return text.rstrip("\n") + "\n\n" + "\n".join(block) + "\n"
    return inserted(text, at, "\n".join([*block, ""]))
