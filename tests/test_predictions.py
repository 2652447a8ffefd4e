"""Predictions frozen before a chip is measured: what they hold, what refuses a bad file, and how a record joins them."""

import json

import pytest

from generators.catalog.prediction import Prediction, load_prediction
from generators.comparison.predictions import freeze, load_predictions, predict
from generators.core.errors import BookError, BookErrors
from generators.model import roofline
from generators.site import reference_predictions
from tests import fakes

pytestmark = pytest.mark.usefixtures("read_once")

CHECK = {"against": "float64", "worst_relative_error": 0.0, "tolerance": 0.01}


def row(*given: object, **reported: object) -> dict:
    """A case of a record whose result was held against a reference."""
    return fakes.row(*given, **reported) | {"check": CHECK}


@pytest.fixture
def prediction(catalog):
    """The newest frozen prediction for the H200."""
    return max((p for p in load_predictions(catalog).values() if p.accelerator == "h200-sxm"), key=lambda p: p.made)


def test_the_h200_is_predicted_from_its_datasheet_alone(catalog, prediction):
    chip = catalog.accelerators["h200-sxm"]
    assert prediction.bandwidth == chip.bandwidth.value
    assert prediction.peaks["bfloat16"] == chip.peaks()["bf16"].quantity.value
    ridge = roofline.ridge_point(prediction.peaks["bfloat16"], prediction.bandwidth)
    assert 200 < ridge < 210


def test_what_was_frozen_is_todays_bound_with_activations_charged(catalog, prediction):
    """The files of 2026-11-23 charged activations, and the newest key as written and read; they lie above the bound by that."""
    today = {json.dumps([r["name"], r["parameters"]]): r["value"] for r in predict(catalog, "h200-sxm")["rows"]}
    frozen = {json.dumps([r.name, r.parameters]): r.value for r in prediction.rows}
    assert today.keys() == frozen.keys()
    for key, value in today.items():
        assert frozen[key] is value is None or value <= frozen[key] * (1 + 1e-9), key
        if key.startswith(('["read', '["matmul', '["rows', '["decode",')):
            assert frozen[key] is value is None or frozen[key] == pytest.approx(value, rel=0.01), key


def test_no_prediction_is_faster_than_the_memory_allows(prediction):
    """The 8B model in 16 bits streams about 15 GB, which 4.8 TB/s cannot do in under 3 ms."""
    (step,) = [r for r in prediction.rows if r.name == "decode" and r.parameters["model"] == "8B"]
    assert step.binds == "memory"
    assert 3.0e-3 < step.value < 3.3e-3
    (large,) = [r for r in prediction.rows if r.name == "decode" and r.parameters["model"] == "70B"]
    assert (large.value, large.binds) == (None, "capacity")
    batches = [r for r in prediction.rows if r.name == "decode-batch" and r.parameters["context"] == 8192]
    assert [r.value is None for r in batches] == sorted(r.value is None for r in batches), "once too large, always"
    assert batches[-1].value is None


def test_what_fits_is_predicted_by_the_roofline(prediction):
    rows = [r for r in prediction.rows if r.name == "rows-sweep"]
    assert [r.binds for r in rows] == sorted((r.binds for r in rows), reverse=True), (
        "memory first, compute after the knee"
    )
    knee = next(r.parameters["rows"] for r in rows if r.binds == "compute")
    assert knee == 256  # the first power of two past the ridge point of about 206 FLOP/byte


def test_of_several_ways_the_fastest_is_held_against_the_prediction(catalog, prediction):
    (read,) = [r for r in prediction.rows if r.name == "read-bandwidth"]
    record = next(iter(catalog.records.values()))
    ways = [("a", [4.0] * 3), ("b", [1.0] * 3), ("c", [2.0] * 3), ("d", [])]
    cases = [
        record.cases[0].model_validate(
            row("read-bandwidth", samples=times, bytes=1e9, method=name, reason="" if times else "cannot")
        )
        for name, times in ways
    ]
    assert read.measured(record.model_copy(update={"cases": cases})) is cases[1]
    assert read.measured(record.model_copy(update={"cases": cases[3:]})) is cases[3]


def test_a_record_taken_later_joins_and_an_earlier_one_does_not(catalog, prediction):
    record = next(iter(catalog.records.values()))
    case = record.cases[0].model_validate(
        row(
            "decode",
            "workload",
            samples=[0.004] * 5,
            bytes=15e9,
            flop=15e9,
            tokens=1,
            mode="eager",
            tied=False,
            model="8B",
            dtype="bfloat16",
            context=128,
            batch=1,
            parameters=8e9,
            layers=32,
            d_model=4096,
            heads=32,
            kv_heads=8,
            head_dim=128,
            d_ff=14336,
            vocab=128256,
        )
    )
    machine = record.machine.model_copy(update={"accelerator": "h200-sxm", "device": "cuda", "name": "NVIDIA H200"})
    later = record.model_copy(update={"machine": machine, "started": "2031-01-01T00:00:00Z", "cases": [case]})
    later.__dict__.pop("held_out", None)
    earlier = later.model_copy(update={"started": "2020-01-01T00:00:00Z"})
    assert prediction.record({"x": earlier}) is None
    assert prediction.record({"x": record}) is None
    assert prediction.record({"x": later, "y": earlier}) is later
    (step,) = [r for r in prediction.rows if r.name == "decode" and r.parameters["model"] == "8B"]
    assert step.measured(later) is case
    assert step.found(case) == pytest.approx(0.004)
    assert reference_predictions._row(step, later)[-1] == f"{step.value / 0.004 * 100:.0f}%"
    assert "awaited" in reference_predictions._row(step, None)


def test_a_bad_file_is_one_line(tmp_path):
    path = tmp_path / "h200-sxm--2026-11-23.json"
    for text, reported in (
        ("[", "not readable as JSON"),
        ("[]", "wanted a table of names and values"),
        ("{}", "schema: found nothing, wanted the field 'schema'"),
    ):
        path.write_text(text)
        with pytest.raises(BookError, match=reported):
            load_prediction(path)
    with pytest.raises(BookError, match="file name must be"):
        load_prediction(tmp_path / "x.json")


def test_an_unknown_chip_and_a_second_file_of_a_day_are_refused(data_copy):
    from generators.catalog.load import load_catalog

    catalog = load_catalog(data_copy)
    with pytest.raises(BookError, match=r"^predict: found 'nonsense', wanted the id of a row in data/accelerators/; "):
        predict(catalog, "nonsense")
    path = freeze(catalog, "l40s")
    assert isinstance(load_prediction(path), Prediction)
    with pytest.raises(BookError, match="exists and is kept"):
        freeze(catalog, "l40s")


def test_the_outcome_stands_on_the_page_misses_first(catalog):
    """Every row compared is in the table of misses or below it in the full one, the furthest from its bound first; what failed says so."""
    for one in load_predictions(catalog).values():
        content = reference_predictions._one(catalog, one)
        record = one.record(catalog.records)
        if record is None:
            assert "The measurement is awaited" in content
            continue
        shares = [row.of_bound(case) for row, case in one.compared(record)]
        assert f"{len(shares)} of {len(one.rows)} cases compared" in content
        table = content.partition("### The largest misses")[2].partition("## Every case")[0]
        shown = [float(line.split("|")[-2].strip(" %")) for line in table.splitlines() if line.endswith("% |")]
        assert shown == sorted(shown) and shown[0] == pytest.approx(100 * min(shares), rel=0.05)
        assert content.count("failed: ") == sum(
            (case := row.measured(record)) is not None and case.status == "failed" for row in one.rows
        )


def test_the_bound_of_8b_on_the_h200_was_kept_and_missed(catalog, prediction):
    """Predicted 3.13 ms on 2026-11-23; measured 6.03 at best, 24.9 in eager PyTorch, on 2026-11-27."""
    record = prediction.record(catalog.records)
    assert record.id == "nvidia-h200--2026-11-27T2239Z" and record.started > prediction.made
    words = reference_predictions._first_test(prediction, record, "H200 SXM")[0]
    assert "predicted 3.13 ms, measured 6.03 ms at best" in words and "24.9 ms in eager PyTorch" in words
    assert all(row.of_bound(case) <= 1 for row, case in prediction.compared(record))


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"accelerator": "no-such-chip"}, "accelerator", "in the file of 'h200-sxm', wanted the same"),
        ({"made": "2099-11-23T12:00:00Z"}, "made", "wanted a time that has come"),
        ({"made": "2025-11-23T12:00:00Z"}, "made", "wanted the same day"),
        ({"bandwidth": 4.8e15}, "bandwidth", "one of the two files is wrong"),
        ({"capacity": 1.41e12}, "capacity", "one of the two files is wrong"),
        ({"peaks": {"bfloat16": 1e12}}, "peaks", "wanted those of data/accelerators/"),
        ({"peak": 10}, "peaks.bfloat16", "one of the two files is wrong"),
        ({"value": 4.8e9}, "rows.0.value", "one of the two files is wrong"),
        ({"value": -1}, "rows.0", "wanted 1e+06 to 1e+21"),
        ({"value": 5e-324}, "rows.0", "wanted 1e+06 to 1e+21"),
        ({"value": 4.8e13}, "rows.0.value", "one of the two files is wrong"),
        ({"again": True}, "", "twice, wanted each case once"),
    ],
)
def test_a_prediction_that_cannot_be_its_chips_is_refused(data_copy, change, field, said):
    from generators.catalog.load import load_catalog

    path = data_copy / "data/predictions/h200-sxm--2026-11-23.json"
    row = json.loads(path.read_text())
    row["rows"] += row["rows"][:1] if change.pop("again", False) else []
    row["peaks"]["bfloat16"] *= change.pop("peak", 1)
    if "value" in change:
        row["rows"][0]["value"] = change.pop("value")
    path.write_text(json.dumps(row | change))
    with pytest.raises(BookErrors) as caught:
        load_predictions(load_catalog(data_copy))
    assert any(path.name in str(one) and field in str(one) and said in str(one) for one in caught.value.errors), (
        caught.value
    )


def test_a_prediction_of_an_unknown_chip_is_one_line(data_copy):
    from generators.catalog.load import load_catalog

    path = data_copy / "data/predictions/h200-sxm--2026-11-23.json"
    row = json.loads(path.read_text()) | {"accelerator": "h300-sxm"}
    path.with_stem("h300-sxm--2026-11-23").write_text(json.dumps(row))
    with pytest.raises(BookErrors, match="accelerator: found 'h300-sxm', wanted the id of a row"):
        load_predictions(load_catalog(data_copy))
