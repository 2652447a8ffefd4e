"""Published config files: each gives the right shape or is refused by name, in Python and in the browser alike."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from generators.browser.bundle import join
from generators.browser.scripts import modules
from generators.catalog import model_inputs
from generators.catalog.config_json import Refused, read_config
from generators.catalog.config_rules import load_rules, tree
from generators.core.errors import BookError
from generators.model import memory, parameters
from generators.model.inputs import Format
from generators.shape_command import figures

FILES = Path(__file__).parent / "configs"
EXPECTED = json.loads((FILES / "expected.json").read_text())
#: Values that a publisher rounds: to how much they are held.
ROUNDED = {"deepseek-ai--DeepSeek-V4-Flash": 0.002}
READ = """
(texts) => texts.map((text) => {
  const B = globalThis.memoryBound;
  try {
    const { shape, notes, family, weights } = B.readConfig(text);
    const parts = shape.parts.map((part) => Object.values(part));
    return { shape: Object.values({ ...shape, parts: null }), parts, notes, family, weights };
  } catch (error) {
    return { refused: error.message };
  }
})
"""


@pytest.fixture(scope="module")
def rules(root):
    return load_rules(root)


@pytest.fixture(scope="module")
def browser_reads(catalog):
    """The browser's reader in an embedded V8: texts in, shapes or refusals out."""
    racer = pytest.importorskip("py_mini_racer")
    script = join("config_json", modules(catalog), None)

    def read(texts):
        context = racer.MiniRacer()
        try:
            context.eval("globalThis.window = globalThis; globalThis.location = { search: '' };")
            context.eval(script)
            return json.loads(context.eval(f"JSON.stringify(({READ})({json.dumps(texts)}))"))
        finally:
            context.close()

    return read


def python_reads(text, rules):
    """What Python reads, in the browser's form."""
    try:
        read = read_config(text, rules)
    except Refused as error:
        return {"refused": str(error).split("; known are")[0]}
    shape = [getattr(read.shape, name) for name in read.shape.__dataclass_fields__]
    parts = [list(vars(part).values()) for part in read.shape.parts]
    return {
        "shape": [*shape[:-1], None],
        "parts": parts,
        "notes": list(read.notes),
        "family": read.family,
        "weights": vars(read.weights),
    }


def test_every_file_has_its_expectation():
    assert {path.stem for path in FILES.glob("*.json")} - {"expected"} == set(EXPECTED)
    assert len(EXPECTED) == 33


@pytest.mark.parametrize("name", EXPECTED)
def test_a_published_file_is_right_or_refused_by_name(name, rules):
    wanted = {key.removesuffix("_bf16"): value for key, value in EXPECTED[name].items() if key != "note"}
    text = (FILES / f"{name}.json").read_text()
    if "refused" in wanted:
        with pytest.raises(Refused, match=wanted["refused"]):
            read_config(text, rules)
        return
    found = figures(read_config(text, rules))
    assert found["notes"] == [note for note in found["notes"] if "\n" not in note]
    for key, value in wanted.items():
        assert found[key] == pytest.approx(value, rel=ROUNDED.get(name, 0.001)), key


def test_the_browser_reads_what_python_reads(rules, browser_reads):
    texts = (
        [path.read_text() for path in sorted(FILES.glob("*.json"))] + list(hostile()) + list(changed()) + list(stored())
    )
    found = browser_reads(texts)
    for text, browser in zip(texts, found, strict=True):
        assert browser == python_reads(text, rules), text[:300]


def hostile():
    """Texts that are no model: each gets one line, no traceback."""
    yield from ("", "[]", "null", "{", '{"a": 1', "[" * 100_000, '{"a":' * 100_000, "\ufeff{}", '"' * 1001, "{}")
    good = {
        "model_type": "llama",
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 128,
        "vocab_size": 100,
    }
    yield json.dumps(good)
    for twice in (
        '"vocab_size": 7',
        '"\\u0076ocab_size": 100',
        '"x": [{"a": NaN, "a": 1}]',
        '"x": {"<b>\\"{": 1, "<b>\\"{": 1}',
    ):
        yield json.dumps(good)[:-1] + f", {twice}}}"
    for key in good:
        for value in (
            None,
            True,
            0,
            -1,
            1.5,
            1e30,
            10**400,
            "7",
            "<img src=x onerror=alert(1)>",
            [],
            [1],
            {},
            {"a": 1},
        ):
            yield json.dumps(good | {key: value})
    for key in (
        "num_local_experts",
        "num_hidden_layerss",
        "sliding_window",
        "layer_types",
        "kv_lora_rank",
        "architectures",
        "text_config",
        "new_dim",
        "block_configs",
        "is_encoder_decoder",
        "quantization_config",
        "__proto__",
        "constructor",
    ):
        for value in (7, [7], {"a": 7}, "seven", True):
            yield json.dumps(good | {key: value})
    yield json.dumps(good | {"rope_theta": float("inf"), "x": float("nan")})
    yield json.dumps(good | {"model_type": "qwen3_next", "num_key_value_heads": 3})
    yield json.dumps({"model_type": "x\u202e\n" * 40})


def stored():
    """Published ways to say how weights are stored, each in the file of a mixture, and ways that say nothing."""
    inner = {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": True}
    said = [
        {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "modules_to_not_convert": ["visual"]},
        {"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": True, "desc_act": False},
        {"quant_method": "gptq", "bits": 8, "group_size": -1},
        {
            "quant_method": "fp8",
            "weight_block_size": [128, 128],
            "modules_to_not_convert": ["model.layers.0.self_attn"],
        },
        {
            "quant_method": "fbgemm_fp8",
            "modules_to_not_convert": [f"model.layers.{i}.self_attn" for i in range(500)],
        },
        {
            "quant_method": "mxfp4",
            "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "lm_head"],
        },
        {
            "quant_method": "bitsandbytes",
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_use_double_quant": True,
        },
        {"quant_method": "bitsandbytes", "load_in_8bit": True, "llm_int8_skip_modules": ["lm_head"]},
        {
            "quant_method": "compressed-tensors",
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": inner}},
            "ignore": [
                "lm_head",
                "re:.*self_attn.*",
                "re:.*shared_experts.*",
                r"re:.*mlp\.(gate|up|gate_up|down)_proj.*",
            ],
        },
        {
            "quant_method": "compressed-tensors",
            "config_groups": {"group_0": {"targets": ["re:.*experts.*"], "weights": inner}},
        },
        {
            "quant_method": "modelopt",
            "quant_algo": "NVFP4",
            "exclude_modules": ["lm_head", "model.layers.*.self_attn*"],
        },
        {
            "quant_method": "compressed-tensors",
            "config_groups": {"group_0": {"weights": inner}, "group_1": {"weights": inner}},
        },
        {"quant_method": "gptq", "bits": 0},
        {"quant_method": "new"},
        {},
        {"quant_method": 4},
        {"quant_method": "__proto__"},
        {"quant_method": "fp8", "modules_to_not_convert": ["re:(a+)+$", 7]},
        {"quant_method": "fp8", "ignore": ["re:((a|b)c)*"]},
        {"quant_method": "fp8", "modules_to_not_convert": [7]},
        {"quant_method": "fp8", "ignore": ["*" * 200] * 3000},
        {"quant_method": "fp8", "ignore": ["*a*b*c*d*e*f" * 20] * 100},
        *(
            {"quant_method": "gptq", "bits": 4, "dynamic": one}
            for one in (7, {"-:.*mlp.*": 0, "+:.*": None}, {"a": [1]})
        ),
        {"quant_method": "gptq", "bits": 4, "dynamic": {r"+:.*\.up_proj": {"bits": 8}, "no.such": {"bits": 2}}},
        {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": {"layers.1.mlp": {"a": 1}}},
        {
            "quant_algo": "MIXED_PRECISION",
            "kv_cache_quant_algo": "FP8",
            "quantized_layers": {"lm_head": {"quant_algo": "FP8"}, "model.layers.3.mlp": {"quant_algo": "NVFP4"}},
        },
        {"quant_method": "compressed-tensors", "config_groups": {"group_0": 7}},
        {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": inner, "targets": "Linear"}}},
        {
            "quant_method": "compressed-tensors",
            "config_groups": {"group_0": {"weights": inner, "input_activations": {"num_bits": 5}}},
        },
        {"quant_method": "fp8", "moe_quant_algo": "W4", "quantized_layers": {}},
    ]
    for name in ("deepseek-ai--DeepSeek-V3.2", "mlc--qwen2moe", "x-opt-125m"):
        config = json.loads((FILES / f"{name}.json").read_text())
        for one in said:
            yield json.dumps(config | {"quantization_config": one})
        yield json.dumps(
            {key: value for key, value in config.items() if key != "quantization_config"}
            | {"quantization": {"bits": 4, "group_size": 64}}
        )


def test_a_file_says_how_its_weights_are_stored(rules):
    """Published sizes: gpt-oss-120b's files are 65.25 GB, its attention at 16 bits."""
    config = {
        "model_type": "gpt_oss",
        "num_hidden_layers": 36,
        "hidden_size": 2880,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "head_dim": 64,
        "intermediate_size": 2880,
        "vocab_size": 201088,
        "num_local_experts": 128,
        "num_experts_per_tok": 4,
        "sliding_window": 128,
        "tie_word_embeddings": False,
        "attention_bias": True,
        "quantization_config": {
            "quant_method": "mxfp4",
            "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"],
        },
    }
    read = read_config(json.dumps(config), rules)
    assert figures(read)["weights_as_shipped"] == pytest.approx(65.25e9, rel=1e-4)
    assert (read.weights.attention, read.weights.expert, read.weights.head) == (16, 4.25, 16)
    bits = [read_config(text, rules).weights for text in stored()]
    assert [bits[0].attention, bits[0].expert, bits[0].head] == [4 + 20 / 128, 4 + 20 / 128, 16]
    assert (
        bits[3].attention == pytest.approx(8.002 + 7.998 / 61, abs=1e-3) and bits[4].attention == 16 != bits[4].expert
    )
    kimi = bits[8]
    assert (kimi.attention, kimi.dense, kimi.expert) == (16, 16, 4.5)
    assert (bits[9].attention, bits[9].expert) == (16, 4.5) and (bits[10].attention, bits[10].expert) == (16, 4.5)
    assert bits[-1].method == "mlx" and bits[-1].head == bits[-1].attention == 4.5
    assert {one.method for one in bits[11:14]} == {"unknown"}


#: Llama 3.1 8B, and its weights by kind: attention, one matrix of all MLPs, embedding or head, norms.
LLAMA = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
}
ATTENTION, MLP, TABLE, NORMS = 32 * 2 * 4096 * (4096 + 1024), 32 * 4096 * 14336, 128256 * 4096, 65 * 4096
EIGHT = {"num_bits": 8, "type": "float", "strategy": "channel", "symmetric": True}
NVFP4 = {"num_bits": 4, "type": "float", "group_size": 16, "dynamic": False}
GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": True}


def linear(bits, table=16.0, head=16.0):
    return ((ATTENTION + 3 * MLP) * bits + TABLE * (table + head) + NORMS * head) / 8


def groups(weights, activations, **more):
    group = {"targets": ["Linear"], "weights": weights, "input_activations": activations}
    return {"quantization_config": {"config_groups": {"group_0": group}, "ignore": ["lm_head"]} | more}


@pytest.mark.parametrize(
    ("said", "bytes_", "rate"),
    [
        (groups(EIGHT, EIGHT, quant_method="compressed-tensors"), linear(8), "fp8"),
        (groups(EIGHT, None, quant_method="compressed-tensors"), linear(8), "bf16"),
        (groups(EIGHT, EIGHT | {"type": "int"}, quant_method="compressed-tensors"), linear(8), "int8"),
        (groups(NVFP4, NVFP4, quant_method="modelopt", quant_algo="NVFP4"), linear(4.5), "fp4"),
        (groups(EIGHT, EIGHT, quant_algo="FP8"), linear(8), "fp8"),
        ({"quantization_config": {"load_in_8bit": True}}, linear(8), "int8"),
        ({"quantization_config": GPTQ}, linear(4 + 20 / 128), "bf16"),
        (
            {"quantization_config": GPTQ | {"lm_head": True}},
            linear(4 + 20 / 128, head=4 + 20 / 128) + NORMS * (16 - 4 - 20 / 128) / 8,
            "bf16",
        ),
        (
            {"quantization_config": GPTQ | {"dynamic": {"-:.*self_attn.*": {}, "+:.*mlp.down_proj.*": {"bits": 8}}}},
            linear(16) - MLP * (2 * (12 - 20 / 128) + 8 - 24 / 128) / 8,
            "bf16",
        ),
        (
            {one: {"group_size": 64, "bits": 4} for one in ("quantization", "quantization_config")},
            linear(4.5, 4.5, 4.5),
            "bf16",
        ),
        (
            {
                "quantization": {"group_size": 64, "bits": 3}
                | {f"model.layers.{i}.mlp.down_proj": {"group_size": 64, "bits": 8} for i in range(32)}
                | {f"model.layers.{i}.self_attn.v_proj": {"group_size": 64, "bits": 6} for i in range(32)}
                | {"lm_head": {"group_size": 64, "bits": 6}}
            },
            linear(3.5, 3.5, 6.5) + (MLP * 5 + 32 * 4096 * 1024 * 3) / 8,
            "bf16",
        ),
    ],
)
def test_weights_and_the_rate_of_products_are_those_of_the_account(rules, browser_reads, said, bytes_, rate):
    """Single modules stored otherwise count so; the rate is that of the activations' format, 16 bits where it has none."""
    text = json.dumps(LLAMA | said)
    read = read_config(text, rules)
    assert figures(read)["weights_as_shipped"] == pytest.approx(bytes_, rel=2e-4)
    assert read.weights.rate == rate
    assert browser_reads([text])[0] == python_reads(text, rules)


@pytest.mark.parametrize(
    ("said", "note"),
    [
        (
            groups(EIGHT, EIGHT, quant_method="compressed-tensors", kv_cache_scheme=EIGHT),
            "its kv_cache_scheme is not taken",
        ),
        (
            groups(EIGHT, EIGHT, quant_method="compressed-tensors", sparsity_config={"format": "sparse-24-bitmask"}),
            "is not known, and counted as 16 bits: weights of which only some are stored",
        ),
        (groups(NVFP4, NVFP4 | {"type": "int"}, quant_method="compressed-tensors"), "found activations of 4 bits"),
        ({"quantization_config": GPTQ | {"dynamic": {"+:.*w7.*": {"bits": 2}}}}, "of its quantization, not read: *w7*"),
        ({"quantization_config": GPTQ | {"meta": {"a": 1}, "new": [1]}}, "of its quantization, not read: new"),
        ({"quantization": {"bits": 4}, "quantization_config": GPTQ}, "found quantization beside another"),
        ({"expert_dtype": "fp4"}, "found expert_dtype"),
        (
            {
                "quantization_config": {
                    "quant_algo": "MIXED_PRECISION",
                    "quantized_layers": {"lm_head": {"quant_algo": "W1"}},
                }
            },
            "wanted a number",
        ),
    ],
)
def test_what_is_not_taken_of_an_account_is_named(rules, browser_reads, said, note):
    text = json.dumps(LLAMA | said)
    assert note in "; ".join(read_config(text, rules).notes)
    assert browser_reads([text])[0] == python_reads(text, rules)


#: DeepSeek-V4-Flash, Kimi K2.6 and Gemma 4 26B A4B: what their weights follow from, and the weights of all their experts.
V4 = {
    "model_type": "deepseek_v4",
    "compress_ratios": [0, 0, *[4, 128] * 20, 4, 0],
    "expert_dtype": "fp4",
    "head_dim": 512,
    "hidden_size": 4096,
    "index_topk": 512,
    "moe_intermediate_size": 2048,
    "n_routed_experts": 256,
    "n_shared_experts": 1,
    "num_attention_heads": 64,
    "num_experts_per_tok": 6,
    "num_hidden_layers": 43,
    "o_lora_rank": 1024,
    "q_lora_rank": 1024,
    "tie_word_embeddings": False,
    "vocab_size": 129280,
}
FP8 = {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}
V4_NVFP4 = FP8 | {
    "ignore": ["*.attn.*", "*.ffn.shared_experts.*", "head", "mtp.*"],
    "moe_quant_algo": "NVFP4",
    "quant_algo": "MIXED_PRECISION",
    "quantized_layers": {f"layers.{i}.ffn.experts": {"group_size": 16, "quant_algo": "NVFP4"} for i in range(43)},
}
KIMI = {
    "model_type": "kimi_k2",
    "first_k_dense_replace": 1,
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "kv_lora_rank": 512,
    "moe_intermediate_size": 2048,
    "n_routed_experts": 384,
    "n_shared_experts": 1,
    "num_attention_heads": 64,
    "num_experts_per_tok": 8,
    "num_hidden_layers": 61,
    "q_lora_rank": 1536,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "tie_word_embeddings": False,
    "v_head_dim": 128,
    "vocab_size": 163840,
}
GEMMA = {
    "model_type": "gemma4_text",
    "attention_k_eq_v": True,
    "enable_moe_block": True,
    "global_head_dim": 512,
    "head_dim": 256,
    "hidden_size": 2816,
    "hidden_size_per_layer_input": 0,
    "intermediate_size": 2112,
    "layer_types": [*["sliding_attention"] * 5, "full_attention"] * 5,
    "moe_intermediate_size": 704,
    "num_attention_heads": 16,
    "num_experts": 128,
    "num_global_key_value_heads": 2,
    "num_hidden_layers": 30,
    "num_key_value_heads": 8,
    "num_kv_shared_layers": 0,
    "sliding_window": 1024,
    "tie_word_embeddings": True,
    "top_k_experts": 8,
    "vocab_size": 262144,
}


def modelopt(*ignored):
    return groups(NVFP4, NVFP4, quant_method="modelopt", quant_algo="NVFP4", ignore=["lm_head", *ignored])[
        "quantization_config"
    ]


@pytest.mark.parametrize(
    ("config", "account", "experts", "bits", "rest", "rate"),
    [
        (V4, FP8, 43 * 256 * 3 * 4096 * 2048, 4.25, 9.17, "fp8"),
        (V4, V4_NVFP4, 43 * 256 * 3 * 4096 * 2048, 4.5, 9.17, "fp4"),
        (
            KIMI,
            modelopt(
                "language_model.model.layers.0*",
                *(f"language_model.model.layers.{i}.mlp.shared_experts*" for i in range(1, 61)),
                *(f"language_model.model.layers.{i}.self_attn*" for i in range(1, 61)),
            ),
            60 * 384 * 3 * 7168 * 2048,
            4.5,
            16,
            "fp4",
        ),
        (
            GEMMA,
            modelopt(
                "mtp.layers.0*",
                *(f"model.language_model.layers.{i}.{one}*" for i in range(30) for one in ("mlp", "self_attn")),
            ),
            30 * 128 * 3 * 2816 * 704,
            4.5,
            16,
            "fp4",
        ),
    ],
)
def test_experts_are_stored_as_the_file_says_of_them(rules, browser_reads, config, account, experts, bits, rest, rate):
    """Of V4-Flash's other 7.3 G weights all are 8 bits but embedding, head and the small ones: 9.17 on average."""
    text = json.dumps(config | {"quantization_config": account})
    read = read_config(text, rules)
    whole = parameters.parameter_count(read.shape)
    assert figures(read)["weights_as_shipped"] == pytest.approx(
        (experts * bits + (whole - experts) * rest) / 8, rel=1e-3
    )
    assert read.weights.rate == rate
    assert browser_reads([text])[0] == python_reads(text, rules)


def test_layers_that_a_count_leaves_open_are_not_averaged(rules, browser_reads):
    """Which layers of Qwen2-MoE have experts is not known beside mlp_only_layers, so some layers' patterns say nothing."""
    config = LLAMA | {
        "model_type": "qwen2_moe",
        "num_experts": 8,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 512,
        "mlp_only_layers": [3],
        "quantization_config": FP8 | {"modules_to_not_convert": ["model.layers.5.mlp"]},
    }
    text = json.dumps(config)
    assert "found some layers' dense weights alone" in read_config(text, rules).notes[-1]
    assert browser_reads([text])[0] == python_reads(text, rules)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"model_type": "qwen3", "layer_types": ["linear_attention"] * 24 + ["full_attention"] * 8},
            '"linear_attention"',
        ),
        (
            {"layer_types": ["sliding_attention"] * 32},
            '"sliding_attention" among layer_types, wanted for llama none but',
        ),
        ({"architectures": ["MixtralForCausalLM"]}, 'found model_type "llama" and architectures "MixtralForCausalLM"'),
        (
            {"model_type": "rwkv", "model_version": "5_2", "num_key_value_heads": None},
            "no model_version beside model_type rwkv",
        ),
        ({"model_type": "hunyuan_v1_dense", "use_cla": True}, "keys and values that layers share"),
        ({"model_type": "mamba", "d_inner": 64, "num_key_value_heads": None}, "no d_inner other than"),
        ({"model_type": "grok-1", "sliding_window_size": 64}, "layers that attend within a window"),
        ({"model_type": "recurrent_gemma", "block_types": ["recurrent", "new"]}, "block_types with other kinds"),
        ({"model_type": "zamba2", "layers_block_type": ["hybrid", "new"] * 16}, "layers_block_type with other kinds"),
        ({"model_type": "gpt_neo", "attention_layers": ["local", "new"] * 16}, "attention_layers with other kinds"),
        ({"new_dim": 7}, "or ask the book's authors for a rule"),
    ],
)
def test_what_would_change_the_numbers_and_is_not_read_is_refused(rules, browser_reads, changes, said):
    text = json.dumps(LLAMA | changes)
    with pytest.raises(Refused) as refused:
        read_config(text, rules)
    assert said in str(refused.value)
    assert browser_reads([text])[0] == python_reads(text, rules)


MIXED = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 512}


@pytest.mark.parametrize(
    ("config", "key", "value"),
    [
        ({"model_type": "qwen3_moe"} | MIXED, "use_qk_norm", True),
        ({"model_type": "mimo"}, "attention_bias", True),
        ({"model_type": "mamba2"}, "time_step_rank", 256),
        ({"model_type": "mamba2"}, "use_conv_bias", True),
        ({"model_type": "mamba"}, "d_inner", 14336),
        ({"model_type": "nemotron_h", "hybrid_override_pattern": "M-M*" * 8}, "time_step_rank", 256),
        ({"model_type": "minimax_m2", "num_local_experts": 8, "num_experts_per_tok": 2}, "mlp_intermediate_size", 8192),
        ({"model_type": "grok-1"} | MIXED, "sliding_window_size", -1),
        ({"model_type": "bloom"}, "n_embed", 4096),
        ({"model_type": "cohere2"}, "layer_switch", 4),
        ({"model_type": "smollm3"}, "max_window_layers", 28),
        ({"model_type": "qwen2"}, "dual_chunk_attention_config", {"chunk_size": 262144}),
        ({"model_type": "recurrent_gemma"}, "_block_types", ["recurrent", "recurrent", "attention"]),
        ({"model_type": "rwkv5"}, "head_size_divisor", 8),
        ({"model_type": "hunyuan_v1_dense"}, "anyres_pooling_size", 2),
        ({"model_type": "hunyuan_v1_dense"}, "cla_share_factor", 2),
        ({"model_type": "llama"}, "layer_types", ["full_attention"] * 32),
        (
            KIMI | {"index_topk": 64, "index_n_heads": 2, "index_head_dim": 8},
            "layer_types",
            ["deepseek_sparse_attention"] * 61,
        ),
    ],
)
def test_a_key_that_changes_no_number_leaves_the_shape(rules, browser_reads, config, key, value):
    """Each stands in a well-known published file."""
    text = json.dumps(LLAMA | config | {key: value})
    assert read_config(text, rules).shape == read_config(json.dumps(LLAMA | config), rules).shape
    assert browser_reads([text])[0] == python_reads(text, rules)


def test_rwkv_4_keeps_five_vectors_of_a_layer(rules):
    """The files of RWKV-4 169M hold 169,342,464 values."""
    config = {"model_type": "rwkv", "hidden_size": 768, "attention_hidden_size": 768, "intermediate_size": 3072}
    config |= {"num_hidden_layers": 12, "vocab_size": 50277, "tie_word_embeddings": False}
    found = figures(read_config(json.dumps(config), rules))
    assert found["parameters"] == 169_342_464
    assert found["state_bytes"] == 2 * 5 * 768 * 12


def test_a_class_that_the_rules_name_goes_before_the_model_type(rules):
    """MiniMax-M2 was published with the model_type of MiniMax-01, Grok 2 with that of a captioner of pictures."""
    for type_, class_ in (("minimax", "MiniMaxM2ForCausalLM"), ("git", "Grok1ForCausalLM")):
        config = LLAMA | {"model_type": type_, "num_local_experts": 8, "num_experts_per_tok": 2}
        read = read_config(json.dumps(config | {"architectures": [class_]}), rules)
        assert read.family == {"minimax": "minimax_m2", "git": "grok"}[type_]
    with pytest.raises(Refused, match='model_type "git", for which there are no rules; choose a model of the list'):
        read_config(json.dumps(config), rules)


def changed():
    """Published files, each with some of its values changed or left out."""
    chance = random.Random(7)
    for path in sorted(FILES.glob("*.json")):
        if path.stem == "expected":
            continue
        for _ in range(12):
            config = json.loads(path.read_text())
            inner = config.get("text_config", config)
            for key in chance.sample(sorted(inner), min(2, len(inner))):
                if chance.random() < 0.4:
                    del inner[key]
                else:
                    inner[key] = chance.choice([0, 1, 3, 64, None, False, True, 2.5, "a", [1, 2], {}])
            yield json.dumps(config)


def test_what_is_no_model_gets_one_line(rules):
    for text in [*hostile(), *changed(), *stored()]:
        try:
            read = read_config(text, rules)
        except Refused as error:
            assert len(str(error)) < 400 and str(error).isprintable(), text[:200]
        else:
            assert parameters.parameter_count(read.shape) > 0


def test_a_long_text_is_read_and_of_many_unread_keys_a_few_are_named(rules, browser_reads):
    config = json.loads((FILES / "x-opt-125m.json").read_text())
    for others, note in (
        ({"x": "a" * 9_000_000}, "keys not read: x"),
        ({f"k{number}": 1 for number in range(9)}, "keys not read: k0, k1, k2, k3, k4, k5, k6, k7, k8"),
        (
            {f"k{number}": 1 for number in range(30_000)},
            "keys not read: k0, k1, k2, k3, k4, k5, k6, k7 and 29,992 more",
        ),
    ):
        text = json.dumps(config | others)
        assert read_config(text, rules).notes[-1] == note
        assert browser_reads([text])[0] == python_reads(text, rules)


def test_a_file_of_several_megabytes_is_read(rules, browser_reads):
    config = json.loads((FILES / "x-opt-125m.json").read_text()) | {
        "id2label": {str(i): "word" * 9 for i in range(70_000)}
    }
    text = json.dumps(config)
    assert len(text) > 3_000_000
    assert browser_reads([text])[0] == python_reads(text, rules)
    assert figures(read_config(text, rules))["parameters"] == pytest.approx(125e6, rel=0.003)


@pytest.mark.parametrize(("first", "dense"), [(0, 0), (3, 3), (4, 4), (9, 4)])
def test_layers_before_the_first_with_experts_are_dense_and_no_more_than_there_are(rules, browser_reads, first, dense):
    text = json.dumps(
        {"num_hidden_layers": 4, "hidden_size": 64, "num_attention_heads": 4, "vocab_size": 99, "intermediate_size": 96}
        | {"n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
        | {"first_k_dense_replace": first}
    )
    parts = read_config(text, rules).shape.parts
    assert sum(part.count for part in parts if part.dense) == dense
    assert sum(part.count for part in parts if part.experts) == 4 - dense
    assert browser_reads([text])[0] == python_reads(text, rules)


def test_a_key_that_changes_the_shape_and_is_not_known_refuses_the_file(rules):
    good = json.loads((FILES / "ome--command_r_35b.json").read_text())
    for key, value in [("num_new_heads", 4), ("router_hidden_dim", 64), ("kv_lora_rank", 512), ("n_routed_experts", 8)]:
        with pytest.raises(Refused, match=key):
            read_config(json.dumps(good | {key: value}), rules)
        read_config(json.dumps(good | {key: None}), rules)
    with pytest.raises(
        Refused, match=r"num_hidden_layerss = 56.*wanted.*nearest is num_hidden_layers; correct the name"
    ):
        read_config(json.dumps(good | {"num_hidden_layerss": 56}), rules)
    assert "keys not read: surprise" in read_config(json.dumps(good | {"surprise": 1}), rules).notes


@pytest.mark.parametrize(
    ("name", "key", "meant"),
    [
        ("nvidia--NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "ybrid_override_patternx", "hybrid_override_pattern"),
        ("ome--command_r_35b", "tie_word_embeddingss", "tie_word_embeddings"),
        ("x-qwen3-next-80b", "model_tpye", "model_type"),
        ("x-qwen3-next-80b", "layer_type", "layer_types"),
    ],
)
def test_a_key_one_letter_off_refuses_the_file_whatever_it_holds(rules, browser_reads, name, key, meant):
    config = json.loads((FILES / f"{name}.json").read_text())
    for value in ("MEM*", False, 0, [], {}):
        text = json.dumps(config | {key: value})
        with pytest.raises(Refused, match=f"found {key} = .*, wanted a key that the rules know, nearest is {meant}"):
            read_config(text, rules)
        (reported,) = browser_reads([text])
        assert f"nearest is {meant}" in reported["refused"]


def test_a_key_one_letter_off_within_a_table_refuses_the_file(catalog, rules):
    config = dict(catalog.models["kimi-k3"].config)
    inner = config["linear_attn_config"]
    with pytest.raises(Refused, match=r"linear_attn_config.head_dimm = 1, .* nearest is linear_attn_config.head_dim;"):
        read_config(json.dumps(config | {"linear_attn_config": inner | {"head_dimm": 1}}), rules)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"head_dim": 0}, "found 0 for head_dim, wanted a whole number above zero"),
        (
            {"num_attention_heads": 0, "num_key_value_heads": 0, "head_dim": 128},
            "found 0 for num_attention_heads, wanted a whole number",
        ),
        ({"intermediate_size": 0}, "found 0 for intermediate_size, wanted a whole number above zero"),
        ({"intermediate_size": 14336.5}, "found 14336.5 for intermediate_size, wanted a whole number"),
        ({"num_key_value_heads": True}, "found true for num_key_value_heads, wanted a whole number"),
        ({"attention_bias": "no"}, 'found "no" for attention_bias, wanted true or false'),
        ({"n_layer": 16}, "found num_hidden_layers = 32 and n_layer = 16, wanted one value; remove the wrong one"),
        (
            {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 0},
            "found 0 experts per token of 8; wanted 1 or more",
        ),
        (
            {"model_type": "mixtral", "num_local_experts": 8.5, "num_experts_per_tok": 2},
            "found 8.5 for num_local_experts, wanted a whole number",
        ),
        (
            {"model_type": "gemma3_text", "head_dim": 128, "layer_types": ["sliding_attention"] * 10},
            "found 10 layer_types for 32 layers, wanted one for each",
        ),
        (
            {
                "model_type": "deepseek_v3",
                "n_routed_experts": 8,
                "num_experts_per_tok": 2,
                "moe_intermediate_size": 64,
                "kv_lora_rank": 0,
                "qk_rope_head_dim": 64,
                "qk_nope_head_dim": 128,
                "v_head_dim": 128,
            },
            "found 0 for kv_lora_rank, wanted a whole number above zero",
        ),
        (
            {
                "model_type": "deepseek_v3",
                "n_routed_experts": 8,
                "num_experts_per_tok": 2,
                "moe_intermediate_size": 64,
                "kv_lora_rank": 512,
                "qk_rope_head_dim": 64.5,
                "qk_nope_head_dim": 128,
                "v_head_dim": 128,
            },
            "a number of the file is out of bounds",
        ),
        ({"quantization_config": ["awq"]}, "found a list as the account of its quantization, wanted an object"),
        ({"quantization_config": {"quant_method": "awq", "bits": 3.7}}, "found 3.7 for bits, wanted a whole number"),
        (
            {"quantization_config": {"quant_method": "fp8", "modules_to_not_convert": "lm_head"}},
            'found "lm_head" for modules of its quantization, wanted a list',
        ),
    ],
)
def test_values_that_no_model_has_are_refused_or_told_by_both(rules, browser_reads, changes, said):
    """Each was read as if it were meant: a model without attention, half an expert, layers of no kind, 3.7 bits."""
    text = json.dumps(LLAMA | changes)
    (there,), here = browser_reads([text]), python_reads(text, rules)
    assert there == here
    assert said in (here.get("refused") or "; ".join(here["notes"]))


def test_a_key_that_stands_twice_refuses_the_file(rules, browser_reads):
    good = (FILES / "x-opt-125m.json").read_text().rstrip()
    for text in (good[:-1] + ', "vocab_size": 7}', good[:-1] + ', "x": {"vocab_size": 7, "vocab_size": 7}}'):
        with pytest.raises(Refused, match=r"^found vocab_size twice in one object, wanted it once; remove one$"):
            read_config(text, rules)
        assert browser_reads([text]) == [python_reads(text, rules)]


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("tie_word_embeddings", [[1]], "wanted true or false"),
        ("layer_types", ["full_attention", {}, "full_attention"], "wanted a list of one kind of value"),
    ],
)
def test_a_value_of_a_kind_that_no_rule_could_mean_refuses_the_file(rules, browser_reads, key, value, wanted):
    config = json.loads((FILES / "x-qwen3-next-80b.json").read_text()) | {key: value}
    with pytest.raises(Refused, match=wanted):
        read_config(json.dumps(config), rules)
    (reported,) = browser_reads([json.dumps(config)])
    assert wanted in reported["refused"]


def test_the_catalogs_models_follow_from_their_published_keys(catalog, rules):
    """The rows of data/models written as their publishers' files, by the rules for files that name no model_type."""
    sixteen = Format(2.0, 2.0, 2.0)
    for model in catalog.alike.values():
        s = model_inputs.shape(model)
        read = read_config(json.dumps(published(model_inputs.described(model))), rules).shape
        for ask in (memory.kv_bytes_per_token, memory.state_bytes):
            assert ask(read, sixteen) == ask(s, sixteen), model.id
        assert memory.kv_bytes(read, sixteen, 5000.0) == memory.kv_bytes(s, sixteen, 5000.0), model.id
        assert parameters.linear_parameters(read) == parameters.linear_parameters(s), model.id


def published(s) -> dict:
    """A row's fields under the names that most files use."""
    config = {
        "num_hidden_layers": s.layers,
        "hidden_size": s.d_model,
        "num_attention_heads": s.heads,
        "num_key_value_heads": s.kv_heads,
        "head_dim": s.head_dim,
        "intermediate_size": s.d_ff,
        "vocab_size": s.vocab,
        "tie_word_embeddings": s.tied,
        "hidden_act": "silu" if s.mlp_matrices == 3 else "relu2",
    }
    if s.experts:
        config |= {
            "num_local_experts": s.experts,
            "num_experts_per_tok": s.active_experts,
            "n_shared_experts": s.shared_experts,
            "moe_intermediate_size": s.expert_d_ff,
            "first_k_dense_replace": s.dense_layers,
        }
    if s.kv_rank:
        config |= {
            "kv_lora_rank": s.kv_rank,
            "q_lora_rank": s.q_rank,
            "qk_rope_head_dim": s.rope_dim,
            "qk_nope_head_dim": s.nope_dim,
            "v_head_dim": s.v_dim,
        }
    if s.window_layers:
        kinds = ["sliding_attention"] * int(s.window_layers) + ["full_attention"] * int(s.layers - s.window_layers)
        config |= {"sliding_window": s.window} | ({"layer_types": kinds} if s.window_layers < s.layers else {})
    return config


def test_the_command_prints_a_line_for_each_file(root):
    files = [str(FILES / f"{name}.json") for name in ("x-bloom-176b", "ome--bge_large", "x-falcon-7b", "not-there")]
    done = subprocess.run(
        [sys.executable, "-m", "generators", "shape", *files], cwd=root, capture_output=True, text=True
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["parameters"] for row in rows] == [pytest.approx(176.2e9, rel=0.001), pytest.approx(6.922e9, rel=0.001)]
    assert (
        done.returncode == 1
        and len(done.stderr.splitlines()) == 2
        and "encoder" in done.stderr
        and "not-there" in done.stderr
    )
    assert {"kv_bytes_per_token", "kv_bytes_131072", "state_bytes", "weights_read_batch1", "notes"} <= set(rows[0])


@pytest.mark.parametrize("text", ["a.b(1)", "f'{a}'", "lambda: 1", "__import__('os')", "a < b < c", "a[0]", "1 +"])
def test_the_language_of_the_rules_holds_nothing_else(text):
    with pytest.raises(BookError):
        tree(text, "here")
