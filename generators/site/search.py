"""What the search puts first: chapters, then terms, the explorer, chips and models; what a reader seldom looks for comes last."""

import json
from fnmatch import fnmatch

#: The first row that fits a page's path holds; 1 is what the theme gives a page that says nothing.
BOOSTS = [
    ("[0-9][0-9]_*.md", 8),
    ("index.md", 1),
    ("explorer.md", 4),
    ("reference/notation.md", 4),
    ("reference/datasheets.md", 4),
    ("reference/ridge_points.md", 8),
    ("reference/*/index.md", 1),
    ("reference/accelerators/*", 2),
    ("reference/models/*", 2),
    ("reference/method.md", 1),
    ("reference/formats.md", 1),
    ("reference/figures/*", 0.02),
    ("reference/records/*", 0.05),
    ("reference/predictions/*", 0.05),
    ("*", 0.1),
]
#: Words that readers ask a chapter for and that it may not print; the theme shows them under its title in the results.
WORDS = {
    "01_memory_bound.md": ["arithmetic intensity", "tokens per second"],
    "02_kv_cache.md": ["KV cache size", "PagedAttention", "GQA", "prefix caching"],
    "03_prefill_and_decode.md": ["TTFT", "time to first token", "chunked prefill"],
    "04_batching.md": ["continuous batching", "MoE", "mixture of experts"],
    "05_overhead.md": ["CUDA graph", "torch.compile", "kernel launch", "GPU utilization"],
    "06_roofline.md": ["roofline model", "kernel fusion", "FlashAttention", "flash decoding"],
    "07_smaller_models.md": [
        "quantization",
        "quantized",
        "AWQ",
        "GPTQ",
        "int4",
        "int8",
        "FP8",
        "W4A16",
        "W8A8",
        "sparsity",
    ],
    "08_speculative_decoding.md": ["speculative decoding", "draft model", "EAGLE", "n-gram", "acceptance rate"],
}


def boost(path: str) -> float:
    """How much a match on a page counts."""
    return next(factor for pattern, factor in BOOSTS if fnmatch(path, pattern))


def lines(path: str, text: str) -> list[str]:
    """The page's part in the search as lines of its front matter; none where the page says it itself."""
    if "\nsearch:" in text.split("\n---", 1)[0]:
        return []
    words = [f"tags: {json.dumps(WORDS[path])}"] if path in WORDS else []
    return [*words, "search:", f"  boost: {boost(path)}"]
