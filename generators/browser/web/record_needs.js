// What a measured case must hold so that the book can compute with it: generators/catalog/case_needs.py, in the browser.
const DTYPES = ["float32", "bfloat16", "float16"];
const positive = [(v) => typeof v === "number" && v > 0 && v <= 1e15, "a number above zero"];
const counted = [(v) => typeof v === "number" && v >= 0 && v <= 1e15, "a number of zero or more"];
const parameters = [(v) => typeof v === "number" && v >= 1 && v <= 1e15, "a number from 1 to 1e15"];
const cached = [(v) => typeof v === "number" && v >= 0 && v <= 1e9, "a number from 0 to 1e9"]; // a mean over steps
const countedOrNone = [(v) => v === null || v === undefined || counted[0](v), counted[1]];
const truth = [(v) => typeof v === "boolean", "true or false"];
const word = [(v) => typeof v === "string" && v.length > 0 && [...v].length <= 60, "a word"];
const dtype = [(v) => DTYPES.includes(v), `one of ${DTYPES.join(", ")}`];
const size = [(v) => Number.isInteger(v) && v >= 1 && v <= 1e9, "a whole number from 1 to 1e9"];
const shape = Object.fromEntries(["layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff", "vocab"].map((name) => [name, size]));
const sized = { ...shape, dtype, batch: size, context: cached };
const moved = ["bytes", "flop", "tokens"];

// By case name: its kind, its parameters, and the work that cannot be zero.
export const NEEDS = {
  "read-bandwidth": ["ceiling", { method: word }, ["bytes"]],
  "matmul-peak": ["ceiling", { dtype: word }, ["flop"]],
  "product-by-size": ["ceiling", { matrix_bytes: positive, dtype }, ["bytes"]],
  "step-overhead": ["ceiling", { ...shape, dtype, mode: word }, []],
  "rows-sweep": ["workload", { dtype, rows: size, d_in: size, d_out: size }, ["bytes", "flop"]],
  decode: ["workload", { ...sized, parameters, tied: truth, aten_ops_per_step: countedOrNone }, moved],
  "decode-batch": ["workload", { ...sized, model: word }, moved],
  "decode-context": ["workload", { ...sized, attention: word }, moved],
  prefill: ["workload", { ...shape, model: word, dtype, tokens: size }, moved],
  verify: ["workload", { ...sized, model: word, new_tokens: size }, moved],
  "step-with-cache": ["workload", { ...sized, model: word }, moved],
  "step-without-cache": ["workload", { ...sized, model: word }, moved],
  interference: ["workload", {
    ...shape, policy: word, batch: size, cached, prompt_tokens: size, step: counted, decode_tokens: counted, prefill_tokens: counted, dtype,
  }, ["bytes", "flop"]],
  serving: ["workload", { policy: word, load: positive, batch: size, requests: size, metric: word, dtype }, []],
};
