"""data/records.toml: whom a record speaks for and which of its rows are held out; a mistake in it is one line."""

import pytest

from generators.catalog.load import load_catalog
from generators.core.errors import BookErrors
from generators.numbers.everything import all_numbers
from generators.site import reference_records
from vis import decode_on_this_machine

pytestmark = pytest.mark.usefixtures("read_once")

FILE = "data/records.toml"
H100, H200 = "nvidia-h100-80gb-hbm3--2026-11-27T2228Z", "nvidia-h200--2026-11-27T2239Z"


def page_of(catalog, id_: str) -> str:
    return next(p.content for p in reference_records.pages(catalog) if p.path.endswith(f"{id_}.md"))


def test_a_row_held_out_is_in_no_number_and_pale_in_the_figure(catalog):
    record = catalog.speaker("h100")
    assert {case.parameters["dtype"] for case in record.measured("decode")} == {"float32"}
    with pytest.raises(KeyError, match="no measured decode"):
        all_numbers(catalog)["h100.decode.1-1b.eager.time"]
    rows = decode_on_this_machine.data(catalog).where(machine="H100")
    assert {row["format"] for row in rows if row["held out"]} == {"BF16"}
    assert {row["format"] for row in rows if not row["held out"]} == {"FP32"}
    assert page_of(catalog, H100).count("*held out*") == len(record.held_out)


def test_the_page_of_a_record_tells_what_was_learned_later(catalog):
    content = page_of(catalog, H200)
    assert "with changes for CUDA" in content and "will supersede it" in content
    assert content.count("*failed*") > 20 and "its process ended with status 70" in content


def test_another_record_in_a_role_needs_no_code(data_copy):
    """The H100's record in the role of the H200 answers the same numbers, and figures call it by its new label."""
    text = (data_copy / FILE).read_text().replace('role = "h200"\nlabel = "H200"\n', "")
    (data_copy / FILE).write_text(text.replace('role = "h100"\nlabel = "H100"', 'role = "h200"\nlabel = "another"'))
    catalog = load_catalog(data_copy)
    number = all_numbers(catalog).number("h200.read-bandwidth")
    assert 2.8e12 < number.quantity.value < 2.9e12 and "on the another" in number.meaning
    assert decode_on_this_machine.data(catalog).values["machine"] == "another"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (f'["{H200}"]', '["nobody--2026-11-27T2239Z"]', "no record of this name in data/measurements"),
        ('role = "h200"', 'role = "cpu"', "found 'cpu', which is the role of"),
        ('role = "h200"', 'role = "l4"', "found 'l4', which is an id of the catalog"),
        ('role = "h200"', 'role = "H 200"', "wanted 2 to 12 lower-case letters and digits"),
        ('label = "H200"\n', "", "found none, wanted what figures call the machine"),
        ('dtype = "bfloat16" }', 'dtype = "int8" }', "no measured 'decode' of the record has these parameters"),
        ('label = "H200"', 'label = "<img src=x onerror=alert(1)>"', "without HTML"),
        ('label = "H200"', 'label = "H200"\nnote = "x"', "note: found an unknown field"),
    ],
)
def test_a_mistake_is_one_line(data_copy, old, new, said):
    text = (data_copy / FILE).read_text()
    assert old in text
    (data_copy / FILE).write_text(text.replace(old, new, 1))
    with pytest.raises(BookErrors) as caught:
        load_catalog(data_copy)
    lines = [str(error) for error in caught.value.errors]
    assert any(said in line for line in lines), lines
    assert all(line.startswith("data/") and "\n" not in line for line in lines)


def test_a_superseded_record_speaks_for_nobody(data_copy):
    path = next((data_copy / "data/measurements").glob("intel*0823Z.json"))
    old = "intel-xeon-model-167-2-cores--2026-11-23T0758Z"
    path.write_text(path.read_text().replace('"supersedes": ""', f'"supersedes": "{old}"'))
    with pytest.raises(BookErrors, match="is superseded by"):
        load_catalog(data_copy)
