"""The measurement records: an index, and one page each with machine, environment and every case."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.core import units
from generators.core.escape import plain
from generators.site.markdown import Raw, link, page, table, trail
from generators.site.page import Page

FOLDER = "reference/records"
MOST_ROWS = 26  # of one case name
_SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def pages(catalog: Catalog) -> Iterator[Page]:
    """The index, one page per record, and the records themselves to download."""
    yield Page(f"{FOLDER}/index.md", _index(catalog), "data/measurements")
    for record in catalog.records.values():
        source = Path("data") / "measurements" / f"{record.id}.json"
        yield Page(f"{FOLDER}/{record.id}.md", _one(record, catalog), source.as_posix())
        yield Page(f"{FOLDER}/{record.id}.json", (catalog.root / source).read_bytes(), None)


def _index(catalog: Catalog) -> str:
    rows = []
    for record in sorted(catalog.records.values(), key=lambda record: record.started, reverse=True):
        measured = sum(case.status == "measured" for case in record.cases)
        state = "" if record.id in catalog.current_records else "superseded"
        rows.append(
            [
                link(record.machine.name, f"{record.id}.md"),
                record.machine.device,
                record.started[:10],
                record.profile,
                f"{measured} of {len(record.cases)}",
                state,
            ]
        )
    blocks = [
        "A record holds every raw sample of one run on one machine, with its environment.\n"
        "Records are never edited: a wrong one is superseded by a newer one, and both stay.",
        table(("Machine", "Device", "Date", "Profile", "Cases measured", "State"), rows, (4,))
        if rows
        else "No record has been contributed yet.",
    ]
    return page(
        "Measurement records", "Raw measurements behind the book's figures: machines, environments, samples.", blocks
    )


def _one(record: Record, catalog: Catalog) -> str:
    blocks = [
        trail(("Reference", "../index.md"), ("Measurement records", "index.md")),
        f"Measured {plain(record.started)} to {plain(record.finished)}, profile {plain(record.profile)}.\n"
        f"[Download the record]({record.id}.json){{ download }} (JSON, every raw sample).",
        _verdict(record),
        *_standing(record, catalog),
        *([f"Its note: {plain(record.note)}"] if record.note else []),
        *map(plain, catalog.annotations[record.id].text if record.id in catalog.annotations else ()),
        *_cautions(record),
        *_held_out(record),
        "## Cases",
        "The estimate is the fastest decile of a ceiling (what the machine can do) and the median of a workload.\n"
        "The interval runs from the 5th to the 95th percentile of the samples.",
        *_cases(record),
        "## Machine and environment",
        table(("Property", "Value"), _machine(record, catalog)),
    ]
    machine, day = record.machine, record.started[:10]
    moment = record.started[:16].replace("T", " ")  # two runs of one day are told apart by the minute
    description = f"Measurements of {machine.name} ({machine.device}), {moment} UTC: every case, every sample."
    return page(f"{machine.name}, {day}", description, blocks, wide=True)


def _standing(record: Record, catalog: Catalog) -> list[str]:
    later = [other for other in catalog.records.values() if other.supersedes == record.id]
    lines = [f"**Superseded** by {link(other.id, f'{other.id}.md')}." for other in later]
    if record.supersedes in catalog.records:
        lines.append(f"Supersedes {link(record.supersedes, f'{record.supersedes}.md')}.")
    return ["\n".join(lines)] if lines else []


def _verdict(record: Record) -> str:
    """Whether the run was disturbed, cut short, or gone on with after an interrupt."""
    line = f"[Verdict](../method.md#what-disturbs-a-record): {record.verdict.word}."
    if record.environment.get("interrupted") is True:
        line += " The run was cut before its end; the rows that it had not reached say so."
    times = record.environment.get("resumed")
    if isinstance(times, int) and times > 0:
        line += f" It was interrupted and gone on with {'once' if times == 1 else f'{times} times'}."
    return line


def _cautions(record: Record) -> list[str]:
    """What the measuring code itself noticed and could not mend."""
    found = record.environment.get("cautions")
    lines = found if isinstance(found, list) else [found] if found else []
    return ["Read it with care:", "\n".join(f"- {plain(line)}" for line in lines)] if lines else []


def _held_out(record: Record) -> list[str]:
    """Which measured rows are held out, and why, the rows of one name and reason together."""
    places: dict[tuple[str, str], int] = {}
    for place, why in record.held_out.items():
        of = record.cases[place].name, why
        places[of] = places.get(of, 0) + 1
    lines = [f"- {count} of {plain(name)}: {plain(why)}" for (name, why), count in places.items()]
    return (
        [
            "These measured rows are held out, marked below: no sentence uses them, and a figure that shows them draws them pale.",
            "\n".join(lines),
        ]
        if lines
        else []
    )


def _machine(record: Record, catalog: Catalog) -> Iterator[list[object]]:
    chip = catalog.accelerators.get(record.machine.accelerator)
    yield ["Machine", record.machine.name]
    yield ["Device", record.machine.device]
    if chip:
        yield ["Accelerator", link(chip.name, f"../accelerators/{chip.id}.md")]
    yield ["Command", record.command]
    yield ["Commit", record.commit + (" with uncommitted changes" if record.dirty else "")]
    for name, value in sorted(record.environment.items()):
        yield [name.replace("_", " "), ", ".join(value) if isinstance(value, list) else _plain_value(value)]


def _cases(record: Record) -> list[str]:
    blocks = []
    for kind, heading in (("ceiling", "### Ceilings"), ("workload", "### Workloads")):
        cases = [(case, index in record.held_out) for index, case in enumerate(record.cases) if case.kind == kind]
        if cases:
            groups = groupby(cases, key=lambda one: one[0].name)
            rows = [row for _, group in groups for row in _case_rows(list(group))]
            headings = ("Case", "Parameters", "Estimate", "5–95 %", "Rate", "Samples")
            blocks += [heading, table(headings, rows, (2, 3, 4, 5))]
    return blocks


def _case_rows(cases: list[tuple[Case, bool]]) -> Iterator[list[object]]:
    """Rows of one case name; of very many only the first, since a page of a thousand rows is read by nobody."""
    yield from (_case_row(case, out) for case, out in cases[:MOST_ROWS])
    if len(cases) > MOST_ROWS:
        more = f"and {len(cases) - MOST_ROWS:,} more rows in the file of the record"
        yield [cases[0][0].name, more, "", "", "", ""]


def _case_row(case: Case, out: bool) -> list[object]:
    """One case: what was measured, marked where it is held out, or in words why nothing was."""
    parameters = parameters_text(case.parameters)
    if case.status != "measured":
        return [case.name, "; ".join(filter(None, (parameters, case.reason))), Raw(f"*{case.status}*"), "", "", ""]
    low, high = case.interval
    return [
        case.name,
        parameters,
        Raw(f"{seconds(case.seconds)} *held out*") if out else seconds(case.seconds),
        f"{seconds(low)} – {seconds(high)}",
        rates(case),
        str(len(case.samples)),
    ]


#: Words for parameters whose keys do not read as words; sizes in bytes are shown in binary units.
_WORDS = {
    "d_in": "columns",
    "d_out": "rows of weights",
    "d_model": "model width",
    "d_ff": "MLP width",
    "kv_heads": "KV heads",
    "head_dim": "head size",
    "aten_ops_per_step": "operations per step",
    "weights_vs_llc": "weights over last-level cache",
}


def parameters_text(parameters: dict[str, object]) -> str:
    """Parameters in words, as a reader of a table wants them."""
    return ", ".join(
        f"{_WORDS.get(key, key.replace('_', ' '))} {_plain_value(value)}" for key, value in parameters.items()
    )


def _plain_value(value: object) -> str:
    """A parameter or property as text; large whole numbers in groups of three."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "unknown"}[value]
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def seconds(value: float) -> str:
    """A time in the unit that suits it, three digits."""
    scale, unit = next((pair for pair in _SCALES if value >= pair[0]), _SCALES[-1])
    return f"{units.number_text(value / scale, 3)} {unit}"


def rates(case: Case) -> str:
    """What the case achieved: bytes, FLOP and tokens per second, those that apply."""
    shown = []
    if case.work.bytes:
        shown.append(f"{units.number_text(case.bandwidth / 1e9, 3)} GB/s")
    if case.work.flop:
        shown.append(f"{units.number_text(case.flops / 1e9, 3)} GFLOP/s")
    if case.work.tokens:
        shown.append(f"{units.number_text(case.work.tokens / case.seconds, 3)} tokens/s")
    return ", ".join(shown)
