// GPUs as their vendors' tools describe them, today's forms and odd ones.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { parseAmd, parseNvidia, probeGpus } from "./gpuProbe.ts";

test("nvidia-smi's lines become GPUs; [N/A] leaves the memory out", () => {
  const text = "NVIDIA H100 80GB HBM3, 81559\nNVIDIA GB10, [N/A]\nQuadro, RTX 6000, 24576\n";
  assert.deepEqual(parseNvidia(text), [
    { name: "NVIDIA H100 80GB HBM3", memoryBytes: 81_559 * 1024 * 1024 },
    { name: "NVIDIA GB10" },
    { name: "Quadro, RTX 6000", memoryBytes: 24_576 * 1024 * 1024 },
  ]);
});

test("an absent tool, a driver's complaint and an empty answer are no GPU", () => {
  assert.deepEqual(parseNvidia(""), []);
  assert.deepEqual(parseNvidia("No devices were found\n"), []);
  assert.deepEqual(parseAmd(""), []);
  assert.deepEqual(parseAmd("{}"), []);
  assert.deepEqual(parseAmd('[{"gpu":0}]'), []);
});

test("amd-smi's list is read bare and under gpu_data, with and without memory", () => {
  const item = { gpu: 0, asic: { market_name: "AMD Instinct MI300X" }, vram: { size: { value: 196_592, unit: "MB" } } };
  const found = [{ name: "AMD Instinct MI300X", memoryBytes: 196_592 * 1024 * 1024 }];
  assert.deepEqual(parseAmd(JSON.stringify([item])), found);
  assert.deepEqual(parseAmd(JSON.stringify({ gpu_data: [item] })), found);
  assert.deepEqual(parseAmd(JSON.stringify([{ ...item, vram: { size: "N/A" } }])), [{ name: "AMD Instinct MI300X" }]);
});

test("a probe leaves nothing on the signal of its asker, whether the tools are there or not", async () => {
  const { signal } = new AbortController();
  for (let dial = 0; dial < 3; dial++) await probeGpus(signal);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("a probe that is given up ends without an answer", async () => {
  assert.deepEqual(await probeGpus(AbortSignal.abort()), []);
});
