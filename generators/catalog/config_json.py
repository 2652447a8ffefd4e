"""A published config.json as the shape of a model, by the rules of `data/config_rules.toml`, or one line that refuses it.

`generators/browser/web/config_json.js` does the same with the same rules; a test holds the two equal.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, fields
from difflib import get_close_matches
from itertools import pairwise

from generators.catalog.bounds import Twice, once
from generators.catalog.config_rules import Family, Rules, Tree
from generators.model import parts
from generators.model.inputs import Part, Shape

LONGEST = 32_000_000  # characters of a file
DEEPEST = 60  # objects and lists within each other
LARGEST = 1e9  # of any dimension
MOST_NAMED = 8  # keys in a note


class Refused(Exception):
    """Why a file gives no shape, in one line."""


@dataclass(frozen=True)
class Weights:
    """Bits per weight of each kind of tensor as a file ships them, scales counted, and how it says so ("": 16 bits)."""

    method: str = ""
    attention: float = 16.0
    dense: float = 16.0
    expert: float = 16.0
    embedding: float = 16.0
    head: float = 16.0
    rate: str = "bf16"  # at which precision its products run; of several, the fastest


@dataclass(frozen=True)
class Read:
    """What a file says: the shape, notes for the reader, the family of rules, the keys that were given or taken from
    the class, and the file's own account of its weights."""

    shape: Shape
    notes: tuple[str, ...]
    family: str
    config: dict
    weights: Weights


def read_config(text: str, rules: Rules) -> Read:
    """A config.json as a shape; `Refused` with what was found and wanted."""
    config = _parsed(text)
    inner, inside = _inner(config, rules)
    type_ = _type(config, inner, rules)
    family = rules.families[rules.types[type_]]
    unread = _check_keys(inner, family, rules, type_)
    reported = {"model_type": type_} | {key: value for key, value in inner.items() if value is not None}
    for key in rules.names["tie"]:
        if inside and key not in reported and config.get(key) is not None:
            reported[key] = config[key]
        if not isinstance(reported.get(key, False), bool):
            raise Refused(f"found {key} = {short(reported[key])}, wanted true or false; correct it")
    reader = _Reader(reported, family, rules, bool(inside))
    shape = reader.shape()
    notes = [f"the model in {inside}; what else the file describes is not counted"] if inside else []
    if said := reader.value("note") if "note" in family.let else "":
        notes.append(said)
    if "tie" in reader.silent:
        notes.append(
            f"it does not say whether the head shares the embedding table; taken as {'' if shape.tied else 'not '}shared"
        )
    if reader.taken:
        notes.append(
            "not in the file, as the class has it: "
            + ", ".join(sorted(f"{key} = {short(value)}" for key, value in reader.taken.items()))
        )
    if unread:
        notes.append("keys not read: " + _some(unread))
    try:
        weights, said = _weights(config, reader, shape, rules)
        notes += said
    except Refused as error:
        weights = Weights("unknown")
        notes.append(f"how its weights are stored is not known, and counted as 16 bits: {error}")
    return Read(shape, tuple(notes), family.name, reported | reader.taken, weights)


def short(value: object) -> str:
    """A value as a message shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    if isinstance(value, (int, float)) and not abs(value) <= 1e15:
        return "a number beyond 10^15"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")
    return text if len(text) <= 40 else text[:37] + "..."


def _some(names: list[str]) -> str:
    """A few of many names, and how many more there are."""
    left = len(names) - MOST_NAMED
    return f"{', '.join(names[:MOST_NAMED])} and {left:,} more" if left > 1 else ", ".join(names)


def _parsed(text: str) -> dict:
    """The file as an object; NaN and Infinity, which Python writes, count as not given."""
    if len(text) > LONGEST:
        raise Refused(f"found {len(text)} characters, wanted at most {LONGEST}")
    try:
        config = json.loads(text.removeprefix("\ufeff"), parse_constant=lambda _: None, object_pairs_hook=once)
    except Twice as error:
        raise Refused(f"found {short(error.name)[1:-1]} twice in one object, wanted it once; remove one") from None
    except (ValueError, RecursionError):
        raise Refused("this is not JSON; wanted the whole config.json, from { to }") from None
    if not isinstance(config, dict):
        raise Refused("wanted a JSON object, { … }")
    level, reached = [config], 0
    while level:
        reached += 1
        if reached > DEEPEST:
            raise Refused(f"found objects and lists nested more than {DEEPEST} deep")
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
    return config


def _inner(config: dict, rules: Rules) -> tuple[dict, str]:
    """The language model's own object, and the key that it stands under ("": the file itself)."""
    for path in rules.inside:
        found: object = config
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict) and found:
            return found, path
    return config, ""


def _type(config: dict, inner: dict, rules: Rules) -> str:
    """The model_type whose rules apply."""
    asked = [one.get("model_type") for one in (inner, config)]
    asked = [one for one in asked if isinstance(one, str) and one]
    listed = [of.get("architectures") for of in (inner, config)]
    classes = [one for names in listed if isinstance(names, list) for one in names if isinstance(one, str)]
    for one in asked:
        if one in rules.refused:
            raise Refused(
                f"model_type {short(one)} is {rules.refused[one]}; wanted a decoder, which keeps a KV cache and writes tokens"
            )
    if config.get("is_encoder_decoder") is True:
        raise Refused("is_encoder_decoder is true; wanted a decoder alone, whose cache grows with what it writes")
    for one in [*(one for one in classes if one in rules.types), *asked]:
        if one in rules.types:
            _check_class(one, inner if inner.get("model_type") == one else config, rules)
            return one
    if asked or classes:
        unknown = (asked or classes)[0]
        near = get_close_matches(unknown, rules.types, 3)
        raise Refused(
            f"found model_type {short(unknown)}, for which there are no rules; choose a model of the list, or ask the "
            "book's authors for rules" + (f"; known are {', '.join(near)}" if near else "")
        )
    return ""


def _check_class(type_: str, config: dict, rules: Rules) -> None:
    """Refuse a file of one model_type whose class is that of another known one."""
    plain = {re.sub("[_-]", "", one).lower(): name for one, name in rules.types.items()}
    classes = config.get("architectures") if config.get("model_type") == type_ else None
    for one in classes if isinstance(classes, list) else []:
        other = plain.get(re.sub("(For[A-Z].*|LMHeadModel|Model)$", "", one).lower()) if isinstance(one, str) else None
        if other and other != rules.types[type_]:
            raise Refused(
                f"found model_type {short(type_)} and architectures {short(one)}, wanted one model; correct the wrong one"
            )


def _says(value: object) -> bool:
    """Whether a value of an unknown key could change anything: not nothing, false, zero, empty or a fraction."""
    if isinstance(value, float):
        return value.is_integer() and value != 0
    return value not in (None, False, 0, "") and value != [] and value != {}


def _nearest(key: str, known: frozenset[str]) -> str:
    """The known key that shares most pairs of letters with another (Dice's coefficient), in words; "" where none is alike."""
    pairs = {one: {one[i : i + 2] for i in range(len(one) - 1)} for one in (key, *known)}
    alike = {one: 2 * len(pairs[key] & pairs[one]) / max(1, len(pairs[key]) + len(pairs[one])) for one in sorted(known)}
    best = max(alike, key=alike.__getitem__, default="")
    return f", nearest is {best}" if alike.get(best, 0) > 0.6 else ""


def _shorter(key: str) -> set[str]:
    """A name, and each that one of its letters dropped leaves."""
    return {key, *(key[:i] + key[i + 1 :] for i in range(len(key)))}


def _check_spelling(table: dict, read: frozenset[str], known: frozenset[str], place: str = "") -> None:
    """Refuse a key of a table that one dropped, added or wrong letter, or two letters in the other order, part from one read.

    Names that one dropped letter makes alike are meant; so is one that lost a letter here and gained one there.
    """
    meant = {short: key for key in sorted(read) if len(key) > 3 for short in _shorter(key)}
    for key, value in table.items():
        if key in read or key in known or value is None or len(key) > 100:
            continue
        if near := next((meant[one] for one in sorted(_shorter(key)) if one in meant), ""):
            raise Refused(
                f"found {short(place + key)[1:-1]} = {short(value)}, wanted a key that the rules know, nearest is {place}{near}; "
                "correct the name, or remove it"
            )


def _check_keys(inner: dict, family: Family, rules: Rules, type_: str) -> list[str]:
    """Keys that nothing reads, refused where they may change the shape; values that no rule could mean are refused too."""
    unread = []
    known = family.ignores | rules.harmless | rules.keys
    _check_spelling(inner, family.keys | {"model_type"}, known)
    for key, value in inner.items():
        read = frozenset(path.partition(".")[2] for path in family.keys if path.startswith(f"{key}."))
        if read and isinstance(value, dict):
            _check_spelling(value, read, known, f"{key}.")
        if key in family.keys and isinstance(value, list) and len({_kind(one) for one in value}) > 1:
            raise Refused(f"found {short(key)[1:-1]} = {short(value)}, wanted a list of one kind of value; correct it")
        if key in family.keys or key in family.ignores or key in rules.harmless or not _says(value):
            continue
        if key in rules.keys:
            raise Refused(
                f"found {short(key)[1:-1]} = {short(value)}, which changes the shape of other models, wanted no key that "
                f"the rules for {type_ or 'a file without model_type'} do not read; remove it or correct model_type"
            )
        if re.search(rules.suspicious, key) and not isinstance(value, str):
            raise Refused(
                f"found {short(key)[1:-1]} = {short(value)}, which may change the shape, wanted a key that the rules know"
                f"{_nearest(key, family.keys)}; correct the name, remove it if it changes neither weights nor cache, or ask the book's authors for a rule"
            )
        unread.append(short(key)[1:-1])
    return unread


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value: object) -> str:
    """The kind of a value of JSON; whole numbers and others are of one kind."""
    return "number" if _is_number(value) else type(value).__name__


MOST_PATTERNS = 2000
MOST_LAYERS = 1000  # of which it is worked out one by one what each holds
#: Rates of products, the faster the later.
RATES = ("bf16", "int8", "fp8", "fp4")
#: The layers of each kind of tensor, as a value of its family that counts them.
LAYERS = {"attention": "Lt", "dense": "Lm", "shared": "Le", "expert": "Le"}
HEAD = ["language_model.lm_head", "model.lm_head", "head"]
EMBEDDING = ["language_model.model.embed_tokens", "embed"]


def _stored(config: dict, inner: dict, rules: Rules) -> tuple[dict, object]:
    """The file's own account of its weights, empty where there is none, and the method that it or one of its keys names."""
    stored = config.get("quantization_config") or inner.get("quantization_config") or config.get("compression_config")
    mlx = config.get("quantization")
    mlx = mlx if isinstance(mlx, dict) and "bits" in mlx else {}
    if stored and not isinstance(stored, dict):
        raise Refused(f"found {short(stored)} as the account of its quantization, wanted an object")
    if stored and mlx and json.dumps(stored) != json.dumps(mlx):
        raise Refused(
            "found quantization beside another quantization_config, wanted one account; remove the one that does not hold"
        )
    if mlx or not stored:
        return mlx, "mlx"
    named = stored.get("quant_method")
    return stored, next(
        (rules.telling[key] for key in rules.telling if key in stored), None
    ) if named is None else named


@dataclass(frozen=True)
class _Way:
    """How tensors are stored: bits of a weight and of one of an expert, and at which rate their products run."""

    bits: float = 16.0
    expert: float = 16.0
    rate: str = "bf16"


def _way(method: object, said: dict, rules: Rules) -> tuple[_Way, _Reader]:
    """What an account says by its method's rules, and their reader; `Refused` where they do not cover it."""
    if not isinstance(method, str) or method not in rules.methods:
        raise Refused(f"found quant_method {short(method)}, for which there are no rules")
    family = rules.shipped[rules.methods[method]]
    reader = _Reader(said, family, rules, inside=False)
    for test, words in family.refuse:
        if reader.eval(test) is True:
            raise Refused(f"{words} in {method}: these rules do not cover it")
    found = [reader.number(["name", name]) for name in ("bits", "expert", "table", "head")]
    if wrong := [one for one in found if not 1 <= one <= 32]:
        raise Refused(f"found {short(wrong[0])} bits per weight in {method}")
    if reader.value("rate") not in RATES:
        raise Refused(
            f"found activations of {short(reader.value('ab'))} bits in {method}, for which there is no rate of products"
        )
    return _Way(found[0], found[1], reader.value("rate")), reader


def _ways(stored: dict, method: object, expert_dtype: object, rules: Rules) -> tuple[_Modules, _Reader]:
    """The ways that an account names, by the patterns of their modules, the first before all others."""
    entries = {key: one for key, one in stored.items() if isinstance(one, (dict, bool))}
    said = stored | {"expert_dtype": expert_dtype, "entries": entries}
    _, reader = _way(method, said | {"weights": {"num_bits": 16}}, rules)
    rows = [(pattern, _Way()) for pattern in _patterns(reader.value("skipped"))]
    skipped = len(rows)
    groups, general = _table(reader.value("groups")), []
    for name, group in groups.items():
        way, _ = _way(method, said | _table(group), rules)
        targets = _table(group).get("targets")
        if targets is None or (isinstance(targets, list) and (not targets or "Linear" in targets)):
            general.append(way)
        else:
            rows += [(pattern, way) for pattern in _patterns(targets)]
        if len(general) > 1:
            raise Refused(f"several groups of weights for all modules in {method}, such as {short(name)}")
    base = general[0] if general else _Way() if groups else _way(method, said, rules)[0]
    known = {"false": _Way(), "true": base}
    for name, entry in _table(reader.value("each")).items():
        key = "false" if name[:2] == "-:" else json.dumps(entry)
        if key not in known:
            entry = _table(entry)
            known[key] = (
                _way("modelopt", entry, rules) if "quant_algo" in entry else _way(method, said | entry, rules)
            )[0]
        pattern = f"re:{name[2:]}" if name[:2] in ("-:", "+:") else f"re:{name}" if ".*" in name else name
        rows += [(one, known[key]) for one in _patterns([pattern])]
    return _Modules(rows, skipped, base), reader


def _table(value: object) -> dict:
    """A table of an account, empty where it is not given."""
    if value is not None and not isinstance(value, dict):
        raise Refused(f"found {short(value)} where its quantization describes modules, wanted an object")
    return value or {}


def _weights(config: dict, model: _Reader, shape: Shape, rules: Rules) -> tuple[Weights, list[str]]:
    """The file's own account of its weights, and what of it is not taken; `Refused` where the rules do not know it."""
    stored, method = _stored(config, model.reported, rules)
    expert_dtype = model.reported.get("expert_dtype")
    if not stored and expert_dtype is None:
        return Weights(), []
    if not stored:
        raise Refused(f"found expert_dtype = {short(expert_dtype)} without a quantization_config")
    modules, reader = _ways(stored, method, expert_dtype, rules)
    if modules.rows and shape.layers > MOST_LAYERS:
        raise Refused(
            f"found modules of its quantization for {short(shape.layers)} layers, wanted at most {MOST_LAYERS}"
        )
    within = str(reader.value("experts"))
    plain = sum(part.count * part.dense for part in shape.parts if part.experts == 0)
    shared = sum(part.count * part.dense for part in shape.parts if part.experts > 0)
    kept = {kind: _kept(kind, model, shape, modules, within) for kind in LAYERS}
    dense = (plain * kept["dense"] + shared * kept["shared"]) / (plain + shared) if plain + shared > 0 else 16.0
    embedding, head = (
        way.bits if (way := modules.way(names)) else reader.number(["name", general])
        for names, general in ((EMBEDDING, "table"), (HEAD, "head"))
    )
    rates = {way.rate for way in (modules.base, *modules.used) if min(way.bits, way.expert) < 16} or {"bf16"}
    rate = max(rates, key=RATES.index)
    notes = []
    if len(rates) > 1:
        notes.append(
            f"its products run at several rates, all counted at that of {rate.upper()}, so that a least time stays one"
        )
    read = reader.family.keys | reader.family.ignores
    tables = [key for key, one in stored.items() if one and isinstance(one, (dict, list)) and key not in read]
    if unread := ([] if method == "mlx" else tables) + modules.unread():
        more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        notes.append(f"of its quantization, not read: {short(unread[0])[1:-1]}{more}")
    for key in ("kv_cache_scheme", "kv_cache_quant_algo"):
        if stored.get(key):
            notes.append(f'its {key} is not taken; choose the bits under "KV cache in"')
    return Weights(method, kept["attention"], dense, kept["expert"], embedding, head, rate), notes


def _kept(kind: str, model: _Reader, shape: Shape, modules: _Modules, experts: str) -> float:
    """Bits of a kind of tensor: the mean over its matrices in the layers that have them."""

    def bits(way: _Way) -> float:
        return way.expert if kind == "expert" else way.bits

    if not modules.rows:
        return bits(modules.base)
    matrices = model.value(f"in_{kind}")
    if kind != "attention" and model.number(["name", "m"]) == 2:
        matrices = matrices[1:]
    rows = [
        [
            bits(modules.way([f"layers.{i}.{one}".replace("experts.0", experts) for one in names]) or modules.base)
            for names in matrices
        ]
        for i in range(int(shape.layers))
    ]
    if all(one == rows[0][0] for row in rows for one in row):
        return rows[0][0]
    where = model.layers_of(LAYERS[kind])
    if where is None and any(row != rows[0] for row in rows):
        raise Refused(f"found some layers' {kind} weights alone, and which layers have such is not known")
    rows = rows[:1] if where is None else [rows[i] for i in where]
    sizes = [1.0] * len(matrices)
    if kind == "attention" and any(len(set(row)) > 1 for row in rows):
        sizes = [shape.heads, shape.kv_heads, shape.kv_heads, shape.heads]
        whole = shape.d_model * 2.0 * (shape.heads + shape.kv_heads) * shape.head_dim
        if any(part.mixer not in (0, whole) for part in shape.parts):
            raise Refused("found some of attention's matrices alone, whose sizes these rules do not compare")
    total = sum(size * one for row in rows for size, one in zip(sizes, row, strict=True))
    return total / (sum(sizes) * len(rows)) if rows else bits(modules.base)


class _Modules:
    """Ways of storing by patterns of modules: the first that names a module, or what it lies in, holds."""

    def __init__(self, rows: list[tuple[str, _Way]], skipped: int, base: _Way) -> None:
        self.rows, self.skipped, self.base = rows, skipped, base
        self.exact: dict[str, list[int]] = {}
        self.wild = [(at, one) for at, (one, _) in enumerate(rows) if "*" in one]
        self.seen: set[int] = set()
        self.used: set[_Way] = set()
        for at, (one, _) in enumerate(rows):
            self.exact.setdefault(one, []).append(at)
        if len(self.wild) > MOST_PATTERNS:
            raise Refused(f"found more than {MOST_PATTERNS} patterns of modules in its quantization")

    def way(self, names: list[str]) -> _Way | None:
        """How one matrix is stored, by any of its names; None where no pattern names it."""
        found = [at for at, one in self.wild if any(_fits(name, one) for name in names)]
        for name in names:
            steps = name.split(".")
            for a in range(len(steps)):
                for b in range(a + 1, len(steps) + 1):
                    found += self.exact.get(".".join(steps[a:b]), ())
        if not found:
            return None
        self.seen |= set(found)
        way = self.rows[min(found)][1]
        self.used.add(way)
        return way

    def unread(self) -> list[str]:
        """Patterns, of those that are not just left out, which name nothing that is counted."""
        return [one for at, (one, _) in enumerate(self.rows) if at >= self.skipped and at not in self.seen]


def _patterns(value: object) -> list[str]:
    """Patterns of modules with * for anything; what a regular expression of the file cannot say so is `Refused`.

    No expression of a stranger's file is run.
    """
    if isinstance(value, (str, dict)):
        raise Refused(f"found {short(value)} for modules of its quantization, wanted a list of their names")
    found = []
    for given in value if isinstance(value, list) else []:
        if not isinstance(given, str) or len(given) > 300:
            raise Refused(f"found {short(given)} among the modules of its quantization, wanted their names")
        text = given
        if text.startswith("re:"):
            for old, new in (("re:", ""), (r"\.", "."), (r"\d+", "*"), ("[0-9]+", "*"), (".*", "*"), ("^", "")):
                text = text.replace(old, new)
            text = text.removesuffix("$") if text.endswith("$") else f"{text}*"
        group = re.fullmatch(r"([^()]*)\(([^()]*)\)([^()]*)", text)
        parts = [group[1] + one + group[3] for one in group[2].removeprefix("?:").split("|")] if group else [text]
        for one in parts:
            if re.search(r"[\\()\[\]{}|+?^$]", one):
                raise Refused(
                    f"found {short(given)} among the modules of its quantization, a pattern that these rules cannot read"
                )
            found.append(_tail(one))
    return found


def _tail(pattern: str) -> str:
    """A pattern from its layers on, without what wraps the language model."""
    at = pattern.find("layers.")
    return pattern[at:] if at >= 0 and not re.search("vis|audio|mtp|draft", pattern[:at]) else pattern


def _fits(name: str, pattern: str) -> bool:
    """Whether a name, from one of its steps on, fits a pattern with * for anything, in one pass from left to right.

    A pattern that ends in a module's name fits what lies in it, too.
    """
    first, *rest = pattern.split("*")
    at = name.find(first)
    if at < 0 or (first and at > 0 and name[at - 1] != "."):
        return False
    at += len(first)
    for one in rest[:-1]:
        at = name.find(one, at)
        if at < 0:
            return False
        at += len(one)
    end = f"{name}."
    last = rest[-1]
    return not last or end.find(f"{last}.", at) >= 0


class _Reader:
    """Evaluates one family's expressions over one file."""

    def __init__(self, reported: dict, family: Family, rules: Rules, inside: bool) -> None:
        self.reported, self.family, self.names = reported, family, rules.names
        self.made_of = (reported, family, rules, inside)
        self.defaults = {**(family.nested if inside else {}), **family.defaults}
        self.known: dict[str, object] = {}
        self.taken: dict[str, object] = {}
        self.silent: set[str] = set()
        self._open: set[str] = set()

    def shape(self) -> Shape:
        """The shape, checked."""
        self.check_layer_types()
        for test, words in self.family.refuse:
            if self.eval(test) is True:
                raise Refused(
                    f"wanted no {words[2:]}" if words[:2] == "a " else f"{words}: these rules do not cover it"
                )
        sizes = {name: self.whole(name) for name in ("L", "d", "V")}
        made = [part for tree in self.family.parts.values() if (part := self.part(tree)).count > 0]
        attends = any(part.pair > 0 for part in made)
        heads, kv = (self.whole("H"), self.whole("kv")) if attends else (0.0, 0.0)
        if attends and heads % kv:
            raise Refused(
                f"found {short(heads)} for {self.label('H')} and {short(kv)} for {self.label('K')}; wanted one to divide the other"
            )
        mixed = next((part for part in made if part.experts > 0), Part(0.0))
        if mixed.experts and not 1 <= mixed.active <= mixed.experts:
            raise Refused(
                f"found {short(mixed.active)} experts per token of {short(mixed.experts)}; wanted 1 or more, and at most as many"
            )
        dense = any(part.dense > 0 for part in made if part.experts == 0)
        window = next((part for part in made if part.window > 0), Part(0.0))
        return Shape(
            layers=sizes["L"],
            d_model=sizes["d"],
            heads=heads,
            kv_heads=kv,
            head_dim=self.whole("hd") if attends else 0.0,
            d_ff=self.number(["name", "ff"])
            if dense and "ff" in self.family.let and self.value("ff") is not None
            else 0.0,
            vocab=sizes["V"],
            tied=self.value("tied") is True,
            final_norm_vectors=self.number(["name", "final"]),
            positions=self.number(["name", "positions"]),
            experts=mixed.experts,
            active_experts=mixed.active,
            window=window.window,
            window_layers=window.count,
            parts=tuple(made),
        )

    def check_layer_types(self) -> None:
        """Refuse layer_types that are not one for each layer, and kinds that the family's rules do not read."""
        kinds = self.reported.get("layer_types")
        if not kinds and not isinstance(kinds, list):
            return
        if not isinstance(kinds, list):
            raise Refused(f"found {short(kinds)} for layer_types, wanted a list")
        if len(kinds) != self.whole("L"):
            raise Refused(f"found {len(kinds)} layer_types for {short(self.whole('L'))} layers, wanted one for each")
        known = self.value("kinds")
        for one in kinds:
            if one not in known:
                raise Refused(
                    f"found {short(one)} among layer_types, wanted for {self.family.name} none but {', '.join(known)}; "
                    "correct it, or the model_type"
                )

    def part(self, tree: Tree) -> Part:
        """One part; its other arguments are asked for only where it counts a layer."""
        count = self.number(tree[2])
        if count == 0:
            return Part(0.0)
        if count < 0 or count != int(count) or count > 1e5:
            raise Refused(
                f"the rules for {self.family.name} come to {short(count)} layers of one kind; the numbers of layers contradict each other"
            )
        made = getattr(parts, tree[1])(count, *(self.number(one) for one in tree[3:]))
        for field in fields(Part):
            value = getattr(made, field.name)
            # a mean of MLPs that differ may be no whole number
            if not (math.isfinite(value) and 0 <= value <= 1e18 and (field.name == "dense" or value == int(value))):
                raise Refused(
                    f"the rules for {self.family.name} come to {short(value)} for {field.name} of {tree[1]}; a number of the file is out of bounds"
                )
        for kind, is_nothing, names in (
            ("attention", made.pair == 0, ("H", "kv", "hd")),
            ("mlp", made.dense == 0, ("ff",)),
        ):
            for name in names if tree[1] == kind and is_nothing else ():
                self.whole(name)
        if tree[1] == "latent" and tree[5][0] == "name":
            self.whole(tree[5][1])
        return made

    def layers_of(self, name: str) -> list[int] | None:
        """The layers that a value counts: those at which it grows with the model; None where that does not tell."""
        counts = []
        for layers in range(int(self.whole("L")) + 1):
            shorter = _Reader(*self.made_of)
            shorter.known["L"] = float(layers)
            counts.append(shorter.number(["name", name]))
        found = [i for i, (before, after) in enumerate(pairwise(counts)) if after - before == 1]
        return found if len(found) == counts[-1] else None

    def whole(self, name: str) -> float:
        """A dimension: a whole number above zero, within reason."""
        value = self.value(name)
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or value <= 0
            or value != int(value)
            or value > LARGEST
        ):
            raise Refused(
                f"found {short(value)} for {self.label(name)}, wanted a whole number above zero and at most {LARGEST:.0f}"
            )
        return float(value)

    def label(self, name: str) -> str:
        """The key that a name stands for, as most files spell it."""
        tree = self.family.let.get(name)
        while tree and tree[0] in ("name", "given", "if"):
            inner = tree[1] if tree[0] != "if" else tree[2]
            if tree[0] == "name":
                return self.label(tree[1]) if tree[1] != name else self.spelt(name)
            tree = inner
        return self.spelt(name)

    def spelt(self, name: str) -> str:
        """A name as files spell it: the key of this file that gives it, or the first spelling."""
        keys = self.names.get(name, [name])
        return next((key for key in keys if self._reported(key) is not None), keys[0])

    def value(self, name: str) -> object:
        """The value of a name: the family's own expression, the file's, or the class's default."""
        if name not in self.known:
            self.known[name] = self._find(name)
        return self.known[name]

    def _find(self, name: str) -> object:
        own = self.family.let.get(name)
        if own is not None and own != ["name", name] and name not in self._open:
            self._open.add(name)
            try:
                return self.eval(own)
            finally:
                self._open.discard(name)
        keys = self.names.get(name, [name])
        for key in keys:
            if (found := self._reported(key)) is not None:
                self._one_whole(name, key, found)
                return found
        for key in (name, *self.names.get(name, ())):
            if key in self.defaults:
                self.taken[self.names.get(name, [name])[0]] = self.defaults[key]
                return self.defaults[key]
        self.silent.add(name)
        return None

    def _one_whole(self, name: str, key: str, found: object) -> None:
        """Refuse a fraction for what `names` lists, of which none can be one, and a second spelling that says otherwise."""
        if name not in self.names or not (_is_number(found) or (found is True and name != "tie")):
            return
        if found is True or (abs(found) <= 1e15 and found != int(found)):
            raise Refused(f"found {short(found)} for {key}, wanted a whole number")
        for other in self.names[name] if name != "V" else ():  # a padded vocabulary is larger
            if _is_number(second := self._reported(other)) and second != found:
                raise Refused(
                    f"found {key} = {short(found)} and {other} = {short(second)}, wanted one value; remove the wrong one"
                )

    def _reported(self, path: str) -> object:
        found: object = self.reported
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def number(self, tree: Tree) -> float:
        """A tree as a number; truth counts 1 or 0."""
        value = self.eval(tree)
        if isinstance(value, bool):
            return float(value)
        if not isinstance(value, (int, float)) or not abs(value) <= 1e18:
            said = self.label(tree[1]) if tree[0] == "name" else "a number that these rules need"
            raise Refused(f"found {short(value)} for {said}, wanted a number")
        return float(value)

    def eval(self, tree: Tree) -> object:
        """The value of a tree."""
        kind, rest = tree[0], tree[1:]
        if kind == "=":
            return rest[0]
        if kind == "name":
            return self.value(rest[0])
        if kind == "list":
            return [self.eval(one) for one in rest]
        if kind == "if":
            return self.eval(rest[1] if self.eval(rest[0]) is True else rest[2])
        if kind == "and":
            return all(self.eval(one) is True for one in rest)
        if kind == "or":
            return any(self.eval(one) is True for one in rest)
        if kind == "given":
            found = self.eval(rest[0])
            return self.eval(rest[1]) if found is None else found
        if kind in ("==", "!="):
            return (_same(self.eval(rest[0]), self.eval(rest[1]))) == (kind == "==")
        if kind == "flag":
            found = self.eval(rest[0])
            if isinstance(found, (str, list, dict)):
                said = self.label(rest[0][1]) if rest[0][0] == "name" else "a flag that these rules need"
                raise Refused(f"found {short(found)} for {said}, wanted true or false")
            return 1.0 if found not in (None, False, 0) else 0.0
        if kind in ("count", "length", "mean", "at"):
            return self._of_list(kind, rest)
        return self._of_numbers(kind, [self.number(one) for one in rest])

    def _of_list(self, kind: str, rest: list[Tree]) -> object:
        found = self.eval(rest[0])
        listed = isinstance(found, (list, str))
        if kind == "length":
            return float(len(found)) if listed else 0.0
        if not listed:
            said = self.label(rest[0][1]) if rest[0][0] == "name" else "a list that these rules need"
            raise Refused(f"found {short(found)} for {said}, wanted a list")
        if kind == "count":
            ends = [int(min(max(self.number(one), 0), len(found))) for one in rest[2:]]
            wanted = self.eval(rest[1])
            return float(sum(_same(one, wanted) for one in (found[slice(*ends)] if ends else found)))
        if kind == "at":
            at = int(self.number(rest[1]))
            return found[at] if 0 <= at < len(found) else None
        if not found or any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in found):
            raise Refused(f"found a list for {self.label(rest[0][1])}, wanted numbers in it")
        return math.fsum(found) / len(found)

    def _of_numbers(self, kind: str, given: list[float]) -> object:
        if kind in ("floor", "ceil"):
            return float(getattr(math, kind)(given[0]))
        if kind == "steps":
            start, end, every, offset = given
            if every < 1:
                raise Refused(f"found {short(every)} where layers are counted in steps, wanted 1 or more")
            return float(sum(1 for i in range(int(start), int(min(end, 1e5))) if i % every == offset))
        a, b = given
        if kind == "/":
            if b == 0:
                raise Refused("found 0 where the rules divide by a number of the file")
            return a / b
        simple = {
            "+": a + b,
            "-": a - b,
            "*": a * b,
            "<": a < b,
            "<=": a <= b,
            ">": a > b,
            ">=": a >= b,
            "largest": max(a, b),
            "smallest": min(a, b),
        }
        return simple[kind]


def _same(a: object, b: object) -> bool:
    """Equality that tells truth from numbers, as the browser does."""
    return isinstance(a, bool) == isinstance(b, bool) and a == b
