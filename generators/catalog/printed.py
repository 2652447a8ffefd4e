"""What a source's printed text says in numbers, and whether a value in base units agrees with it."""

import math
import re
from collections.abc import Iterator

from generators.core import units

#: A number that no letter touches on its left: the 8 of FP8 and the 100 of A100 are names, not values.  Commas part
#: thousands, so that 1,5 is no number: it may be one and a half or fifteen.
_NUMBER = re.compile(
    r"(?<![A-Za-z\d.,])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?(?![.,]?\d)", re.IGNORECASE | re.ASCII
)
#: A precision or a bit width, which holds a number but states none.
_NAMES = re.compile(r"\b(?:bf|fp|tf|int|uint|float|bfloat|nvfp|mxfp)[ -]?\d+|\b\d+[ -]?bits?\b", re.IGNORECASE)
_NOT_SPARSE = re.compile(r"\b(?:without|no|non|not)[ -]+(?:structured[ -]+)?spars\w*", re.IGNORECASE)
_SPARSE = re.compile(r"spars\w*|\b[124] ?: ?[1248]\b|[*†‡§¹²³⁴-⁹]", re.IGNORECASE)
_RATE_SCALE = re.compile(r"[ -]?(peta|tera|giga|[PTG])(?=FLOP|F(?![A-Za-z])|OPS?\b|[^A-Za-z]|$)", re.IGNORECASE)
#: What may follow a rate's number besides its scale: a unit of rates, however a sheet writes it, or "dense".
_RATE_WORD = re.compile(
    r"[ -]?(?:(?:AI )?(?:peta|tera|giga|[PTG])?-?P?L?(?:FLOP|FOP|OP)S?|dense|of)(?![A-Za-z])", re.IGNORECASE
)
_OTHER_WORD = re.compile(r"[ -]?[A-Za-zµμ×%°$€£‰]")
_SCALE = {"p": 1e15, "t": 1e12, "g": 1e9}
_UNIT = re.compile(r"\+?\s?([A-Za-zµμ]+)(\s?/\s?s(?:ec|econd)?\b|\sper\ssecond\b)?")
_SUFFIX = re.compile(r"\s?(billion|million|thousand|[BMKT])(?![A-Za-z])")
_COUNTS = {"thousand": 1e3, "K": 1e3, "million": 1e6, "M": 1e6, "billion": 1e9, "B": 1e9, "T": 1e12}
_WORDS = {"kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "bytes": "B", "byte": "B", "μ": "µ"}
#: The second number of a range, whose unit counts for both.
_RANGE = re.compile(r"^\s?[-–]\s?\d[\d.,]*")
#: Heads of columns, as "HBM R/W (GB) 40.3" and "4.58 | 64.64 [GiB | %]" give them.
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
#: Units in which a bare number is read; one in any other is bare only where the text names the column's in brackets.
_COLUMNS = ("GB/s", "GB", "W", "MHz", "tokens/s")
_SECONDS = {"s": "s", "ms": "ms", "us": "µs", "µs": "µs", "ns": "ns", "second": "s", "seconds": "s"}
#: Words after which a number is still bare; after any other it counts something else.
_BARE = ("of", "x", "X", "tok", "tokens", "parameters", "sequences")
_BYTES, _PER_S = units.unit_of("byte")[1], units.unit_of("MHz")[1]
_SPEED, _BANDWIDTH, _COUNT = units.unit_of("FLOP/s")[1], units.unit_of("GB/s")[1], units.unit_of("")[1]
Found = tuple[float, units.Dims]


def near(a: float, b: float, tolerance: float = 0.006) -> bool:
    """Equal to the precision at which data sheets round."""
    return math.isfinite(a - b) and abs(a - b) <= tolerance * max(abs(a), abs(b))


def numbers(text: str) -> Iterator[tuple[float, str, str]]:
    """Every number of a text above zero: its value, as it is written, and what follows it."""
    for match in _NUMBER.finditer(text):
        written = match[0].rstrip(",")
        value = float(written.replace(",", ""))
        if value > 0:
            yield value, written, text[match.end() :]


def is_sparse(text: str) -> bool:
    """Whether something in a printed rate marks sparsity: the word, a 2:4 or 2:1, or the mark of a footnote."""
    return bool(_SPARSE.search(_NOT_SPARSE.sub("", text)))


def rates(text: str) -> list[float]:
    """The rates of a printed text in FLOP/s; a bare number takes the scale of its neighbor, else tera."""
    found: list[tuple[float, float | None]] = []
    for value, written, rest in numbers(_NAMES.sub(" ", _SPARSE.sub(" ", text))):
        scale = _RATE_SCALE.match(rest)
        if "e" in written.lower():
            found.append((value, 1.0))
        elif scale:
            found.append((value, _SCALE[scale[1][0].lower()]))
        elif _RATE_WORD.match(rest) or not _OTHER_WORD.match(rest):
            found.append((value, None))
    scales = [scale for _, scale in found if scale and scale > 1]
    default = scales[-1] if scales else 1e12
    return [value * (scale or default) for value, scale in found]


def rate_fault(value: str, text: str, basis: str) -> str:
    """Why a printed rate does not give the dense `value` on its basis, dense or sparse; empty when it does."""
    printed, wanted, marked = rates(text), units.parse(value).value, is_sparse(text)
    if not printed:
        return f"found no rate in as_printed {text!r}, wanted the number the source prints; quote its cell"
    if basis == "sparse":
        return _sparse_fault(value, text)
    if marked and len(printed) == 1:
        return (
            f"found {value!r} called dense, but the only rate printed, {text!r}, is marked sparse, wanted a dense one; "
            "give half of it with printed_basis = 'sparse'"
        )
    if not near(min(printed), wanted):
        return (
            f"found {value!r}, which is not on the dense side of as_printed {text!r}, wanted the dense rate; give that"
        )
    if not all(_dense_or_twice(rate, wanted, between=marked) for rate in printed):
        return f"found numbers besides {value!r} and its double in as_printed {text!r}, wanted one rate; quote the rate's cell only"
    return ""


def _sparse_fault(value: str, text: str) -> str:
    """The same for a rate printed as sparse: something must mark it, and the value is half of it."""
    printed, wanted = rates(text), units.parse(value).value
    if not is_sparse(text):
        return (
            f"found nothing that marks as_printed {text!r} as sparse, wanted its mark; quote the source's mark, "
            "or its note in square brackets, such as '[with sparsity]'"
        )
    if near(max(printed) / 2, wanted) and all(_dense_or_twice(rate, wanted) for rate in printed):
        return ""
    return f"found {value!r}, which is not half of the sparse rate printed, {text!r}, wanted that half; value is always the dense rate"


def _dense_or_twice(rate: float, dense: float, between: bool = False) -> bool:
    """Whether a rate beside the dense one can be itself or its sparse double, which sheets round by up to 2 %."""
    if between:  # FP4 on Blackwell Ultra: sparse 18, dense 14
        return dense * 0.99 <= rate <= dense * 2.05
    return near(rate, dense) or near(rate, 2 * dense, 0.02)


def agrees(value: str, text: str) -> bool:
    """Whether some number × unit of a printed text is the value, to the precision of data sheets."""
    quantity, unit = units.parse(value), units.unit_text(value)
    if unit == "parameters" or unit == "billion parameters":
        return _size_agrees(quantity.value, text)
    if quantity.dims == _SPEED:
        return any(near(rate, quantity.value) for rate in rates(text))
    return any(dims == quantity.dims and near(n, quantity.value) for n, dims in _readings(text, unit))


def _readings(text: str, unit: str) -> Iterator[Found]:
    """Every reading of every number of a text: in its own unit, or bare in the column's unit or a thousand of it."""
    factor, own = units.unit_of(unit) if unit in units.UNITS else (1.0, _COUNT)
    reported = {head.strip() for inner in _BRACKETS.findall(text) for head in inner.split("|")}
    heads = (reported & units.UNITS.keys()) - {""}
    is_column = unit in heads if heads else unit in _COLUMNS or (own == _COUNT and unit != "%")
    for value, written, rest in numbers(text):
        if own == _COUNT and (suffix := _SUFFIX.match(rest)):
            yield value * _COUNTS[suffix[1]], own
        rest = _RANGE.sub("", rest)
        after, sign = _UNIT.match(rest), rest.lstrip()[:1]
        known = list(_factors(after[1], bool(after[2]))) if after else []
        yield from ((value * scale, dims) for scale, dims in known)
        if known:
            continue
        if "e" in written.lower():
            yield value, own
        elif sign and sign in "%×":
            if unit == sign or (sign == "×" and unit == ""):
                yield value * factor, own
        elif is_column and (after[1] in _BARE if after else not sign or sign not in "‰°$€£"):
            yield value * factor, own
            if unit in ("GB/s", "MHz"):  # sheets print columns in TB/s and GHz; no other is in thousands unsaid
                yield value * factor * 1000, own


def _factors(word: str, per_second: bool) -> Iterator[Found]:
    """The readings of a printed unit such as GB, GiBps, Gbps, Watts or ms; nothing for any other word."""
    for long, short in _WORDS.items():
        word = word.replace(long, short)
    if match := re.fullmatch(r"([kKMGTP]?)(i?)(B|b|bits?)(ps)?", word):
        dims = _BANDWIDTH if per_second or match[4] else _BYTES
        bits = 1.0 if match[3] == "B" else 0.125
        power = " KMGTP".index(match[1].upper() or " ")
        if not match[2]:
            yield bits * 1000.0**power, dims
        if match[2] or match[1] == "K":  # K is read as 1,024 by some and as 1,000 by others
            yield bits * 1024.0**power, dims
    elif match := re.fullmatch(r"([kMG]?)(W|Watts?|Hz)", word):
        yield 1000.0 ** " KMGTP".index(match[1].upper() or " "), _PER_S if match[2] == "Hz" else units.UNITS["W"][1]
    elif word in _SECONDS:
        yield units.unit_of(_SECONDS[word])


def _size_agrees(value: float, text: str) -> bool:
    """Whether a model's printed size is its count.

    A size with decimals is rounded or cut at its last digit; a whole one is a name such as 7B, within 10 %;
    sizes joined by a plus sign are parts of the count.
    """
    found = [(n * _COUNTS.get(_after(rest), 1.0), written, _after(rest)) for n, written, rest in numbers(text)]
    if "+" in text and near(sum(n for n, _, _ in found), value):
        return True
    for size, written, suffix in found:
        digits = len(written.partition(".")[2])
        last = _COUNTS.get(suffix, 1.0) / 10**digits
        if near(size, value) or (suffix and (abs(size - value) < last if digits else near(size, value, 0.1))):
            return True
    return False


def _after(rest: str) -> str:
    match = _SUFFIX.match(rest)
    return match[1] if match else ""
