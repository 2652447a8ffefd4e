"""A published config.json as the shape of a model, by the rules of `data/config_rules.toml`, or one line that refuses it.

`generators/browser/web/config_json.js` does the same with the same rules; a test holds the two equal.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, fields
from difflib import get_close_matches

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
        weights = _weights(config, inner, shape, rules)
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
    for one in [*asked, *classes]:
        if one in rules.types:
            return one
    if asked or classes:
        unknown = (asked or classes)[0]
        near = get_close_matches(unknown, rules.types, 3)
        raise Refused(
            f"found model_type {short(unknown)}, for which there are no rules"
            + (f"; known are {', '.join(near)}" if near else "")
        )
    return ""


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
                f"{_nearest(key, family.keys)}; correct the name, or add a rule to data/config_rules.toml"
            )
        unread.append(short(key)[1:-1])
    return unread


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value: object) -> str:
    """The kind of a value of JSON; whole numbers and others are of one kind."""
    return "number" if _is_number(value) else type(value).__name__


#: Names by which files speak of each kind of tensor, `i` the layer.
TENSORS = {
    "attention": (
        "layers.i.self_attn.q_proj",
        "layers.i.attn.q_proj",
        "layers.i.linear_attn.in_proj_qkv",
        "layers.i.mixer.in_proj",
    ),
    "dense": ("layers.i.mlp.gate_proj", "layers.i.mlp.up_proj", "layers.i.feed_forward.gate_proj"),
    "shared": (
        "layers.i.mlp.shared_experts.up_proj",
        "layers.i.mlp.shared_expert.up_proj",
        "layers.i.feed_forward.shared_expert.up_proj",
    ),
    "expert": (
        "layers.i.mlp.experts.0.up_proj",
        "layers.i.block_sparse_moe.experts.0.w1",
        "layers.i.feed_forward.experts.0.up_proj",
    ),
}
MOST_PATTERNS = 2000


def _weights(config: dict, inner: dict, shape: Shape, rules: Rules) -> Weights:
    """The file's own account of its weights; `Refused` where the rules do not know it."""
    stored = config.get("quantization_config") or inner.get("quantization_config") or config.get("compression_config")
    method = stored.get("quant_method") if isinstance(stored, dict) else None
    if stored and not isinstance(stored, dict):
        raise Refused(f"found {short(stored)} as the account of its quantization, wanted an object")
    if not isinstance(stored, dict):
        stored, method = config.get("quantization"), "mlx"
        if not (isinstance(stored, dict) and "bits" in stored):
            return Weights()
    if not isinstance(method, str) or method not in rules.methods:
        raise Refused(f"found quant_method {short(method)}, for which there are no rules")
    family = rules.shipped[rules.methods[method]]
    reader = _Reader(stored, family, rules, inside=False)
    for test, words in family.refuse:
        if reader.eval(test) is True:
            raise Refused(f"{words} in {method}: these rules do not cover it")
    bits, table = (reader.number(["name", name]) for name in ("bits", "table"))
    if not (1 <= bits <= 32 and 1 <= table <= 32):
        raise Refused(f"found {short(bits)} bits per weight in {method}")
    skipped, targets = (_patterns(reader.value(name)) for name in ("skipped", "targets"))
    everywhere = not targets or "Linear" in targets
    only = reader.value("only")

    def kept(kind: str) -> float:
        """Bits of a kind, over the layers of which some may be left out."""
        taken = 0.0
        for i in range(int(shape.layers) if only in ("", kind) else 0):
            names = [name.replace(".i.", f".{i}.") for name in TENSORS[kind]]
            taken += not _matches(names, skipped) and (everywhere or _matches(names, targets))
        return 16.0 + (bits - 16.0) * taken / shape.layers

    plain = sum(part.count * part.dense for part in shape.parts if part.experts == 0)
    shared = sum(part.count * part.dense for part in shape.parts if part.experts > 0)
    dense = (plain * kept("dense") + shared * kept("shared")) / (plain + shared) if plain + shared > 0 else 16.0
    return Weights(method, kept("attention"), dense, kept("expert"), table, table)


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
    if sum("*" in one for one in found) > MOST_PATTERNS:
        raise Refused(f"found more than {MOST_PATTERNS} patterns of modules in its quantization")
    return found


def _tail(pattern: str) -> str:
    """A pattern from its layers on, without what wraps the language model."""
    at = pattern.find("layers.")
    return pattern[at:] if at >= 0 and "vis" not in pattern else pattern


def _matches(names: list[str], patterns: list[str]) -> bool:
    """Whether one of a tensor's names is, or lies in, a module that a pattern names."""
    exact = {one for one in patterns if "*" not in one}
    wild = [one for one in patterns if "*" in one]
    for name in names:
        steps = name.split(".")
        inside = (".".join(steps[a:b]) for a in range(len(steps)) for b in range(a + 1, len(steps) + 1))
        if any(one in exact for one in inside) or any(_fits(name, one) for one in wild):
            return True
    return False


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
        self.defaults = {**(family.nested if inside else {}), **family.defaults}
        self.known: dict[str, object] = {}
        self.taken: dict[str, object] = {}
        self.silent: set[str] = set()
        self._open: set[str] = set()

    def shape(self) -> Shape:
        """The shape, checked."""
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
        kinds = self.reported.get("layer_types") if "layer_types" in self.family.keys else None
        if isinstance(kinds, list) and len(kinds) != sizes["L"]:
            raise Refused(f"found {len(kinds)} layer_types for {short(sizes['L'])} layers, wanted one for each")
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
