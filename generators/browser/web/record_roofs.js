// No row of a record may be faster than the roof that the same record measured: generators/measure/roofs.py, in the browser.
const QUICKEST = 1.5;
const OVER = 1.02;
const KEPT = 4;
const MEMORY = ["read-bandwidth", "copy-bandwidth", "triad-bandwidth", "product-by-size", "peer-read", "peer-copy", "peer-triad"];
const CACHED = ["cache-read-bandwidth", "read-by-size", "copy-by-size", "triad-by-size"];
const PRODUCTS = ["matmul-peak", "peer-product", "rows-sweep"];
const SAME = { tf32: ["tf32"], float32: ["float32", "tf32"] };
const most = (values) => Math.max(0, ...values);

// Bytes of the device's largest cache: the processor's as its environment lists them, a GPU's as told; else 0.
function lastLevelCache(record) {
  const { caches: told, last_level_cache_bytes: own } = record.environment;
  if (record.machine.device !== "cpu") return Number.isInteger(own) && own > 0 && own <= 2 ** 32 ? own : 0;
  if (!Array.isArray(told)) return 0;
  const sizes = told.map((line) => /^L[1-4]d? ([0-9]{1,15}) bytes$/.exec(line)).filter(Boolean).map((match) => Number(match[1]));
  return most(sizes.filter((size) => size <= 2 ** 32));
}

const beside = (row) => (row.noise && row.noise.reference_seconds) || 0;

// The ceilings of one record, gathered once.
function gathered(record, done) {
  const peaks = new Map();
  for (const row of done.filter(({ name }) => PRODUCTS.includes(name))) {
    const dtype = row.parameters.dtype ?? null;
    peaks.set(dtype, Math.max(row.flops, peaks.get(dtype) || 0));
  }
  const named = (names) => done.filter(({ name }) => names.includes(name));
  const memory = named(MEMORY);
  const reference = named(["reference-read"]);
  const fastest = (rows) => most((rows.length ? rows : reference).map(({ bandwidth }) => bandwidth));
  const waits = memory.map(beside).filter(Boolean);
  return {
    peaks, memory: fastest(memory), cached: fastest([...memory, ...named(CACHED)]),
    slowest: waits.length ? Math.max(...waits) : 0, cache: lastLevelCache(record),
  };
}

// The best product rate in this row's number format, or in any where its own was not measured.
function peak({ peaks }, row) {
  const dtype = row.parameters.dtype ?? null;
  const same = Object.hasOwn(SAME, dtype) ? SAME[dtype] : [dtype];
  const own = same.filter((name) => peaks.has(name)).map((name) => peaks.get(name));
  return most(own.length ? own : peaks.values());
}

// A shared machine may speed up: how much faster the reference ran beside this row than beside the ceilings.
function quicker({ slowest }, row) {
  return beside(row) && slowest ? Math.min(QUICKEST, Math.max(1, slowest / beside(row))) : 1;
}

// What is faster than its roof by over 2 %, in one line; empty where nothing is.  `done` are the measured rows, timed.
export function miscounted(record, done) {
  const roofs = gathered(record, done);
  for (const row of done) {
    const resident = row.parameters.resident || row.work.bytes < KEPT * roofs.cache;
    const limits = [
      [PRODUCTS.includes(row.name) ? 0 : row.flops, peak(roofs, row), "FLOP"],
      [row.kind === "workload" ? row.bandwidth : 0, resident ? roofs.cached : roofs.memory, "bytes"],
    ];
    for (const [rate, roof, what] of limits) {
      if (rate && roof && rate > OVER * roof * quicker(roofs, row)) return `case ${row.name} is over its roof in the same record: its ${what} are miscounted`;
    }
  }
  return "";
}
