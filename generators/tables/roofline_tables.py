"""Tables of chapter 6: the roofs of one machine, and attention by back end, where what was not measured is awaited."""

from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table

NAMES = {"fp32": "FP32, no tensor cores", "int8": "INT8 ᵃ"}
ORDER, LINKED = ("fp8", "bf16", "fp16", "tf32", "fp32", "int8"), "bf16"
BACKENDS = {"math": "scores written (math)", "flash": "flash", "efficient": "memory-efficient", "cudnn": "cuDNN"}
SIZES = {"prefill": 4096, "decode": 16_384}  # the largest of the suite


@named_table
def roofs(n: Numbers, role: str) -> Table:
    """Each roof of a machine: by its datasheet, as measured, the share, and the measured ridge point."""
    chip = n.catalog.speaker(role).machine.accelerator
    ids = [f"{chip}.bandwidth", f"{role}.read-bandwidth", f"{role}.read-share"]
    rows = [["Memory", *(n.number(id_).text for id_ in ids), ""]]
    for key in ORDER:
        ids = (f"{chip}.peak.{key}", f"{role}.product.{key}", f"{role}.ridge-point.{key}")
        sheet, measured, ridge = (n.number(id_).text for id_ in ids)
        id_ = f"{role}.roof-share.{key}"
        rows.append(
            [NAMES.get(key, key.upper()), sheet, measured, n.link(id_) if key == LINKED else n.number(id_).text, ridge]
        )
    return Table(["Roof", "Datasheet >", "Measured >", "Share >", "Ridge point >"], rows)


@named_table
def attention_by_backend(n: Numbers, role: str) -> Table:
    """Attention of the suite's size by PyTorch's back ends: time and memory by the datasheet, and what a record has of it."""
    chip, rows = n.catalog.speaker(role).machine.accelerator, []
    for backend, name in BACKENDS.items():
        way, cells = "plain" if backend == "math" else "fused", []
        for phase, what in (("prefill", "time"), ("prefill", "memory"), ("decode", "time")):
            tokens, on = SIZES[phase], f".{chip}" if what == "time" else ""
            least = n.number(f"suite.attention.{phase}.{way}{on}.s{tokens}.{what}").text
            cells.append(f"{least}, {_or_awaited(n, f'{role}.attention.{phase}.s{tokens}.{backend}.{what}')}")
        rows.append([name, *cells])
    heads = [f"{what}: predicted, measured >" for what in ("Prefill", "Memory", "Decode")]
    return Table(["Back end", *heads], rows)


def _or_awaited(n: Numbers, id_: str) -> str:
    """The number's text; where the record has no such run, that it is awaited."""
    try:
        return n.number(id_).text
    except KeyError:
        return "awaited"
