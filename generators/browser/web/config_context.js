// The longest context that a config.json names: where it names several, of its parts or beside a stretched one, the largest.
import { isContext } from "./explorer_state.js";

const KEYS = /"(?:max_position_embeddings|n_positions|n_ctx|max_seq_len|max_sequence_length|seq_length|model_max_length)"\s*:\s*(\d{1,8})\b/g;

export function contextOf(text) {
  const named = [...text.matchAll(KEYS)].map(([, digits]) => Number(digits)).filter(isContext);
  return named.length ? Math.max(...named) : Infinity;
}
