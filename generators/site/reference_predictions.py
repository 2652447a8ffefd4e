"""Predictions made before their measurement: an index, and one page per file with predicted against measured, misses first."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from generators.catalog.case import Case
from generators.catalog.load import Catalog
from generators.catalog.prediction import Predicted, Prediction
from generators.catalog.record import Record
from generators.comparison.comparison import ceilings, decode_in_mode
from generators.comparison.predictions import load_predictions
from generators.core import units
from generators.core.escape import plain
from generators.measure import predict
from generators.site.markdown import link, page, table, trail
from generators.site.page import Page
from generators.site.reference_records import parameters_text, seconds

FOLDER = "reference/predictions"
AWAITED = "awaited"
MISSES = 12  # rows in the table of the largest misses
MODES = {"eager": "Eager", "graph": "CUDA graph", "compiled-graph": "Compiled graph"}


def pages(catalog: Catalog) -> Iterator[Page]:
    """The index, one page per file, and the files themselves to download."""
    found = load_predictions(catalog)
    yield Page(f"{FOLDER}/index.md", _index(catalog, found), "data/predictions")
    for prediction in found.values():
        source = Path("data/predictions") / f"{prediction.id}.json"
        yield Page(f"{FOLDER}/{prediction.id}.md", _one(catalog, prediction), source.as_posix())
        yield Page(f"{FOLDER}/{prediction.id}.json", (catalog.root / source).read_bytes(), None)


def _index(catalog: Catalog, found: dict[str, Prediction]) -> str:
    measured, awaited, reported = [], [], []
    for prediction in found.values():
        record = prediction.record(catalog.records)
        chip = catalog.accelerators[prediction.accelerator]
        if record is None:
            name = link(chip.name, f"{prediction.id}.md")
            awaited.append([name, prediction.made[:10], len(prediction.rows)])
            continue
        shares = sorted(_shares(prediction, record))
        state = link(record.started[:10], f"../records/{record.id}.md")
        reported += _first_test(prediction, record, chip.short)
        compared = f"{len(shares)} of {len(prediction.rows)}"
        under = sum(share <= 1 for share in shares)
        spread = " · ".join(map(_percent, _spread(shares)))
        name = link(chip.short, f"{prediction.id}.md")  # the table is as wide as its page
        measured.append([name, prediction.made[:10], state, compared, f"{under} of {len(shares)}", spread])
    heads = ("Chip", "Predicted", "Measured", "Cases compared", "Kept the bound", "Share of it")
    blocks = [
        trail(("Reference", "../index.md")),
        "What the measurement suite should find on chips that this book had not measured, written down from the datasheet alone.\n"
        "The files are never edited, and the repository's history shows that they came before the measurement.",
        "Every row is a **bound**, the time under which no run should come or the rate over which none should; none is an estimate of what software reaches. "
        "So a bound fails where a run beats it, and it says little where a run stays far below it: both are on the chips' pages, the lowest shares first.",
        "## Measured since",
        *reported,
        table(heads, measured, (3, 4, 5)) if measured else "None yet.",
        "The last column is the share of the bound that the measured cases reached: the lowest, the median and the highest.",
        "## Awaited",
        table(("Chip", "Predicted", "Cases"), awaited, (2,)) if awaited else "No prediction awaits its measurement.",
    ]
    return page("Predictions", "What the suite should find, from the datasheet alone, and what it found.", blocks)


def _first_test(prediction: Prediction, record: Record, chip: str) -> list[str]:
    """What the best and the eager run of the 8B model took against its bound; nothing where none was measured."""
    row = next((one for one in prediction.rows if one.name == "decode" and one.parameters["model"] == "8B"), None)
    if row is None or row.value is None:
        return []
    times = {mode: case.seconds for mode in MODES for case in decode_in_mode(record, mode) if _same_model(row, case)}
    if not times:
        return []
    best = min(times, key=times.get)
    words = f"**{plain(chip)}, decode of {row.parameters['model']}: predicted {seconds(row.value)}, measured {seconds(times[best])} at best** ({MODES[best].lower()})"
    return [
        words + (f", and {seconds(times['eager'])} in eager PyTorch." if "eager" in times and best != "eager" else ".")
    ]


def _one(catalog: Catalog, prediction: Prediction) -> str:
    chip, record = catalog.accelerators[prediction.accelerator], prediction.record(catalog.records)
    name = f"[{plain(chip.name)}](../accelerators/{chip.id}.md)"
    blocks = [
        trail(("Reference", "../index.md"), ("Predictions", "index.md")),
        f"Predicted for {name} on {prediction.made[:10]}.\n{plain(prediction.basis)}\n"
        "Each row is a bound, not an estimate: no run should be faster, and software decides how much slower it is.\n"
        f"[Download the file]({prediction.id}.json){{ download }} (JSON).",
        *(_outcome(catalog, prediction, record) if record else [_AWAITED]),
        "## Every case",
        table(
            ("Case", "Parameters", "Binds", "Predicted", "Measured", "Of the bound"),
            [_row(row, record) for row in prediction.rows],
            (3, 4, 5),
        ),
    ]
    title = f"{chip.short}: predicted before it was measured"
    return page(title, f"What the suite should find on {chip.name}, from its datasheet alone.", blocks, wide=True)


_AWAITED = "**The measurement is awaited**: no record of this chip has been contributed since."


def _outcome(catalog: Catalog, prediction: Prediction, record: Record) -> list[str]:
    """How the predictions fared: a sentence, decode by mode, why, the largest misses, and what was held out."""
    shares = sorted(_shares(prediction, record))
    least, middle, most = map(_percent, _spread(shares))
    beaten = sum(share > 1 for share in shares)
    faster = f"**{beaten} of them beat the bound**, which is a fault of the bound" if beaten else "None beat its bound"
    blocks = [
        "## What came of it",
        f"Measured on {record.started[:10]} in [this record](../records/{record.id}.md): {len(shares)} of {len(prediction.rows)} cases compared.\n"
        f"{faster}; they reach {least} to {most} of it, {middle} in the median.",
    ]
    if decoded := _decode(prediction, record):
        heads = (
            "Model",
            "Bound",
            *(words for mode, words in MODES.items() if decode_in_mode(record, mode)),
            "Of the bound, at best",
        )
        blocks += [
            "### Decode, batch 1, BF16",
            table(heads, decoded, tuple(range(1, len(heads)))),
            _why(prediction, record),
        ]
    misses = sorted(prediction.compared(record), key=lambda pair: pair[0].of_bound(pair[1]))
    blocks += [
        "### The largest misses",
        table(
            ("Case", "Parameters", "Predicted", "Measured", "Of the bound"),
            [
                [
                    row.name,
                    parameters_text(row.parameters),
                    _shown(row, row.value),
                    _shown(row, row.found(case)),
                    _percent(row.of_bound(case)),
                ]
                for row, case in misses[:MISSES]
            ],
            (2, 3, 4),
        ),
    ]
    held = dict.fromkeys((row.name, why) for row in prediction.rows if (why := row.held_out(record)))
    if held:
        blocks += ["Held out of the comparison:", "\n".join(f"- {plain(name)}: {plain(why)}" for name, why in held)]
    return blocks


def _decode(prediction: Prediction, record: Record) -> list[list[object]]:
    """Decode by model: the bound, each mode that the record measured, and the best share of the bound."""
    modes = [mode for mode in MODES if decode_in_mode(record, mode)]
    rows = []
    for row in prediction.rows:
        if row.name != "decode" or row.value is None:
            continue
        times = [
            min((c.seconds for c in decode_in_mode(record, mode) if _same_model(row, c)), default=None)
            for mode in modes
        ]
        if done := [time for time in times if time]:
            shown = (seconds(time) if time else "" for time in times)
            rows.append([row.parameters["model"], seconds(row.value), *shown, _percent(row.value / min(done))])
    return rows


def _same_model(row: Predicted, case: Case) -> bool:
    return all(case.parameters.get(key) == row.parameters[key] for key in ("model", "dtype"))


def _why(prediction: Prediction, record: Record) -> str:
    """What the bound leaves out, in the record's own figures."""
    read = ceilings(record).read
    lines = [
        f"What the bound leaves out: the memory's best read is {_percent(read / prediction.bandwidth)} of the datasheet's bandwidth, "
        "and every operation has to be started."
    ]
    each = {mode: predict.dispatch(record.used, mode) for mode in ("eager", "graph")}
    largest = max(decode_in_mode(record, "eager"), key=lambda case: case.work.bytes, default=None)
    if all(each.values()) and largest:
        reported = largest.parameters
        lines.append(
            f"One that does nothing takes {seconds(each['eager'])} when Python starts it and {seconds(each['graph'])} in a CUDA graph."
        )
        narrow = predict.issuing(record.used, str(reported["dtype"]), "eager", float(reported["layers"]))
        if narrow:
            lines.append(
                f"A model as deep as {plain(reported['model'])}, but so narrow that it moves next to nothing, takes {seconds(narrow)} a token in eager PyTorch."
            )
    runs = record.measured("decode")
    idle = sum(case.seconds > 2 * case.work.bytes / read for case in runs)
    lines.append(f"In {idle} of {len(runs)} decode runs the memory was idle for more than half of the time.")
    return "\n".join(lines)


def _shares(prediction: Prediction, record: Record) -> list[float]:
    return [row.of_bound(case) for row, case in prediction.compared(record)]


def _spread(shares: list[float]) -> tuple[float, float, float]:
    """Lowest, median, highest."""
    return shares[0], statistics.median(shares), shares[-1]


def _percent(share: float) -> str:
    return f"{units.number_text(share * 100, 2)}%"


def _row(row: Predicted, record: Record | None) -> list[object]:
    """One case; words where nothing was measured or what was is held out."""
    case = row.measured(record) if record else None
    share = ""
    if record is None:
        found = AWAITED
    elif case is None:
        found = "held out" if row.held_out(record) else "not in the record"
    elif case.status != "measured":
        found = f"{case.status}: {case.reason}"
    else:
        found = _shown(row, row.found(case))
        share = _percent(row.of_bound(case)) if row.value is not None else ""
    return [row.name, parameters_text(row.parameters), row.binds, _shown(row, row.value), found, share]


def _shown(row: Predicted, value: float | None) -> str:
    """A value in its unit; a time in the unit that suits it."""
    if value is None:
        return "does not fit"
    if row.quantity == "s":
        return seconds(value)
    scale, unit = (1e12, "TFLOP/s") if row.quantity == "FLOP/s" else (1e9, "GB/s")
    return f"{units.number_text(value / scale, 3)} {unit}"
