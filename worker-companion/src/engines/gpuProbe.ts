// Finds the GPUs of this machine by asking their vendors' tools, each within a short limit.
// Everything may be absent: no tool, no GPU, a field that says [N/A] or a form that a new version changed is never an error.
import { execFile } from "node:child_process";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import type { Gpu } from "#protocol/node.ts";
import { byteCount } from "#protocol/quantities.ts";

/** A driver that hangs must not hang the worker. */
export const GPU_PROBE_MS_MAX = 3_000;
/** `nodeCapabilities` carries no more. */
export const GPUS_MAX = 64;

const ANSWER_BYTES_MAX: number = 1024 * 1024;
const MEBIBYTE: number = 1024 * 1024;
const NAME_CHARACTERS_MAX = 256;

export async function probeGpus(signal: AbortSignal): Promise<readonly Gpu[]> {
  const [nvidia, amd] = await Promise.all([
    ask("nvidia-smi", ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"], signal),
    ask("amd-smi", ["static", "--json"], signal),
  ]);
  return [...parseNvidia(nvidia), ...parseAmd(amd)].slice(0, GPUS_MAX);
}

/** Lines of `name, MiB`. NVIDIA does not promise this form for ever: what does not fit is left out. */
export function parseNvidia(text: string): readonly Gpu[] {
  return text.split("\n").flatMap((line) => {
    // A name may hold a comma, the memory never does.
    const at = line.lastIndexOf(",");
    if (at < 1) return [];
    return gpu(line.slice(0, at), Number.parseInt(line.slice(at + 1), 10) * MEBIBYTE);
  });
}

const memorySchema = z.looseObject({ value: z.number(), unit: z.string().optional() });
const amdGpuSchema = z.looseObject({
  asic: z.looseObject({ market_name: z.string() }),
  vram: z.looseObject({ size: z.union([memorySchema, z.string()]).optional() }).optional(),
});
const amdSchema = z.union([
  z.array(z.unknown()),
  z.looseObject({ gpu_data: z.array(z.unknown()) }).transform(({ gpu_data: data }) => data),
]);

/** The list of `amd-smi static --json`, bare or under `gpu_data` as later versions have it. */
export function parseAmd(text: string): readonly Gpu[] {
  const decoded = decodeJson(amdSchema, text);
  if (!decoded.ok) return [];
  return decoded.value.flatMap((item) => {
    const found = amdGpuSchema.safeParse(item);
    if (!found.success) return [];
    const memory = found.data.vram?.size;
    const mebibytes = typeof memory === "object" ? memory.value : Number.NaN;
    return gpu(found.data.asic.market_name, mebibytes * MEBIBYTE);
  });
}

function gpu(name: string, memoryBytes: number): readonly Gpu[] {
  const trimmed = name.trim().slice(0, NAME_CHARACTERS_MAX);
  if (trimmed === "") return [];
  const known = Number.isSafeInteger(memoryBytes) && memoryBytes > 0;
  return [known ? { name: trimmed, memoryBytes: byteCount(memoryBytes) } : { name: trimmed }];
}

/** What the tool printed; empty where it is absent, fails, or takes too long. */
function ask(tool: string, words: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    // A tool that is absent leaves `execFile`'s listener on its signal for ever, and a worker asks before every dial.
    const asked = new AbortController();
    const stop = (): void => asked.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const limits = { timeout: GPU_PROBE_MS_MAX, killSignal: "SIGKILL", maxBuffer: ANSWER_BYTES_MAX } as const;
    execFile(tool, [...words], { ...limits, signal: asked.signal }, (error, stdout) => {
      signal.removeEventListener("abort", stop);
      resolve(error === null ? stdout : "");
    });
  });
}
