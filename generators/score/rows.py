"""Measured runs read from CSV files, the project's own and anybody's, as one form: seconds, and the passes they took.

The columns are those of a README of published rows; a file may begin with a TOML header in comment
lines that gives a column for all rows.  A line that cannot be used is one refusal with its reason.
"""

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from generators.catalog import model_inputs
from generators.catalog.accelerator import Accelerator
from generators.core.errors import BookError, printable
from generators.model import expected, memory, parameters, work
from generators.model.inputs import Format, Pass, Shape
from generators.model.parts import parts_of
from generators.score.names import Known, Names, build_of, engine_family, guessed_class, memory_class

COLUMNS = (
    "source",
    "hardware",
    "device_id",
    "vendor",
    "bandwidth_gb_s",
    "n_devices",
    "model",
    "params_b",
    "precision",
    "bits_per_weight",
    "weights_gb",
    "batch",
    "prompt_len",
    "gen_len",
    "depth",
    "metric",
    "value",
    "engine",
    "notes",
)
NEEDED = ("device_id", "model", "metric", "value")
#: What a header says of the project's own files beside columns: where rows and other chips' bandwidths were read.
CITED = ("source", "bandwidth_source")
#: A number of a row is below this, and if not zero above its inverse: no unit of a column needs more.
MOST = 1e9
LARGEST = 50_000_000  # bytes of a file
#: Share of the bytes that the cache of a model of unknown shape may be: more, and a guess of it decides the answer.
GUESSABLE = 0.1
#: Tokens of a pass up to which any chip of the catalog waits for memory, so that its peak is not asked for.
MEMORY_BOUND = 8.0
#: A printed bandwidth this far from the catalog's is another variant's, which is then known by its own alone.
LIKE = 0.1
#: Printed precisions of 16 bits and more.
WIDE = ("f16", "bf16", "fp16", "float16", "bfloat16", "f32", "fp32", "half")
#: Ids of models whose experts every file keeps in MXFP4, as they were trained: what is left of its size is the rest's.
MXFP4_EXPERTS = "gpt-oss-"
#: Bytes for each attention score that llama.cpp keeps in FP32 unless told to fuse: written, read and written by the softmax, read.
SCORE = 16.0
#: Mean context of LocalScore's nine tests, whose mean its rows print.
LOCALSCORE_CONTEXT = 1840.0
_NUMBERS = (
    "bandwidth_gb_s",
    "n_devices",
    "params_b",
    "bits_per_weight",
    "weights_gb",
    "batch",
    "prompt_len",
    "gen_len",
    "depth",
)
_MIXTURE = re.compile(
    r"moe\b|\ba\d+b\b|-a\d+(?:\.\d+)?b|\d+x\d+b|gpt-oss|mixtral|scout|maverick|deepseek-v[234]|glm-4\.5|dots\.llm|kimi|minimax",
    re.I,
)
_ELSEWHERE = re.compile(r"offload(?!\w* to \w+ false)|broken", re.I)
#: A chip of several makes prints how many GPU cores it has; a run on its processor says so.
_CORES = re.compile(r"(\d+)-core GPU|(\d+) GPU cores|\+(\d+)GPU", re.I)
_PROCESSOR = re.compile(r"\(CPU\)")
_DRAFTED = re.compile(r"speculative decoding (?:or MTP )?flagged|\bMTP\b|speculative decoding (?:on|mtp|eagle)", re.I)


@dataclass(frozen=True)
class Phase:
    """`times` passes alike, or what an engine does beside that need not be: bytes moved, those of them that are cache or state, FLOP, tokens processed, layers gone through."""

    times: float
    bytes: float
    kv: float
    flop: float
    tokens: float
    layers: float
    needed: bool = True


@dataclass(frozen=True)
class Run:
    """One measured run.  `seconds` is what its phases took together; `kind` says which table it belongs to."""

    file: str
    line: int
    kind: str
    device: Known
    engine: str
    family: str
    build: str
    model: str
    precision: str
    seconds: float
    phases: tuple[Phase, ...]
    source: str = ""
    above_bound: str = ""
    stored: float = 0.0  # bytes of the whole file; 0 for an operator
    read: float = 0.0  # parameters that a step reads, of a dense model; 0 for a mixture of experts
    product: str = (
        ""  # what the share of peak is keyed to: whether weights have 16 bits, or are widened or narrowed first
    )

    @cached_property
    def heavy(self) -> bool:
        """Whether a pass has so many tokens that its arithmetic may decide."""
        return any(p.tokens > MEMORY_BOUND for p in self.phases)

    def expected(self, habits: expected.Habits) -> float:
        """Seconds that the phases are expected to take."""
        d = self.device
        return sum(
            p.times * expected.expected_time(p.bytes, p.flop, p.layers, d.bandwidth, d.peak, habits)
            for p in self.phases
        )

    @cached_property
    def bound(self) -> float:
        """Least seconds at the datasheet's bandwidth and, where it is known, peak."""
        return sum(
            p.times * max(p.bytes / self.device.bandwidth, p.flop / self.device.peak if self.device.peak else 0.0)
            for p in self.phases
            if p.needed
        )


@dataclass(frozen=True)
class Refusal:
    """A line that is not scored, and why."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return printable(f"{self.file}:{self.line}: {self.why}")


class Unusable(Exception):
    """Why a row is not scored."""


def read(path: Path, names: Names, shown: str = "") -> tuple[list[Run], list[Refusal]]:
    """The runs of a file and the lines refused; a file that is no such table is a `BookError`."""
    shown = shown or path.name
    runs: list[Run] = []
    refusals: list[Refusal] = []
    for number, row in table(path, shown):
        try:
            runs.append(run(row, names, shown, number))
        except Unusable as why:
            refusals.append(Refusal(shown, number, str(why)))
        except ArithmeticError:
            refusals.append(Refusal(shown, number, "its numbers together give no finite time; check their units"))
    return runs, refusals


def table(path: Path, shown: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of a file; the header's values fill the columns that it names."""
    if path.is_symlink() or not path.is_file():
        raise BookError(shown, None, "found no file, wanted a CSV file of published rows; check the path")
    if path.stat().st_size > LARGEST:
        raise BookError(shown, None, f"found more than {LARGEST // 10**6} MB, wanted less; split the file")
    text = path.read_text(encoding="utf-8-sig", errors="replace")  # a bad byte spoils its own line at most
    lines = text.splitlines()
    start = _start(lines)
    given = head(lines, shown)
    reader = csv.DictReader(lines[start:], restkey="")
    try:
        columns = reader.fieldnames or []
        if lacking := [name for name in NEEDED if name not in [*columns, *given]]:
            raise BookError(shown, start + 1, f"found no column {', '.join(lacking)}, wanted {', '.join(COLUMNS)}")
        for row in reader:
            yield (
                start + reader.line_num,
                {key: (row.get(key) or str(given.get(key, ""))).strip() for key in [*COLUMNS, "above_bound"]},
            )
    except csv.Error as error:
        raise BookError(shown, start + reader.line_num, f"{error}; wanted CSV of one row a line") from None


def _start(lines: list[str]) -> int:
    return next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))


def head(lines: list[str], shown: str) -> dict[str, object]:
    """The TOML of a file's first comment lines."""
    try:
        return tomllib.loads("\n".join(line.removeprefix("#").strip() for line in lines[: _start(lines)]))
    except tomllib.TOMLDecodeError as error:
        raise BookError(shown, 1, f"its header of # lines is no TOML: {error}") from None


def run(row: dict[str, str], names: Names, shown: str, line: int) -> Run:
    """A row as a run; `Unusable` says why it cannot be one."""
    number = {key: _number(row, key) for key in _NUMBERS}
    value = _number(row, "value")
    if value is None or value <= 0:
        raise Unusable(f"value: found {row['value'][:40]!r}, wanted a number above zero")
    if "INVALID" in row["notes"]:
        raise Unusable(f"the row is marked INVALID: {row['notes'][:100]}")
    if _ELSEWHERE.search(row["notes"]):
        raise Unusable("its notes say that the run was broken, or partly offloaded to the host")
    if _DRAFTED.search(row["notes"]):
        raise Unusable("speculative decoding: a pass gives more than one token")
    if (number["n_devices"] or 1) != 1:
        raise Unusable(f"ran on {number['n_devices']:g} devices, outside the range fitted: one device")
    device = known(row, number["bandwidth_gb_s"], names)
    kind, seconds, passes = timed(row["metric"], value, number, row)
    family = "operators" if kind == "operator" else engine_family(row["engine"])
    if kind == "operator":
        phases, size, values = (operator(row, number),), 0.0, 0.0
    else:
        shape, form, device, guessed = described(row, number, names, device)
        phases = tuple(_phase(shape, form, times, p) for times, p in passes)
        if family == "llama.cpp" and "FA" not in row["engine"].split():
            phases += tuple(scores_kept(shape, times, p) for times, p in passes if p.new > 1)
        size, values = memory.weight_bytes_stored(shape, form), _dense_parameters(shape)
        if guessed and any(p.kv > GUESSABLE * p.bytes for p in phases):
            raise Unusable(
                f"model {row['model'][:60]!r} is not in the catalog, and its cache is more than {GUESSABLE:.0%} of the bytes at this context"
            )
        if not device.peak and any(p.batch * p.new > MEMORY_BOUND for _, p in passes):
            raise Unusable(f"{kind} needs the dense 16-bit peak of {device.name}, which the catalog does not have")
        room = capacity(row, device, names)
        need = memory.memory_needed(shape, form, passes[-1][1].batch, passes[-1][1].context)
        if room and need > room:
            raise Unusable(f"needs {need / 1e9:.1f} GB of {room / 1e9:.1f} GB: some of it must have been elsewhere")
    made = Run(
        shown,
        line,
        kind,
        device,
        row["engine"],
        family,
        build_of(row["engine"], row["notes"]),
        row["model"],
        row["precision"],
        seconds,
        phases,
        row["source"],
        row["above_bound"],
        size,
        values,
        "16 bits" if row["precision"].lower() in WIDE else "fewer bits",
    )
    if made.bound > made.seconds and not made.above_bound:
        least = f"{made.bound / made.seconds:.2f} times as fast as {device.bandwidth / 1e9:.0f} GB/s"
        raise Unusable(
            f"{least}{f' and {device.peak / 1e12:.0f} TFLOP/s' if device.peak else ''} allow on {device.name}: no such run"
        )
    return made


def known(row: dict[str, str], bandwidth: float | None, names: Names) -> Known:
    """The device of a row: the catalog's, or by its own printed bandwidth; a chip's processor, where the row says that it ran there."""
    printed = row["hardware"] or row["device_id"]
    if id_ := names.device(row["device_id"], printed):
        chip = names.catalog.accelerators[id_]
        if not bandwidth or abs(bandwidth * 1e9 / chip.bandwidth.value - 1.0) <= LIKE:
            kind = memory_class(chip.vendor, chip.kind, chip.memory.type)
            if kind != "cpu" and _PROCESSOR.search(printed):
                return Known("", f"{id_}-cpu", chip.bandwidth.value, f"{kind}-cpu")
            return Known(id_, chip.short, chip.bandwidth.value, kind, peak_of(chip, printed))
    if not bandwidth or bandwidth <= 0:
        raise Unusable(
            f"device {row['device_id'] or printed!r} is not in the catalog, and the row gives no bandwidth_gb_s"
        )
    return Known(
        "",
        row["device_id"] or printed,
        bandwidth * 1e9,
        guessed_class(row["device_id"] or printed, row["vendor"].lower()),
    )


def peak_of(chip: Accelerator, printed: str = "") -> float:
    """A chip's dense 16-bit rate at the faster accumulation, for the GPU cores that a run prints; 0 where the catalog has none.

    GeForce cards halve the rate that accumulates in FP32: NVIDIA prints twice as much for FP16, which llama.cpp takes.
    """
    device = model_inputs.device(chip, chip.half_precision) if chip.half_precision else None
    if device is None:
        return 0.0
    halved = (
        chip.vendor == "NVIDIA" and chip.kind == "consumer" and chip.peaks()[chip.half_precision].accumulate == "fp32"
    )
    peak = 2.0 * device.peak if halved else device.peak
    cores = _CORES.search(printed)
    if cores and chip.clock and chip.clock.unit == "GPU core":
        return peak * float(next(filter(None, cores.groups()))) / chip.clock.units
    return peak


def timed(
    metric: str, value: float, number: dict[str, float | None], row: dict[str, str]
) -> tuple[str, float, list[tuple[float, Pass]]]:
    """(kind, seconds, passes) of a value of one metric."""
    batch, prompt, new = number["batch"] or 1.0, number["prompt_len"] or 0.0, number["gen_len"] or 0.0
    depth = number["depth"]
    if row["engine"].lower().startswith("localscore") and depth is None and not prompt:
        if metric != "decode_tok_s":
            raise Unusable(f"{metric} is a mean over prompts of several lengths")
        depth, new = LOCALSCORE_CONTEXT, 0.0
    if re.search(r"concurrency|under load|interference", row["notes"]):
        raise Unusable("a server under load: prompts of other requests interrupt it, for which no constant here is")
    context = (prompt if depth is None else depth) + new / 2.0 + 1.0
    if metric in ("decode_tok_s", "tpot_ms"):
        seconds = batch / value if metric == "decode_tok_s" else value / 1e3
        kind = "decode, batch 1" if batch == 1 else "decode, batched"
        return kind, seconds, [(1.0, Pass(batch, 1.0, context))]
    if metric in ("prefill_tok_s", "ttft_ms"):
        if "queueing" in row["notes"]:
            raise Unusable("its time to first token includes waiting in a queue")
        if not prompt:
            raise Unusable(f"{metric} without prompt_len")
        whole = "whole batch" in row["notes"]
        seconds = batch * prompt / value if metric == "prefill_tok_s" else value / 1e3
        sequences = batch if whole or metric == "prefill_tok_s" else 1.0
        return "prefill", seconds, [(1.0, Pass(sequences, prompt, (depth or 0.0) + prompt))]
    if metric in (
        "e2e_latency_ms",
        "gen_tok_s_incl_prefill",
        "total_tok_s_prompt_plus_gen",
        "out_tok_s_per_gpu_incl_prefill",
    ):
        if not prompt or not new:
            raise Unusable(f"{metric} without the lengths of prompt and answer")
        tokens = batch * (prompt + new) if metric.startswith("total") else batch * new
        seconds = value / 1e3 if metric.startswith("e2e") else tokens / value
        return (
            "whole requests, batch 1" if batch == 1 else "whole requests, batched",
            seconds,
            [(1.0, Pass(batch, prompt, prompt)), (max(new - 1.0, 0.0), Pass(batch, 1.0, prompt + new / 2.0 + 1.0))],
        )
    if metric == "op_time_ms":
        return "operator", value / 1e3, []
    raise Unusable(f"metric {metric!r} is no time of a run, or its lengths are not given")


def operator(row: dict[str, str], number: dict[str, float | None]) -> Phase:
    """One matrix product as a phase; attention's times need more than the row's columns say."""
    weights, tokens = number["weights_gb"], number["batch"]
    if not weights or not tokens or "attention" in row["notes"].split(";")[0]:
        raise Unusable("an operator without one matrix and its tokens")
    values = weights * 1e9 / ((number["bits_per_weight"] or 16.0) / 8.0)
    return Phase(1.0, weights * 1e9, 0.0, 2.0 * values * tokens, tokens, 0.0)


def described(
    row: dict[str, str], number: dict[str, float | None], names: Names, device: Known
) -> tuple[Shape, Format, Known, bool]:
    """The shape and the stored bytes of a row's model, its device at the format's peak, and whether the shape is guessed."""
    id_ = names.model(row["model"])
    printed = (number["params_b"] or 0.0) * 1e9
    shape = names.shape(id_) if id_ else None
    total = parameters.parameter_count(shape) if shape else 0.0
    if shape and printed and not 0.75 <= printed / total <= 1.33:
        shape = None
    if shape is None:
        shape = printed_shape(row["notes"])
        total = parameters.parameter_count(shape) if shape else 0.0
    guessed = shape is None
    if guessed:
        if not printed:
            raise Unusable(f"model {row['model'][:60]!r} is not in the catalog, and the row gives no params_b")
        if _MIXTURE.search(f"{row['model']} {row['notes']}"):
            raise Unusable(
                f"model {row['model'][:60]!r}: a mixture of experts that is not in the catalog; its active bytes are not known"
            )
        shape = typical(printed)
    form = stored(row, number, names, shape, id_)
    if device.id and device.peak and (rate := form_rate(row, names)):
        faster = model_inputs.device(names.catalog.accelerators[device.id], rate)
        device = replace(device, peak=faster.peak) if faster else device
    return shape, form, device, guessed


def capacity(row: dict[str, str], device: Known, names: Names) -> float:
    """Bytes of the device's memory: as the row prints them, else the catalog's; 0 where neither says."""
    text = f"{row['hardware']}; {row['notes']}"
    if device.memory.startswith(("gddr", "hbm")) and (found := re.search(r"(?:^|[^\w.])(\d+) ?GB\b", text)):
        return float(found[1]) * 2.0**30
    chip = names.catalog.accelerators.get(device.id)
    return chip.capacity.value * 1.074 if chip and chip.capacity and device.memory != "apple" else 0.0


def form_rate(row: dict[str, str], names: Names) -> str:
    """The precision that a format's products run in, where it is not the 16-bit one."""
    id_ = names.format(row["precision"])
    rate = names.catalog.formats[id_].rate if id_ else ""
    return rate if rate in ("fp8", "fp4", "fp32") else ""


def stored(row: dict[str, str], number: dict[str, float | None], names: Names, shape: Shape, model: str) -> Format:
    """Bytes of a stored value: by the printed size of the file, the format of the catalog, or the printed bits."""
    size, bits, id_ = number["weights_gb"], number["bits_per_weight"], names.format(row["precision"])
    total = parameters.parameter_count(shape)
    if size and model.startswith(MXFP4_EXPERTS):
        expert = names.catalog.formats["mxfp4"].effective_bits / 8.0
        experts = sum(g.count * g.experts * g.expert for g in parts_of(shape))
        rest = (size * 1e9 - experts * expert) / (total - experts)
        if 0.4 <= rest <= 4.5:
            return Format(rest, rest, 2.0, expert=expert, embedding=rest)
    if size:
        mean = size * 1e9 / total
        if not 0.1 <= mean <= 4.5:
            raise Unusable(
                f"weights_gb: found {size:g}, {8 * mean:.1f} bits for each of {total / 1e9:.2f} 10^9 parameters; wanted the file's size"
            )
        return Format(mean, mean, 2.0, embedding=mean)
    if id_ and not (bits and abs(bits - names.catalog.formats[id_].effective_bits) > 0.75):
        return model_inputs.number_format(names.catalog.formats[id_])
    if not bits:
        raise Unusable(
            f"precision {row['precision'][:40]!r} does not say how many bytes are read, and the row gives neither weights_gb nor bits_per_weight"
        )
    return Format(bits / 8.0, bits / 8.0 if bits >= 8.0 else 2.0, 2.0, embedding=2.0)


def printed_shape(notes: str) -> Shape | None:
    """The shape of a GPT whose notes print it, with full heads and an MLP of four widths without a gate."""
    found = {key: float(value) for key, value in re.findall(r"\b(layers|hidden|heads|vocab)=(\d+)", notes)}
    if found.keys() != {"layers", "hidden", "heads", "vocab"} or not all(found.values()):
        return None
    width, heads = found["hidden"], found["heads"]
    return Shape(
        found["layers"], width, heads, heads, width / heads, 4.0 * width, found["vocab"], tied=True, mlp_matrices=2.0
    )


def typical(total: float) -> Shape:
    """A shape for a dense model of which only the parameters are known: width 128 a layer, 8 KV heads, 32,000 tokens.

    The bytes of its weights are right; those of its cache and the number of its layers are a guess.
    """
    layers = max(4.0, round((total / (12.0 * 128.0**2)) ** (1.0 / 3.0)))
    width, vocab = 128.0 * layers, 32000.0
    kv = min(8.0, layers)
    attention = 2.0 * width * width + 2.0 * width * kv * 128.0
    left = max((total - 2.0 * vocab * width) / layers - attention, 3.0 * width)
    return Shape(layers, width, layers, kv, 128.0, left / (3.0 * width), vocab)


def _dense_parameters(shape: Shape) -> float:
    """Parameters that a step reads: all but an input table of its own; 0 for a mixture of experts."""
    total = parameters.parameter_count(shape)
    if parameters.active_parameter_count(shape) < total:
        return 0.0
    return total - (0.0 if shape.tied else parameters.embedding_parameters(shape))


def _phase(shape: Shape, form: Format, times: float, p: Pass) -> Phase:
    traffic = memory.step_bytes(shape, form, p)
    cache = traffic.kv_read + traffic.kv_written
    return Phase(
        times, traffic.total, cache, work.step_flop(shape, form, p), p.batch * p.new, expected.launching_layers(shape)
    )


def scores_kept(shape: Shape, times: float, p: Pass) -> Phase:
    """What attention that is not fused moves: its scores, to memory and back, which no layer waits for twice."""
    scores = shape.heads * sum(g.count * work.pairs(g, p) for g in parts_of(shape) if g.pair > 0)
    return Phase(times, SCORE * p.batch * scores, 0.0, 0.0, p.batch * p.new, 0.0, needed=False)


def _number(row: dict[str, str], key: str) -> float | None:
    text = row[key]
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise Unusable(f"{key}: found {text[:40]!r}, wanted a number") from None
    if not 0 <= value <= MOST or 0 < value < 1.0 / MOST:
        raise Unusable(f"{key}: found {text[:40]!r}, wanted a finite number, zero or more, in the unit of its column")
    return value
