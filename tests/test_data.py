"""The facts refuse what is wrong, in one line each that names file, field, found and wanted."""

import json
import re
import shutil

import pytest
from pydantic import ValidationError

from generators.catalog import cross_checks, model_inputs
from generators.catalog.accelerator import Accelerator
from generators.catalog.chip_checks import chip_errors
from generators.catalog.load import load_catalog
from generators.catalog.number_format import NumberFormat
from generators.catalog.printed import agrees
from generators.core.errors import BookErrors
from generators.model import memory
from generators.validate import validate_data, validate_files

pytestmark = pytest.mark.usefixtures("read_once")

CHIP = "data/accelerators/a100-sxm4-80gb.toml"


def refusal(root):
    """The one-line errors that loading a changed copy gives."""
    with pytest.raises(BookErrors) as caught:
        load_catalog(root)
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
        ('value = "2039 GB/s"', 'value = "2039 Gbit/s"', "found the unit 'Gbit/s', wanted one of the book's, such as"),
        ('value = "2039 GB/s"', 'value = "203900000 GB/s"', "impossible value"),
        ('value = "312 TFLOP/s"', 'value = "624 TFLOP/s"', "not on the dense side"),
        ('value = "624 TOP/s"', 'value = "624 TFLOP/s"', "wanted a rate in TOP/s"),
        ('vendor = "NVIDIA"', 'vendor = "NVIDIA"\nid = "other"', "the file's name is the id"),
        ('vendor = "NVIDIA"', 'vendor = "NVIDIA"\nvendorr = "x"', "vendorr"),
        ("year = 2020", 'year = "soon"', "year"),
        ("units = 108", "units = 54", "gives"),
        ('value = "400 W"', 'value = "1 W"', "wanted between 2 and 30000 W: impossible value"),
        ('40 MiB"\nas_printed = "40MiB', '4096 MiB"\nas_printed = "4096MiB', "wanted a twentieth of the memory, 80 GB"),
        ('vendor = "NVIDIA"', 'vendor = "AMD"', "vendor: found 'AMD' for 'NVIDIA A100"),
        ('vendor = "NVIDIA"', 'vendor = "Nvidia"', "wanted 'NVIDIA', with which the name begins"),
        ('type = "HBM2e"', 'type = "HBM9"', "memory.type: found 'HBM9', wanted a memory that is made"),
        ('short = "A100', 'short = "A100 of a very long name', "wanted a text of at most 18 characters"),
    ],
)
def test_a_wrong_chip_is_refused_in_words(data_copy, old, new, said):
    change(data_copy, CHIP, old, new)
    lines = refusal(data_copy)
    assert any(line.startswith(CHIP) and said in line for line in lines), lines


@pytest.mark.parametrize(
    ("memory", "kind", "capacity", "bandwidth", "power", "said"),
    [
        ("LPDDR5X", "apple", 32, 11, 60, "wanted 34 GB/s at least"),
        ("LPDDR5X", "workstation", 16, 11, 60, "wanted 25 GB/s at least"),
        ("DDR5", "cpu", 192, 11, 300, "wanted 19 GB/s at least"),
        ("LPDDR5X", "cpu", None, 29_000_000, None, "and 5,000 GB/s at most of memory outside the chip"),
        ("LPDDR5X", "apple", 512, 153, 60, "wanted 80 to 1300 ms"),
        ("LPDDR5X", "consumer", 32, 28, 60, "wanted 8 to 1000 ms"),
        ("HBM3e", "data-center", 1900, 8000, 1400, "wanted 6 to 80 ms for HBM3e"),
        ("HBM4", "data-center", 1900, 23_300, None, "wanted 6 to 80 ms for HBM4"),
        ("HBM3e", "data-center", 288, 8000, 20, "wanted 30 to 30,000 W for data-center"),
        ("SRAM", "data-center", 44, 29_000_000, 23_000, "wanted 1 W at least for each 1,200 GB/s of SRAM"),
        ("SRAM", "data-center", 1900, 80_000, 215, "found '1900 GB' of SRAM, wanted 275 GB at most"),
        ("SRAM", "data-center", 24, 300, 72, "which takes 80 ms to read at 300 GB/s, wanted 0 to 1 ms for SRAM"),
        ("LPDDR5X", "apple", 32, 153, 60, ""),
        ("LPDDR5X", "workstation", 16, 102, 60, ""),
        ("HBM3e", "data-center", 288, 8000, 1400, ""),
        ("SRAM", "data-center", 44, 21_000_000, 23_000, ""),
    ],
)
def test_a_memory_as_no_chip_of_its_kind_has_is_refused(memory, kind, capacity, bandwidth, power, said):
    def printed(value, unit):
        return value and {"value": f"{value} {unit}", "as_printed": f"{value} {unit}", "source": "x"}

    chip = Accelerator(
        id="x",
        name="X",
        short="X",
        vendor="V",
        kind=kind,
        year=2025,
        power=printed(power, "W"),
        memory={"type": memory, "capacity": printed(capacity, "GB"), "bandwidth": printed(bandwidth, "GB/s")},
    )
    reported = [str(error) for error in chip_errors(chip)]
    assert any(said in line for line in reported) if said else reported == [], reported


def test_no_rate_is_printed_in_thousands_that_nobody_names():
    assert not agrees("76330 tokens/s", "76.33") and agrees("76.33 tokens/s", "76.33")
    assert agrees("2039 GB/s", "2.039") and agrees("1296 MHz", "1.296")  # columns in TB/s and GHz


@pytest.mark.parametrize("value", ["80 GB", "2039 GB/s", "40 MiB", "1410 MHz", "104.9 tokens/s"])
def test_a_number_printed_in_another_unit_or_script_is_not_the_value(value):
    number, _, unit = value.partition(" ")
    assert agrees(value, value)
    for other in ("years", "%", "kg", "dollars", "W", "°C"):
        assert not agrees(value, f"{number} {other}"), other
    for script in ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"):
        assert not agrees(value, f"{number.translate(str.maketrans('0123456789', script))} {unit}"), script


def test_a_rate_printed_only_as_sparse_cannot_be_called_dense(data_copy):
    change(data_copy, "data/accelerators/h100-sxm5-80gb.toml", 'printed_basis = "sparse"', 'printed_basis = "dense"')
    assert any("dense" in line and "h100-sxm5-80gb" in line for line in refusal(data_copy))


def test_deleting_a_source_names_every_row_that_cites_it(data_copy, catalog):
    text = (data_copy / "data/sources.toml").read_text()
    start = text.index("[nvidia-a100-datasheet]")
    (data_copy / "data/sources.toml").write_text(text[:start] + text[text.index("\n[", start) + 1 :])
    lines = refusal(data_copy)
    assert (
        f"{CHIP}:memory.bandwidth: found the source 'nvidia-a100-datasheet', wanted one of data/sources.toml"
        in "\n".join(lines)
    )


BF16, FP8 = "989.5 TFLOP/s", "1979 TFLOP/s"
RIGHT_PEAKS = [
    ("bf16", BF16, "dense", "BF16: 989.5 | 1,979*"),
    ("bf16", BF16, "dense", "989.5 TFLOPS, 1,979 TFLOPS with sparsity"),
    ("bf16", BF16, "dense", "1,979 sparse / 989.5 dense"),
    ("bf16", BF16, "dense", "989.5 TFLOPS (without sparsity)"),
    ("bf16", BF16, "sparse", "0.9895 | 1.979 PFLOPS, 2:4"),
    ("bf16", BF16, "sparse", "H100 SXM 1,979 TFLOPS*"),
    ("bf16", BF16, "sparse", "989.5 TF | 1,979 TF*"),
    ("fp8", FP8, "sparse", "3.958 petaFLOPS¹"),
    ("fp8", FP8, "dense", "1979e12"),
]
FALSE_PEAKS = [
    ("fp8", "8 TFLOP/s", "dense", "FP8 1,979 TFLOPS", "not on the dense side"),
    ("bf16", "16 TFLOP/s", "dense", "BF16 312 TFLOPS", "not on the dense side"),
    ("bf16", "80 TFLOP/s", "dense", "A100 80 bf16: 312", "numbers besides"),
    ("bf16", "1979 TFLOP/s", "dense", "989.5 | 1,979", "not on the dense side"),
    ("bf16", "5 TFLOP/s", "dense", "see the table", "found no rate"),
    ("bf16", "156 TFLOP/s", "sparse", "312 TFLOPS", "nothing that marks"),
    ("bf16", "50 TFLOP/s", "sparse", "H100 SXM 1,979 TFLOPS*", "not half of the sparse rate"),
    ("bf16", "156 TFLOP/s", "sparse", "312 | 624*", "not half of the sparse rate"),
    ("bf16", "4 TFLOP/s", "dense", "4 PFLOPS", "not on the dense side"),
    *(("bf16", "312 TFLOP/s", "dense", f"312 {u}", "no rate") for u in ("years", "%", "kg", "dollars", "W", "°C")),
    *(
        ("bf16", "1979 TFLOP/s", "dense", printed, "is marked sparse")
        for printed in (
            "1,979 TFLOPS (sparse)",
            "1,979 TFLOPS with 2:4",
            "1,979 TFLOPS w/ sparse matrices",
            "1,979 TFLOPS†",
            "1,979 TFLOPS²",
            "1,979*",
        )
    ),
]


def row(precision, value, basis, printed, note=""):
    return (
        f'{precision} = {{ value = "{value}", printed_basis = "{basis}", as_printed = "{printed}", '
        f'note = "{note}", source = "nvidia-h100-page" }}'
    )


def with_peaks(root, *rows, clock=""):
    """A chip of the copy that has these peaks only; returns its path."""
    path = "data/accelerators/a-chip.toml"
    memory = 'bandwidth = { value = "3350 GB/s", as_printed = "3.35TB/s", source = "nvidia-h100-page" }'
    head = 'name = "A chip"\nshort = "A chip"\nvendor = "V"\nkind = "data-center"\nyear = 2022'
    (root / path).write_text("\n".join([head, "[memory]", 'type = "HBM"', memory, "[peak]", *rows, clock]))
    return path


def test_a_right_peak_loads_however_it_is_printed(data_copy):
    for peak in RIGHT_PEAKS:
        with_peaks(data_copy, row(*peak))
        load_catalog(data_copy)


@pytest.mark.parametrize(("precision", "value", "basis", "printed", "said"), FALSE_PEAKS)
def test_a_false_peak_is_refused(data_copy, precision, value, basis, printed, said):
    path = with_peaks(data_copy, row(precision, value, basis, printed))
    [line] = refusal(data_copy)
    assert line.startswith(f"{path}:peak.{precision}: found") and said in line, line


def test_a_derived_peak_needs_the_clock_of_its_own_file(data_copy):
    clock = """
[clock]
unit = "SM"
units = 100
per_cycle = {{ {} = 1000 }}
as_printed = "100 SMs"
source = "nvidia-h100-page"
frequency = {{ value = "1000 MHz", as_printed = "1 GHz", source = "nvidia-h100-page" }}
"""
    derived = row("bf16", "100 TFLOP/s", "derived", "100 SMs, 1 GHz")
    path = with_peaks(data_copy, derived, clock=clock.format("bf16"))
    load_catalog(data_copy)
    with_peaks(data_copy, derived.replace("100 TFLOP/s", "101 TFLOP/s"), clock=clock.format("bf16"))
    assert "wanted 100 TFLOP/s, which 100 SM × 1000 per cycle" in refusal(data_copy)[0]
    for behind in ("", clock.format("fp16")):
        with_peaks(data_copy, derived, clock=behind)
        [line] = refusal(data_copy)
        assert line.startswith(f"{path}:peak.bf16: found") and "without clock.per_cycle.bf16" in line
    with_peaks(data_copy, derived, clock=clock.format("bf61"))
    assert any(
        line.startswith(f"{path}:clock.per_cycle.bf61: found 'bf61', wanted one of") and "nearest are bf16" in line
        for line in refusal(data_copy)
    )


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"fp32": 100, "bf16": 50}, "peak.bf16: found '50 TFLOP/s', wanted 1 to 40 times its FP32 rate of 100"),
        ({"fp32": 10, "bf16": 500}, "peak.bf16: found '500 TFLOP/s', wanted 1 to 40 times its FP32 rate of 10"),
        ({"bf16": 100, "fp16": 50}, "peak.fp16: found '50 TFLOP/s', wanted about its other 16-bit rate of 100"),
        ({"bf16": 1}, "peak.bf16: found a ridge point of 0.299 FLOP/byte"),
        ({"bf16": 6000}, "peak.bf16: found a ridge point of 1.79e+03 FLOP/byte"),
    ],
)
def test_a_peak_out_of_line_with_the_others_or_with_memory_is_refused(data_copy, rates, said):
    path = with_peaks(data_copy, *(row(name, f"{rate} TFLOP/s", "dense", rate) for name, rate in rates.items()))
    assert any(line.startswith(f"{path}:{said}") for line in refusal(data_copy)), refusal(data_copy)


@pytest.mark.parametrize(("precision", "unit"), [("int8", "TOP/s"), ("fp8", "TFLOP/s")])
def test_a_narrow_rate_that_does_not_double_says_so_in_its_own_note(data_copy, precision, unit):
    wide = row("bf16", "100 TFLOP/s", "dense", "100 TFLOPS", "Differs: an explanation of another row.")
    rate = (precision, f"100 {unit}", "dense", "100")
    path = with_peaks(data_copy, wide, row(*rate, note="Read off the sheet."))
    [line] = refusal(data_copy)
    assert line.startswith(f"{path}:peak.{precision}: found") and "wanted twice the 16-bit peak" in line
    with_peaks(data_copy, wide, row(*rate, note="Differs: one rate for both."))
    load_catalog(data_copy)


SAID = [
    (CHIP, 'capacity = { value = "80 GB"', 'capacity = { value = "96 GB"', "memory.capacity"),
    (CHIP, 'value = "2039 GB/s"', 'value = "2309 GB/s"', "memory.bandwidth"),
    (CHIP, 'value = "40 MiB"', 'value = "40 MB"', "last_level_cache"),
    (CHIP, 'value = "400 W"', 'value = "300 W"', "power"),
    (CHIP, 'as_printed = "1410MHz"', 'as_printed = "1410 SMs"', "clock.frequency"),
    ("data/accelerators/t4.toml", 'value = "320.06 GB/s"', 'value = "298.08 GB/s"', "memory.bandwidth"),
    ("data/accelerators/b300-sxm.toml", 'value = "80 TFLOP/s"', 'value = "8 TFLOP/s"', "peak.fp32"),
    ("data/accelerators/xeon-8480-plus.toml", "Computed: 8 channels", "By 8 channels", "memory.bandwidth"),
    ("data/models/llama-3.1-8b.toml", 'as_printed = "8B"', 'as_printed = "70B"', "parameters"),
    ("data/models/llama-3.2-3b.toml", 'as_printed = "3B (3.21B)"', 'as_printed = "3.4B"', "parameters"),
    ("data/models/gemma-2-2b.toml", "590,118,912 +", "590,118,912 and", "parameters"),
    ("data/models/deepseek-v3.toml", 'as_printed = "70.272 KB"', 'as_printed = "72.072 KB"', "kv_bytes_per_token"),
    ("data/published/chapter1.toml", 'as_printed = "104.9"', 'as_printed = "140.9"', "gpt-fast-7b-bf16"),
    ("data/published/chapter7.toml", 'file = "4.58 GiB"', 'file = "4.85 GiB"', "mmlu-8b-q4-k-m"),
    ("data/published/chapter2.toml", "Computed: 100 % less", "100 % less", "vllm-kv-waste"),
    ("data/published/chapter3.toml", 'value = "0.58 ms"', 'value = "0.58 s"', "vidur-70b-up-1"),
    ("data/published/chapter3.toml", '"0.58 [ms]"', '"0.58"', "vidur-70b-up-1"),
    ("data/published/chapter1.toml", 'value = "1397.31 GB/s"', 'value = "1397.31 MB/s"', "gpt-fast-7b-bf16-bandwidth"),
    ("data/published/chapter1.toml", 'value = "85198045184 bytes"', 'value = "85198045184 GB"', "a100-driver-memory"),
    ("data/published/chapter2.toml", 'value = "26 %"', 'value = "26 parameters"', "vllm-kernel-slower-high"),
    ("data/published/chapter2.toml", 'value = "26 %"', 'value = "26 ×"', "vllm-kernel-slower-high"),
    ("data/published/chapter1.toml", 'value = "3.87 ×"', 'value = "3.87 %"', "marlin-speedup"),
    ("data/accelerators/mi325x.toml", 'value = "256 MiB"', 'value = "256 MB"', "last_level_cache"),
    ("data/accelerators/m1.toml", '"M1: 1.278 GHz, 8 cores"', '"M1: 1,3 GHz, 8 cores"', "peak.fp32.as_printed"),
]


@pytest.mark.parametrize(("path", "old", "new", "field"), SAID)
def test_a_value_is_what_its_source_prints_or_says_how_it_was_computed(data_copy, path, old, new, field):
    change(data_copy, path, old, new)
    assert any(line.startswith(f"{path}:{field}: found") for line in refusal(data_copy)), refusal(data_copy)


def test_a_quoted_result_has_a_metric_of_its_dimensions_and_ids_of_the_catalog(data_copy):
    path = "data/published/chapter1.toml"
    text = (data_copy / path).read_text()
    for old, new, said in [
        ('value = "104.9 tokens/s"', 'value = "104.9 ms"', "wanted a value in tokens/s"),
        ('metric = "achieved_bandwidth"', 'metric = "mfu"', "wanted a value in %"),
        ('value = "104.9 tokens/s"', 'value = "0 tokens/s"', "wanted a finite value above zero"),
        ('value = "104.9 tokens/s"', 'value = "1e999 tokens/s"', "wanted a finite value above zero"),
        ("context = 105", "context = nan", "finite number"),
        ("devices = 2", "devices = 0", "wanted a number above 0"),
        ('accelerator = "a100-sxm4-80gb"', 'accelerator = "a100"', "gpt-fast-7b-bf16.accelerator: found 'a100'"),
        ('model = "llama-2-7b"', 'model = "llama-7b"', "gpt-fast-7b-bf16.model: found 'llama-7b'"),
        ('format = "bf16"', 'format = "bf61"', "gpt-fast-7b-bf16.format: found 'bf61'"),
    ]:
        change(data_copy, path, old, new)
        assert any(line.startswith(path) and said in line for line in refusal(data_copy)), (new, refusal(data_copy))
        (data_copy / path).write_text(text)


def test_a_record_names_a_chip_of_the_catalog_and_an_older_record(data_copy):
    path = sorted((data_copy / "data/measurements").glob("*.json"))[0]
    record = json.loads(path.read_text())
    record["machine"]["accelerator"] = "a100"
    record["supersedes"] = "no-such-machine--2026-01-01T0000Z"
    path.write_text(json.dumps(record))
    places = [line.split(": ")[0].removeprefix(f"data/measurements/{path.name}:") for line in refusal(data_copy)]
    assert sorted(places) == ["machine.accelerator", "supersedes"]


@pytest.mark.parametrize("folder", ["accelerators", "models", "published"])
def test_a_missing_folder_or_an_empty_file_is_an_error(data_copy, folder):
    (data_copy / f"data/{folder}/empty.toml").write_text("# nothing yet\n")
    assert any(line.startswith(f"data/{folder}/empty.toml: found an empty file") for line in refusal(data_copy))
    shutil.rmtree(data_copy / "data" / folder)
    assert any(line.startswith(f"data/{folder}: found no folder") for line in refusal(data_copy))


@pytest.mark.parametrize(
    "name", ["A100", "a100_sxm", "a100-", "a 100", "a--b", "a..b", ".", "index", "404", "con", "nul.x"]
)
def test_a_file_name_is_an_id_that_a_page_can_have(data_copy, name):
    (data_copy / CHIP).rename(data_copy / f"data/accelerators/{name}.toml")
    assert any(f"{name}.toml: found the id" in line for line in refusal(data_copy))


@pytest.mark.parametrize("name", ["z\n::error::x", "z\x1b[31m", "z\u202egnp"])
def test_a_file_name_is_printed_on_one_line_without_signs(data_copy, name):
    for folder, ending in (("accelerators", "toml"), ("measurements", "json"), ("predictions", "json"), ("", "txt")):
        (data_copy / "data" / folder / f"{name}.{ending}").write_text("x = 1")
    found = [str(error) for error in validate_data(data_copy)]
    assert sum("z\\" in line for line in found) == 4 and all(line.isprintable() for line in found), found
    one = data_copy / "::error::x.toml"
    one.write_text("")
    assert not str(validate_files([one])[0]).startswith("::")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dense_layers = 3", "dense_layers = 62", "found moe.dense_layers = 62, wanted at most layers = 61"),
        ("dense_layers = 3", "dense_layers = -1", "moe.dense_layers: "),
        ("shared = 1", "shared = -1", "moe.shared: "),
        ("layers = 61", "layers = 61\nnorms_per_layer = -2", "norms_per_layer: "),
        ("layers = 61", "layers = 61\nposition_embeddings = -1", "position_embeddings: "),
    ],
)
def test_an_impossible_shape_is_refused(data_copy, old, new, said):
    change(data_copy, "data/models/deepseek-v3.toml", old, new)
    assert any(line.startswith("data/models/deepseek-v3.toml:shape") and said in line for line in refusal(data_copy))


def test_a_specification_site_is_not_a_source(data_copy):
    change(
        data_copy,
        "data/sources.toml",
        "[nvidia-a100-datasheet]",
        '[bad]\nkind = "report"\npublisher = "x"\ntitle = "x"\nurl = "https://www.gpu.blog/a100"\naccessed = "2026-11-23"\nread = "direct"\n\n[nvidia-a100-datasheet]',
    )
    assert any("cite the vendor's document" in line for line in refusal(data_copy))


def test_the_same_id_twice_is_refused(data_copy):
    (data_copy / "data/published/again.toml").write_bytes((data_copy / "data/published/chapter1.toml").read_bytes())
    assert any("duplicate id" in line for line in refusal(data_copy))


def test_a_copied_file_is_refused(data_copy):
    for path in (CHIP, "data/models/llama-2-7b.toml"):
        (data_copy / path).with_stem("another").write_bytes((data_copy / path).read_bytes())
    assert sum("wanted a row of its own" in line for line in refusal(data_copy)) == 4


def test_an_fp8_rate_must_be_twice_the_16_bit_one(data_copy):
    path = "data/accelerators/h200-sxm.toml"
    text = (data_copy / path).read_text()
    line = next(line for line in text.split("\n") if line.startswith("fp8"))
    wrong = (
        'fp8 = { value = "989.5 TFLOP/s", printed_basis = "derived", as_printed = "", source = "'
        + line.split('source = "')[1]
    )
    change(data_copy, path, line, wrong)
    assert any("wanted twice the 16-bit peak" in line for line in refusal(data_copy))


@pytest.mark.parametrize(
    "wrong", ["layers = 64", "d_model = 40960", "d_ff = 11088", "vocab = 16000", "tied_embeddings = true"]
)
def test_a_wrong_dimension_of_a_model_breaks_its_total(data_copy, wrong):
    path = data_copy / "data/models/llama-2-7b.toml"
    path.write_text(re.sub(rf"{wrong.partition(' = ')[0]} = \w+", wrong, path.read_text()))
    assert any("llama-2-7b.toml:parameters" in line and "the shape gives" in line for line in refusal(data_copy))


def test_the_total_of_every_model_tells_a_wrong_dimension(catalog):
    for model in catalog.alike.values():
        wrong = {name: 2 * getattr(model.shape, name) for name in ("layers", "d_model", "vocab", "d_ff")}
        wrong["tied_embeddings"] = not model.shape.tied_embeddings
        if model.shape.moe:
            del wrong["d_ff"]  # of dense layers alone
        assert cross_checks._model(model) == []
        for name, value in wrong.items():
            shape = model.shape.model_copy(update={name: value})
            assert cross_checks._model(model.model_copy(update={"shape": shape})), (model.id, name)


def test_malformed_toml_is_one_line(data_copy):
    (data_copy / CHIP).write_text("name = ")
    assert any("not readable as TOML" in line for line in refusal(data_copy))


def test_there_are_enough_rows_of_every_kind(catalog):
    kinds = {chip.kind for chip in catalog.accelerators.values()}
    assert len(catalog.accelerators) >= 30 and {"data-center", "consumer", "apple", "cpu", "tpu"} <= kinds
    assert {"v100-sxm2-32gb", "b200-sxm"} <= set(catalog.accelerators)
    models = catalog.alike.values()
    assert len(models) >= 20
    assert any(m.shape.moe for m in models) and any(m.shape.mla for m in models) and any(m.shape.window for m in models)
    assert any(m.attention.startswith("GQA") for m in models)


def test_labels_in_figures_are_unique_and_short(catalog):
    shorts = [chip.short for chip in catalog.accelerators.values()]
    assert len(set(shorts)) == len(shorts)


def test_every_conflict_names_its_own_source(catalog):
    for chip in catalog.accelerators.values():
        for field, datum in chip.data().items():
            for conflict in datum.conflicts:
                assert conflict.source in catalog.sources, (chip.id, field)
                assert conflict.value != datum.value, (chip.id, field)


def test_effective_bits_count_the_scales(catalog):
    assert catalog.formats["q4-0"].effective_bits == 4.5
    assert catalog.formats["mxfp4"].effective_bits == 4.25
    assert catalog.formats["int4-g32"].effective_bits == 5.0


@pytest.mark.parametrize(
    ("id_", "field", "value", "said"),
    [
        ("fp16", "bits", 3, "bits: found 3 in a format called 'FP16', wanted 16; correct bits, or the name"),
        ("fp32", "bits", 16, "bits: found 16 in a format called 'FP32', wanted 32"),
        ("int4-g128", "bits", 4.5, "bits: found 4.5 in a format called 'INT4, groups of 128"),
        ("gf4", "bits", 4, "bits: found 5 in a format called 'gf4 (calm)', wanted 4"),
        (
            "q5-k-m",
            "bits",
            6.2,
            "found 6.2 in a format called 'Q5_K_M (llama.cpp)', wanted 5.01 to 5.99, scales counted",
        ),
        ("q5-k-m", "attention_bits", 4.5, "attention_bits: found 4.5"),
        ("mxfp4-experts", "expert_bits", 8.25, "expert_bits: found 8.25"),
        ("int4-g32", "group", 128, "group: found 128, of which as_printed 'int4, groupsize 32;"),
        ("nf4", "group", 32, "group: found 32, of which as_printed"),
        ("q5-k-m", "embedding_bits", 4.5, "embedding_bits: found 4.5"),
        ("int8", "rate", "fp4", "rate: found 'fp4' for weights of 8 bits, wanted a rate of as many bits"),
        ("fp16", "rate", "bf16", "rate: found 'bf16' for FP16 weights, wanted 'fp16', their own"),
        ("fp16", "name", "half precision", "name: found 'half precision', wanted one that tells the bits"),
        ("nvfp4", "name", "E2M1 values, 4 bits", "bits: found 4 in a format called 'E2M1 values, 4 bits', wanted 2"),
    ],
)
def test_a_format_has_the_bits_of_its_name_and_the_group_that_is_printed(catalog, id_, field, value, said):
    row = catalog.formats[id_].model_dump()
    NumberFormat(**row)
    with pytest.raises(ValidationError, match=re.escape(said)):
        NumberFormat(**row | {field: value})


def test_no_format_may_have_other_bits_or_groups_than_it_tells(catalog):
    for row in catalog.formats.values():
        sizes = (1.0, 1.58, 2.0, 3.0, 3.4375, 4.0, 4.5, 5.0, 6.0, 6.5625, 8.0, 12.0, 16.0, 32.0)
        narrow = [bits for bits in sizes if bits < row.named_bits]
        wide = [bits for bits in sizes if bits >= row.named_bits + 1]
        wrong = {"expert_bits" if row.expert_bits else "bits": narrow + wide, "group": [7, 24, 48, 96, 512]}
        wrong |= {"attention_bits": narrow, "embedding_bits": narrow}
        for field, values in wrong.items():
            for value in values if getattr(row, field) else ():
                if value != getattr(row, field):
                    with pytest.raises(ValidationError):
                        NumberFormat(**row.model_dump() | {field: value})


def test_scales_that_are_dropped_with_their_group_are_missed(catalog):
    grouped = [row for row in catalog.formats.values() if row.group]
    assert len(grouped) >= 10
    for row in grouped:
        for dropped in ({"group": 0, "scale_bits": 0, "zero_bits": 0}, {"group": 0}, {"scale_bits": 0, "zero_bits": 0}):
            with pytest.raises(ValidationError, match=r"group: found|bits: found"):
                NumberFormat(**row.model_dump() | dropped)


def test_a_format_is_told_by_file_and_id_and_an_id_tells_the_bits_of_its_name(data_copy):
    path = data_copy / "data/formats.toml"
    text = (
        path.read_text().replace("[fp8]\n", "[half]\n").replace("[bf16]\n", "[fp8]\n").replace("[half]\n", "[bf16]\n")
    )
    path.write_text(text)
    wanted = (
        "'BF16' under the id 'fp8', wanted an id with the 16 bits",
        "'FP8 (E4M3), one scale per tensor' under the id 'bf16'",
    )
    assert all(any(one in line for line in refusal(data_copy)) for one in wanted)
    change(data_copy, "data/formats.toml", "bits = 32\nother_bits = 32", "bits = 3\nother_bits = 32")
    assert (
        "data/formats.toml:fp32: bits: found 3 in a format called 'FP32', wanted 32; correct bits, or the name"
        in refusal(data_copy)
    )


@pytest.mark.parametrize(
    ("old", "new", "bits"),
    [
        ("\nbits = 6.5625\nother_bits = 6.5625", "\nbits = 6.9\nother_bits = 6.9", "6.9"),
        ("attention_bits = 4.60313", "attention_bits = 4.9", "4.9"),
        ("embedding_bits = 5.5\nother_bits", "embedding_bits = 5.9\nother_bits", "5.7"),
        ("5.5\nother_bits = 6.5625", "5.5\nother_bits = 6.9", "5.7"),
    ],
)
def test_a_mix_comes_to_its_printed_bits(data_copy, old, new, bits):
    change(data_copy, "data/formats.toml", old, new)
    (line,) = refusal(data_copy)
    assert line.startswith("data/formats.toml:q") and f"found bits that come to {bits}" in line


def test_experts_at_few_bits_come_to_the_size_of_their_file(catalog):
    """gpt-oss-120b's files are 65.25 GB."""
    experts = model_inputs.number_format(catalog.formats["mxfp4-experts"])
    assert memory.weight_bytes_stored(model_inputs.shape(catalog.models["gpt-oss-120b"]), experts) == pytest.approx(
        65.25e9, rel=1e-4
    )
