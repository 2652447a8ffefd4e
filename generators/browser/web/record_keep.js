// The reader's own record: kept in this browser only, until removed.  What is kept is checked again whenever it is read.
import { checked } from "./record_check.js";
import { summary } from "./record_summary.js";

const PLACE = "memory-bound.record";

export function kept() {
  try {
    const words = localStorage.getItem(PLACE);
    if (!words) return null;
    const { record } = checked(words);
    return record ? summary(record) : null;
  } catch {
    return null; // storage is off, or holds what an older edition wrote
  }
}

// Take a file: { own } when it is a record, { error } otherwise; `remembered` says whether it could be kept.
export async function take(file) {
  if (file.size > 8000000) return { error: `the file has ${file.size} bytes, wanted at most 8000000` };
  let words;
  try {
    words = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
  } catch {
    return { error: "the file holds bytes that are no UTF-8; drop the record that nox -s measure wrote" };
  }
  const { record, error } = checked(words, file.size);
  if (error) return { error };
  const own = summary(record);
  if (!own) return { error: "the record holds no measured read-bandwidth and matmul-peak to predict from; measure a whole profile" };
  let remembered = true;
  try {
    localStorage.setItem(PLACE, words);
  } catch {
    remembered = false; // private windows and full storage: it is shown until the page is left
  }
  return { own, remembered };
}

export function forgetRecord() {
  try {
    localStorage.removeItem(PLACE);
  } catch {
    return; // storage is off: nothing was kept
  }
}
