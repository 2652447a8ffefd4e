"""The facts refuse what is wrong, in one line each that names file, field, found and wanted."""

import pytest

from generators.book.load import load_book
from generators.errors import BookErrors

CHIP = "data/accelerators/a100-sxm4-80gb.toml"


def refusal(root):
    """The one-line errors that loading a changed copy gives."""
    with pytest.raises(BookErrors) as caught:
        load_book(root)
    lines = str(caught.value).split("\n")
    assert all(line.startswith("data/") for line in lines), lines
    return lines


def change(root, path, old, new):
    text = (root / path).read_text()
    assert old in text, f"{path} no longer holds {old!r}"
    (root / path).write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('value = "2039 GB/s"', 'value = "2039 GB"', "found '2039 GB' (byte), wanted a value in GB/s"),
        ('value = "2039 GB/s"', 'value = "2039"', "(count), wanted a value in GB/s"),
        ('value = "2039 GB/s"', 'value = "2039 Gbit/s"', "unknown unit"),
        ('value = "2039 GB/s"', 'value = "203900000 GB/s"', "impossible value"),
        ('value = "312 TFLOP/s"', 'value = "624 TFLOP/s"', "not on the dense side"),
        ('value = "624 TOP/s"', 'value = "624 TFLOP/s"', "wanted a rate in TOP/s"),
        ('vendor = "NVIDIA"', 'vendor = "NVIDIA"\nid = "other"', "the file's name is the id"),
        ('vendor = "NVIDIA"', 'vendor = "NVIDIA"\nvendorr = "x"', "vendorr"),
        ("year = 2020", 'year = "soon"', "year"),
        ("units = 108", "units = 54", "gives"),
    ],
)
def test_a_wrong_chip_is_refused_in_words(copy, old, new, said):
    change(copy, CHIP, old, new)
    lines = refusal(copy)
    assert any(line.startswith(CHIP) and said in line for line in lines), lines


def test_a_rate_printed_only_as_sparse_cannot_be_called_dense(copy):
    change(copy, "data/accelerators/h100-sxm5-80gb.toml", 'printed_basis = "sparse"', 'printed_basis = "dense"')
    assert any("dense" in line and "h100-sxm5-80gb" in line for line in refusal(copy))


def test_deleting_a_source_names_every_row_that_cites_it(copy, book):
    text = (copy / "data/sources.toml").read_text()
    start = text.index("[nvidia-a100-datasheet]")
    (copy / "data/sources.toml").write_text(text[:start] + text[text.index("\n[", start) + 1 :])
    lines = refusal(copy)
    assert (
        f"{CHIP}:memory.bandwidth: cites source 'nvidia-a100-datasheet', which is not in data/sources.toml"
        in "\n".join(lines)
    )


def test_a_specification_site_is_not_a_source(copy):
    change(
        copy,
        "data/sources.toml",
        "[nvidia-a100-datasheet]",
        '[bad]\nkind = "report"\npublisher = "x"\ntitle = "x"\nurl = "https://www.gpu.blog/a100"\naccessed = "2026-11-23"\nread = "direct"\n\n[nvidia-a100-datasheet]',
    )
    assert any("cite the vendor's document" in line for line in refusal(copy))


def test_the_same_id_twice_is_refused(copy):
    text = (copy / CHIP).read_text()
    (copy / "data/accelerators/A100-SXM4-80GB.toml").write_text(text)
    assert any("duplicate id" in line for line in refusal(copy))


def test_an_fp8_rate_must_be_twice_the_16_bit_one(copy):
    path = "data/accelerators/h200-sxm.toml"
    text = (copy / path).read_text()
    line = next(line for line in text.split("\n") if line.startswith("fp8"))
    wrong = (
        'fp8 = { value = "989.5 TFLOP/s", printed_basis = "derived", as_printed = "", source = "'
        + line.split('source = "')[1]
    )
    change(copy, path, line, wrong)
    assert any("wanted twice the 16-bit peak" in line for line in refusal(copy))


def test_a_wrong_dimension_of_a_model_breaks_its_total(copy):
    change(copy, "data/models/llama-2-7b.toml", "d_ff = 11008", "d_ff = 11088")
    assert any("llama-2-7b.toml:parameters" in line and "the shape gives" in line for line in refusal(copy))


def test_malformed_toml_is_one_line(copy):
    (copy / CHIP).write_text("name = ")
    assert any("not readable as TOML" in line for line in refusal(copy))


def test_there_are_enough_rows_of_every_kind(book):
    kinds = {chip.kind for chip in book.accelerators.values()}
    assert len(book.accelerators) >= 30 and {"data-centre", "consumer", "apple", "cpu", "tpu"} <= kinds
    assert {"v100-sxm2-32gb", "b200-sxm"} <= set(book.accelerators)
    models = book.models.values()
    assert len(models) >= 20
    assert any(m.shape.moe for m in models) and any(m.shape.mla for m in models) and any(m.shape.window for m in models)
    assert any(m.attention.startswith("GQA") for m in models)


def test_labels_in_figures_are_unique_and_short(book):
    shorts = [chip.short for chip in book.accelerators.values()]
    assert len(set(shorts)) == len(shorts) and max(map(len, shorts)) <= 18


def test_every_conflict_names_its_own_source(book):
    for chip in book.accelerators.values():
        for field, datum in chip.data().items():
            for conflict in datum.conflicts:
                assert conflict.source in book.sources, (chip.id, field)
                assert conflict.value != datum.value, (chip.id, field)


def test_effective_bits_count_the_scales(book):
    assert book.formats["q4-0"].effective_bits == 4.5
    assert book.formats["mxfp4"].effective_bits == 4.25
    assert book.formats["int4-g32"].effective_bits == 5.0
