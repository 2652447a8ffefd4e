// The GPU's memory as WebGPU reads it: a buffer well beyond its caches, summed again and again in one submission.
export const MIB = 1048576;
const LEAST = 30; // ms that a submission lasts at least: the browser's clock is coarse
const GROUPS = 4096;
const FACTOR = 2654435761; // the buffer holds i × FACTOR modulo 2^32, which no compression shortens
const SHADER = [
  "@group(0) @binding(0) var<storage, read_write> data: array<vec4<u32>>;",
  "@group(0) @binding(1) var<storage, read_write> sums: array<atomic<u32>>;",
  "var<workgroup> parts: array<u32, 256>;",
  "@compute @workgroup_size(256)",
  "fn fill(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {",
  "  for (var at = id.x; at < arrayLength(&data); at += groups.x * 256u) {",
  "    let first = at * 4u;",
  `    data[at] = vec4<u32>(first, first + 1u, first + 2u, first + 3u) * ${FACTOR}u;`,
  "  }",
  "}",
  "@compute @workgroup_size(256)",
  "fn read(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32, @builtin(num_workgroups) groups: vec3<u32>) {",
  "  var sum = vec4<u32>();",
  "  for (var at = id.x; at < arrayLength(&data); at += groups.x * 256u) { sum += data[at]; }",
  "  parts[local] = sum.x + sum.y + sum.z + sum.w;",
  "  workgroupBarrier();",
  "  if (local == 0u) {",
  "    var whole = 0u;",
  "    for (var at = 0u; at < 256u; at += 1u) { whole += parts[at]; }",
  "    atomicAdd(&sums[0], whole);",
  "  }",
  "}",
].join("\n");

// Bytes per second of the best round, or `why` there are none.  `stop()` throws when the reader has stopped the run.
export async function readGpu(stop, software = false) {
  if (!navigator.gpu) return { why: "this browser offers no WebGPU" };
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) return { why: "WebGPU found no adapter" };
  const about = adapter.info || {};
  if ((about.isFallbackAdapter || adapter.isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${about.architecture} ${about.description}`)) && !software) {
    return { why: "WebGPU offers a software adapter only, which is the processor again" };
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const bytes = Math.floor(Math.min(software ? 16 * MIB : 512 * MIB, maxBufferSize, maxStorageBufferBindingSize) / MIB) * MIB;
  let device = null;
  try {
    device = await adapter.requestDevice({ requiredLimits: { maxBufferSize: bytes, maxStorageBufferBindingSize: bytes } });
    return { ...(await timeGpu(device, bytes, stop)), bytes, name: [about.vendor, about.architecture].filter(Boolean).join(" ").slice(0, 40) };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { why: `WebGPU failed: ${String(error.message || error).slice(0, 120)}` };
  } finally {
    if (device) device.destroy(); // gives the memory back
  }
}

async function timeGpu(device, bytes, stop) {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  const data = device.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE });
  const sums = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  const seen = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const module = device.createShaderModule({ code: SHADER });
  const layout = device.createBindGroupLayout({ entries: [0, 1].map((binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type: "storage" } })) });
  const pipelines = ["fill", "read"].map((entryPoint) => device.createComputePipeline({ layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }), compute: { module, entryPoint } }));
  const bound = device.createBindGroup({ layout, entries: [data, sums].map((buffer, binding) => ({ binding, resource: { buffer } })) });
  const submit = async (pipeline, passes) => {
    stop();
    const encoder = device.createCommandEncoder();
    for (let at = 0; at < passes; at += 1) {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bound);
      pass.dispatchWorkgroups(GROUPS);
      pass.end();
    }
    const began = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - began;
  };
  await submit(pipelines[0], 1);
  const [validation, memory] = [await device.popErrorScope(), await device.popErrorScope()];
  if (validation || memory) throw validation || memory;
  await checkGpu(device, submit, pipelines[1], { sums, seen, bytes });
  let passes = 1;
  let time = await submit(pipelines[1], passes);
  while (time < LEAST && passes < 4096) {
    passes *= 2;
    time = await submit(pipelines[1], passes);
  }
  const rates = [];
  for (let at = 0; at < 5; at += 1) rates.push((passes * bytes) / (await submit(pipelines[1], passes)) * 1e3);
  const ordered = [...rates].sort((a, b) => a - b);
  return { best: ordered[4], median: ordered[2], rounds: rates };
}

// The sum of i × FACTOR over all i, modulo 2^32, is known: a shader that reads less than all of it would not give it.
async function checkGpu(device, submit, pipeline, { sums, seen, bytes }) {
  await submit(pipeline, 1);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(sums, 0, seen, 0, 4);
  device.queue.submit([encoder.finish()]);
  await seen.mapAsync(GPUMapMode.READ);
  const found = BigInt(new Uint32Array(seen.getMappedRange())[0]);
  const count = BigInt(bytes / 4);
  const wanted = (BigInt(FACTOR) * ((count * (count - 1n)) / 2n)) % 4294967296n;
  if (found !== wanted) throw new Error("its sum is wrong");
}
