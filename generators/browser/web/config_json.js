// A pasted config.json as the model's shape, or one line that says what is missing.  Text only: nothing of it is executed.
import { model } from "./model.js";
import { ownModel } from "./explorer_state.js";

const LONGEST_CONFIG = 200000;
const NAMES = {
  layers: ["num_hidden_layers", "n_layer", "num_layers"],
  d_model: ["hidden_size", "n_embd", "d_model"],
  heads: ["num_attention_heads", "n_head"],
  vocab: ["vocab_size"],
};
const GATELESS = ["gpt2", "opt", "gpt_neox", "falcon", "starcoder2", "phi"];

export function shapeOf(text) {
  if (text.length > LONGEST_CONFIG) return fail(`found ${text.length} characters, wanted at most ${LONGEST_CONFIG}`);
  let config;
  try {
    config = JSON.parse(text);
  } catch {
    return fail("this is not JSON; paste the whole config.json, from { to }");
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) return fail("wanted a JSON object, { … }");
  if (typeof config.text_config === "object" && config.text_config) config = config.text_config;
  const shape = { ...model.inputs.Shape() };
  for (const [field, names] of Object.entries(NAMES)) {
    const value = first(config, names);
    if (!whole(value)) return fail(`found no whole number for ${names[0]}`);
    shape[field] = value;
  }
  const told = dense(config, shape) || experts(config, shape) || latent(config, shape) || windows(config, shape);
  if (told) return fail(told);
  const of = ownModel(Object.values(shape).map(Number));
  if (!of) return fail("these numbers are no transformer: each must be above zero and at most ten million");
  return { of, notes: notes(config, shape) };
}

const fail = (error) => ({ error: `config.json: ${error}` });
const whole = (value) => Number.isInteger(value) && value > 0 && value <= 1e7;
const first = (config, names) => names.map((name) => config[name]).find((value) => value !== undefined && value !== null);

function dense(config, shape) {
  shape.kv_heads = first(config, ["num_key_value_heads"]) ?? (config.multi_query ? 1 : shape.heads);
  shape.head_dim = config.head_dim ?? shape.d_model / shape.heads;
  shape.d_ff = first(config, ["intermediate_size", "n_inner", "ffn_dim"]) ?? 4 * shape.d_model;
  if (!whole(shape.kv_heads) || shape.heads % shape.kv_heads) return `num_key_value_heads must divide num_attention_heads (${shape.heads})`;
  if (!whole(shape.head_dim)) return "found no whole head_dim, and hidden_size is no multiple of num_attention_heads";
  if (!whole(shape.d_ff)) return "found no whole number for intermediate_size";
  shape.tied = config.tie_word_embeddings === true || ["gpt2", "gemma", "gemma2", "gemma3_text"].includes(config.model_type);
  shape.mlp_matrices = GATELESS.includes(config.model_type) ? 2 : 3;
  shape.qkv_bias = config.attention_bias === true || config.model_type === "qwen2" ? 1 : 0;
  shape.qk_norm = ["qwen3", "qwen3_moe", "gemma3_text"].includes(config.model_type) ? 1 : 0;
  return "";
}

function experts(config, shape) {
  const all = first(config, ["num_local_experts", "n_routed_experts", "num_experts"]);
  if (!all) return "";
  shape.experts = all;
  shape.active_experts = first(config, ["num_experts_per_tok", "experts_per_token"]);
  shape.expert_d_ff = first(config, ["moe_intermediate_size"]) ?? shape.d_ff;
  shape.shared_experts = config.n_shared_experts ?? 0;
  shape.dense_layers = config.first_k_dense_replace ?? 0;
  if (!whole(shape.experts) || !whole(shape.active_experts) || shape.active_experts > shape.experts) return "found experts without a whole num_experts_per_tok of at most as many";
  if (!whole(shape.expert_d_ff)) return "found no whole number for moe_intermediate_size";
  return shape.dense_layers > shape.layers ? "first_k_dense_replace exceeds num_hidden_layers" : "";
}

function latent(config, shape) {
  if (!config.kv_lora_rank) return "";
  const needed = { kv_rank: "kv_lora_rank", rope_dim: "qk_rope_head_dim", nope_dim: "qk_nope_head_dim", v_dim: "v_head_dim" };
  for (const [field, name] of Object.entries(needed)) {
    if (!whole(config[name])) return `found no whole number for ${name}, which latent attention needs`;
    shape[field] = config[name];
  }
  shape.q_rank = config.q_lora_rank ?? 0;
  shape.head_dim = shape.v_dim;
  return "";
}

function windows(config, shape) {
  if (!config.sliding_window || config.use_sliding_window === false) return "";
  if (!whole(config.sliding_window)) return "found no whole number for sliding_window";
  const every = config.sliding_window_pattern;
  shape.window = config.sliding_window;
  if (Array.isArray(config.layer_types)) shape.window_layers = config.layer_types.filter((kind) => kind === "sliding_attention").length;
  else if (whole(every)) shape.window_layers = shape.layers - Math.floor(shape.layers / every);
  else shape.window_layers = config.model_type === "gemma2" ? Math.ceil(shape.layers / 2) : shape.layers;
  return shape.window_layers > shape.layers ? "layer_types is longer than num_hidden_layers" : "";
}

function notes(config, shape) {
  const said = [];
  if (config.tie_word_embeddings === undefined && !shape.tied) said.push("It does not say whether the head shares the embedding table; taken as not shared.");
  if (!config.hidden_act && !config.model_type) said.push("The MLP is taken as gated, of three matrices.");
  said.push("Norms and small biases, under a thousandth of the weights, are estimated.");
  return said.join(" ");
}
