"""The page of who measured what names every record, and nobody who did not ask for it."""

import json

import pytest

from generators.catalog.contributor import load_contributors
from generators.comparison.predictions import load_predictions
from generators.core.errors import BookErrors
from generators.site.reference_who import UNNAMED, pages
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("read_once")

FILE = "data/contributors.toml"


def test_every_record_and_every_awaited_chip_is_on_the_page(catalog):
    (page,) = pages(catalog)
    assert all(f"records/{id_}.md" in page.content for id_ in catalog.records)
    for one in load_predictions(catalog).values():
        assert (f"predictions/{one.id}.md" in page.content) is (one.record(catalog.records) is None), one.id
    for name in {record.machine.name for record in catalog.records.values()}:
        mine = [case for record in catalog.records.values() if record.machine.name == name for case in record.cases]
        assert f"| {sum(case.status == 'measured' for case in mine):,} |" in page.content, name


def test_who_gave_no_name_has_none(data_copy):
    from generators.catalog.load import load_catalog

    (data_copy / FILE).write_text("")
    (page,) = pages(load_catalog(data_copy))
    assert UNNAMED in page.content and "authors" not in page.content


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[nobody]\nname = "x"\n', "found no record of this name in data/measurements"),
        ("[{id}]\nname = '<img src=x onerror=alert(1)>'\n", "wanted words without HTML"),
        ("[{id}]\n", "name: found nothing, wanted the field 'name'"),
        ("[{id}]\nname = 'x'\nmail = 'y'\n", "mail: found an unknown field, wanted one of name"),
        ("[{id}]\nname = '" + "x" * 81 + "'\n", "wanted a name of 1 to 80 letters"),
    ],
)
def test_a_wrong_name_is_one_line(data_copy, text, said):
    id_ = min(path.stem for path in (data_copy / "data/measurements").glob("*.json"))
    (data_copy / FILE).write_text(text.replace("{id}", json.dumps(id_)))
    with pytest.raises(BookErrors) as caught:
        load_contributors(data_copy)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_who_sent_a_record_may_say_so_and_need_not():
    there = {path.stem for path in (ROOT / "data/measurements").glob("*.json")}
    assert set(load_contributors(ROOT)) <= there
