"""Devices, models, formats and engines by the names that other people print."""

import re
from dataclasses import dataclass
from functools import lru_cache

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model.inputs import Shape

#: Other names of shapes that the catalog has, as patterns of a printed name.
TWINS = {
    "llama-2-7b": r"(?:code|open)?llama(?:[- ]?[12])?[- ]?7b|llama v2|vicuna-?7b",
    "llama-2-13b": r"(?:code)?llama(?:[- ]?[12])?[- ]?13b|vicuna-?13b",
    "llama-2-70b": r"llama-?2-?70b",
    "llama-3.1-8b": r"llama-?3(?:\.1)?[- ]?8b|(?:distill|hermes-3)[- ]llama[- ]8b|llama3[:-]8b",
    "llama-3.1-70b": r"llama-?3(?:\.[13])?[- ]?70b|distill[- ]llama[- ]70b",
    "llama-3.2-1b": r"llama-?3\.2[- :]?1b",
    "llama-3.2-3b": r"llama-?3\.2[- :]?3b",
    "mistral-7b": r"(?:mistral|zephyr)-?7b",
    "qwen2.5-0.5b": r"qwen-?2(?:\.5)?[- ]?0\.5b",
    "qwen2.5-1.5b": r"qwen-?2(?:\.5)?(?:[- ]coder)?[- ]?1\.5b|distill[- ]qwen[- ]1\.5b",
    "qwen2.5-3b": r"qwen-?2\.5(?:[- ]coder)?[- ]?3b",
    "qwen2.5-7b": r"qwen-?2(?:\.5)?(?:[- ]coder)?[- ]?7b|distill[- ]qwen[- ]7b",
    "qwen2.5-14b": r"qwen-?2\.5(?:[- ]coder)?[- ]?14b|distill[- ]qwen[- ]14b|deepseek-r1:14b",
    "qwen2.5-32b": r"qwen-?2\.5(?:[- ]coder)?[- ]?32b|distill[- ]qwen[- ]32b|qwq-32b",
    "qwen2.5-72b": r"qwen-?2(?:\.5)?[- ]?72b",
    "qwen3.5-35b-a3b": r"qwen-?3\.[56]-?35b-?a3b",
    "phi-3-mini": r"phi-?3(?:\.5)?[- ]mini",
    "mistral-small-3.1-24b": r"mistral[- ]small[- ]3(?:\.[12])?[- ]24b",
}
#: How a printed precision is stored, where its name alone fixes that; formats of the catalog by pattern.
FORMATS = {
    "fp32": r"f(?:p|loat)?32",
    "fp16": r"f(?:p|loat)?16|half",
    "bf16": r"bf(?:loat)?16",
    "fp8": r"(?:fp8|float8).*",
    "int8": r"int8|w8a8.*|int8-cw|gptq-int8|mlx-8bit|int8_w8a16",
    "int4-g128": r"awq|gptq-int4|gptq-g128(?:-act)?|int4-awq|awq-int4",
    "int4-g32": r"int4-g32",
    "nvfp4": r"nvfp4",
    "mxfp4": r"mxfp4",
}
#: llama.cpp's names, which its catalog ids spell with hyphens.
_STORED = ("q4_0", "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_k_s", "q3_k_s", "q2_k", "iq4_xs", "iq4_nl")

#: Devices of the catalog by patterns of a printed id or name, tried in order after the catalog's own ids.
DEVICES = {
    "a100-sxm4-80gb": r"a100[- ]sxm[- ]?4?[- ]80gb?|a100-80g-330w|nvidia a100-sxm4-80gb",
    "a100-sxm4-40gb": r"a100[- ](?:sxm4?[- ])?40gb?",
    "a100-pcie-80gb": r"a100[- ]pcie[- ]80gb?|a800-pcie-80g",
    "h100-sxm5-80gb": r"h100(?:[- ]sxm5?)?(?:[- ]80gb?(?: hbm3)?)?",
    "h100-pcie-80gb": r"h100[- ]pcie(?:[- ]80gb?)?",
    "h100-nvl-94gb": r"h100[- ]nvl(?:[- ]94gb?)?",
    "h200-sxm": r"h200(?:[- ]sxm)?(?:[- ]141gb?)?",
    "h20-96gb": r"h20(?:[- ]96gb?)?",
    "b200-sxm": r"b200(?:[-_ ]sxm)?",
    "b300-sxm": r"b300(?:[-_ ]sxm)?",
    "gh200-141gb": r"gh200(?:-14[14]gb?)?|nvidia gh200 gpu",
    "t4": r"tesla[- ]t4",
    "v100-sxm2-32gb": r"(?:tesla[- ])?v100-sxm2-(?:16|32)gb?",
    "v100-pcie-32gb": r"(?:tesla[- ])?v100-pcie-(?:16|32)gb?",
    "gaudi-2": r"(?:habana )?gaudi ?2",
    "gaudi-3": r"(?:habana )?gaudi ?3",
    "m3-max": r"apple-m3-max-40",
    "ryzen-ai-max-395": r"strix-halo(?:-gpu)?|ryzen ai max\+? 395.*",
    "dgx-spark": r"(?:nvidia )?(?:dgx[- ]spark|gb10)(?:.*)?",
    "rtx-pro-6000-blackwell": r"rtx[- ]pro[- ]6000(?:[- ].*)?",
    "rtx-6000-ada": r"rtx[- ]6000[- ]ada(?:[- ].*)?",
    "rx-9070-xt": r"rx[- ]?9070[- ]xt",
}
#: Kinds of memory by a device's name, where the catalog does not have it; the vendor's usual kind otherwise.
_HBM = re.compile(
    r"(?<![a-z0-9])(?:[ahb][1238]00|a30|h20|gh200|gb[23]00|[vp]100|titan-v|mi\d{2,3}[ax]?|gaudi|tpu|trainium|inferentia"
    r"|ascend|radeon-(?:pro-)?vii|max-1[15]\d0)(?![a-z0-9])"
)
_CPU = re.compile(r"\bcpu\b|epyc|xeon|threadripper|core-i\d|\bi[3579]-|graviton|ampere")
_UNIFIED = re.compile(
    r"strix|spark|gb10|jetson|orin|thor|igpu|radeon-?\d{3}m|core-ultra|npu|rk3\d{3}|raspberry|snapdragon|adreno|ryzen-ai|arc-1\d\dv|lunar"
)

#: Engines by how they launch work; the pattern is searched in the printed name.  The first that fits is taken.
ENGINES = {
    "llamafile": r"llamafile|localscore",
    "llama.cpp": r"llama\.?cpp|ollama|lm ?studio|koboldcpp|ctransformers|ik_llama",
    "compiled": r"gpt-fast|mlc|exllama|tensorrt|fastertransformer|ctranslate|optimum|mosaicml|lmdeploy|turbomind",
    "serving": r"vllm|sglang|tgi|deepspeed|inferencemax",
    "eager": r"transformers|hugging|autoawq|autogptq|lightning|candle|burn|tinygrad|onnxruntime|pytorch|torch",
    "mlx": r"\bmlx\b",
    "openvino": r"openvino",
    "npu": r"rkllm|fastflowlm|neuron",
}


@dataclass(frozen=True)
class Known:
    """A device: its catalog id or "", its name, bandwidth in byte/s, class of memory, and the peak in FLOP/s that products of a run may reach, or 0."""

    id: str
    name: str
    bandwidth: float
    memory: str
    peak: float = 0.0

    @property
    def key(self) -> str:
        """What tells devices apart: the catalog's id, or the printed name."""
        return self.id or self.name


def memory_class(vendor: str, kind: str, memory_type: str) -> str:
    """What of a catalog device's memory decides how a kernel reaches its bandwidth: hbm, gddr (gddr-amd …), apple, unified, cpu."""
    if kind == "apple":
        return "apple"
    if kind == "cpu":
        return "cpu"
    if memory_type.startswith(("HBM", "GDDR")):
        return _of(vendor, "hbm" if memory_type.startswith("HBM") else "gddr")
    return "unified"


def guessed_class(name: str, vendor: str) -> str:
    """The same from a printed name, for a device that the catalog does not have."""
    text = name.lower().replace(" ", "-")
    if _CPU.search(text):
        return "cpu"
    if vendor == "apple" or text.startswith("apple"):
        return "apple"
    if _UNIFIED.search(text):
        return "unified"
    return _of(vendor, "hbm" if _HBM.search(text) else "gddr")


def _of(vendor: str, memory: str) -> str:
    """NVIDIA's cards are the class itself, those of others one of their own: their engines have other kernels."""
    return memory if vendor.lower() in ("nvidia", "") else f"{memory}-{vendor.lower()}"


def find(patterns: dict[str, str], text: str) -> str:
    """The key whose whole pattern is `text`, "" where none is."""
    return next((key for key, pattern in patterns.items() if re.fullmatch(pattern, text)), "")


class Names:
    """A book's devices, models and formats, found by printed names."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        own = {id_: _spaced(id_) for id_ in catalog.models}
        both = {id_: f"(?:{own[id_]}|{TWINS[id_]})" if id_ in TWINS else own[id_] for id_ in own}
        self._shapes: dict[str, Shape] = {}
        self._found: dict[str, str] = {}
        self._models = {id_: re.compile(rf"(?<![a-z0-9.]){pattern}(?![a-z0-9])") for id_, pattern in both.items()}

    def device(self, id_: str, name: str) -> str:
        """The catalog id of a device by its id or its printed name; "" where the catalog has none."""
        for text in (id_.lower(), id_.lower().removeprefix("apple-"), _plain(name)):
            if text in self.catalog.accelerators:
                return text
            if found := find(DEVICES, text):
                return found if found in self.catalog.accelerators else ""
        return ""

    def model(self, name: str) -> str:
        """The catalog id of the longest model name within a printed one; "" where there is none."""
        if name not in self._found:
            text = name.lower().rsplit("/", 1)[-1].replace("_", "-")
            found = [(len(match[0]), id_) for id_, pattern in self._models.items() if (match := pattern.search(text))]
            self._found[name] = max(found)[1] if found else ""
        return self._found[name]

    def shape(self, id_: str) -> Shape:
        """The shape of a model of the catalog."""
        if id_ not in self._shapes:
            self._shapes[id_] = model_inputs.shape(self.catalog.models[id_])
        return self._shapes[id_]

    def format(self, precision: str) -> str:
        """The catalog id of a format by its printed name, "" where the name alone does not say how values are stored."""
        text = precision.lower().strip()
        if text in _STORED:
            return text.replace("_", "-")
        return text if text in self.catalog.formats else find(FORMATS, text)


def engine_family(engine: str) -> str:
    """The family that an engine launches work like; "" for one that is not known."""
    return next((key for key, pattern in ENGINES.items() if re.search(pattern, engine.lower())), "")


def build_of(engine: str, notes: str) -> str:
    """What a run's overhead per layer is keyed to: the engine's family, and of llama.cpp its kind and year where told."""
    family, text = engine_family(engine), engine.lower()
    if family == "llamafile":
        return "llamafile on Windows" if "Windows" in notes else "llamafile"
    if family != "llama.cpp":
        return family
    if "ik_llama" in text:
        return "ik_llama.cpp"
    year = year_of(engine, notes)
    return (
        f"llama.cpp {year}"
        if year and year < 2025
        else "llama.cpp 2025 on"
        if year or "ollama" in text
        else "llama.cpp"
    )


@lru_cache(maxsize=4096)
def year_of(engine: str, notes: str) -> int:
    """The year of an engine's build, by what is printed: a year, a date, or a build number of llama.cpp; 0 if nothing."""
    if found := re.search(
        r"\bdate (20\d\d)|\((?:\w+ )?(20\d\d)\)|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w* (20\d\d)",
        f"{engine} ({notes})",
    ):
        return int(next(group for group in found.groups() if group))
    if found := re.search(r"\b(?:b|build )(\d{3,5})\b", engine):
        number = int(found[1])
        return next(year for least, year in ((7900, 2026), (4400, 2025), (1750, 2024), (0, 2023)) if number >= least)
    return 0


def _spaced(id_: str) -> str:
    """A pattern for an id whose hyphens may be spaces, or be left out."""
    return re.escape(id_).replace(r"\-", "[- ]?")


def _plain(name: str) -> str:
    """A printed device name without its vendor, count and memory size."""
    text = re.sub(r"^\d+x |nvidia |geforce |amd |radeon |intel |apple |\(r\)|\(tm\)|[;(].*$", "", name.lower())
    return re.sub(r" \d+ ?gb$", "", text.strip()).replace(" ", "-")
