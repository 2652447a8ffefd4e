// What each worker of the browser probe runs: takes memory in steps, then reads it for as long as it is told to.
// Self-contained: from a folder, where no worker may be loaded from a file, this function's own text becomes the worker.
export function probeWorker(scope) {
  const MIB = 1048576;
  const GROW = 64 * MIB; // memory is asked for in such steps
  const AT_ONCE = 4 * MIB; // bytes between two looks at the clock, about 0.1 ms
  const now = () => performance.timeOrigin + performance.now();
  let held = 0; // bytes
  let at = 0;
  let readPart = null; // reads `bytes` from byte `from` on

  function takeWasm(bytes, code) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { read } = new WebAssembly.Instance(new WebAssembly.Module(code), { probe: { memory } }).exports;
    const page = 65536;
    let filled = 0;
    while (filled < bytes) {
      const wanted = Math.min(bytes, filled + GROW);
      try {
        memory.grow(Math.ceil(wanted / page) - memory.buffer.byteLength / page);
      } catch {
        break; // what is there must do
      }
      // untouched pages would all be one page of zeros, read from the cache
      new Uint8Array(memory.buffer, filled, wanted - filled).fill(1);
      filled = wanted;
    }
    return [filled, (from, size) => read(from, size / 4)];
  }

  // Without SIMD: eight sums side by side, so that an addition need not wait for the one before it.
  function takePlain(bytes) {
    const parts = [];
    const each = Math.min(bytes, GROW);
    while (parts.length * each < bytes) {
      try {
        const part = new Float64Array(each / 8);
        new Uint8Array(part.buffer).fill(1);
        parts.push(part);
      } catch {
        break;
      }
    }
    const read = (from, size) => {
      const part = parts[Math.floor(from / each)];
      const first = (from % each) / 8;
      let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let i = first; i < first + size / 8; i += 8) {
        a += part[i]; b += part[i + 1]; c += part[i + 2]; d += part[i + 3];
        e += part[i + 4]; f += part[i + 5]; g += part[i + 6]; h += part[i + 7];
      }
      return a + b + c + d + e + f + g + h;
    };
    return [parts.length * each, read];
  }

  function take({ bytes, code }) {
    let why = "";
    at = 0;
    if (code) {
      try {
        [held, readPart] = takeWasm(bytes, code);
        return { held, method: "wasm-simd", why };
      } catch (error) {
        why = String(error.message || error).slice(0, 200); // an old browser, or a policy that does not allow WebAssembly
      }
    }
    [held, readPart] = takePlain(bytes);
    return { held, method: "javascript", why };
  }

  // Reads from `from` until `until`, both on the clock that all workers share.
  function window({ from, until }) {
    const step = Math.min(AT_ONCE, held);
    let sum = 0;
    let bytes = 0;
    while (now() < from);
    const begin = now();
    let end = begin;
    do { // at least once, however late this worker begins
      for (let done = 0; done < AT_ONCE; done += step) {
        sum += readPart(at, step);
        at = at + 2 * step <= held ? at + step : 0;
        bytes += step;
      }
      end = now();
    } while (end < until);
    return { begin, end, bytes, sum };
  }

  scope.onmessage = ({ data }) => {
    try {
      scope.postMessage(data.kind === "take" ? take(data) : window(data));
    } catch (error) {
      scope.postMessage({ failed: String(error.message || error).slice(0, 200) });
    }
  };
}
