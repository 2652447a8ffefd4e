"""The chapter's running example, so that every figure and sentence speaks of the same chip, model and format."""

CHIP, MODEL, FORMAT = "a100-sxm4-80gb", "llama-2-7b", "bf16"
SECOND_MODEL = "llama-3.1-8b"
CONTEXT = 2048
#: The same for chapters that tell of one H200.
H200, LLAMA = "h200-sxm", "llama-3.1-8b"
