// Each of the doctor's checks alone, on facts as a machine may give them: well, doubtful and broken.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { ID_ENTROPY_BYTES, nodeId } from "#protocol/ids.ts";
import type { ModelAdvert, SandboxRule } from "#protocol/node.ts";
import { byteCount } from "#protocol/quantities.ts";
import { CLOCK_FAIL_MS, CLOCK_WARN_MS, DISK_FAIL_BYTES, DISK_WARN_BYTES, DOCTOR_CHECKS, examine } from "./checks.ts";
import type { Finding } from "./checks.ts";
import type { DoctorFacts } from "./doctorFacts.ts";

const DEMO: ModelAdvert = { name: "demo model", digest: digestOf("demo"), bytes: byteCount(1), demo: true };
const OWN: ModelAdvert = { ...DEMO, name: "qwen3-32b", demo: false };
const RULES: readonly SandboxRule[] = [
  "no-network",
  "private-files",
  "memory-limit",
  "process-limit",
  "file-size-limit",
];
const TROUBLE = { problem: "it is broken", fix: "mend it" };
const NO_BWRAP = {
  kind: "command",
  state: "absent",
  reason: "bubblewrap is not installed",
  advice: "sudo apt-get install -y bubblewrap",
} as const;
const NO_LLAMA = {
  kind: "llama",
  state: "absent",
  reason: "not installed",
  advice: "arw-worker engines add llama",
} as const;

const WELL: DoctorFacts = {
  platform: "linux",
  stateFolder: { path: "/state/worker", troubles: [] },
  rules: { kind: "absent" },
  disk: { folder: "/state/worker", freeBytes: DISK_WARN_BYTES },
  sandbox: { kind: "bubblewrap", version: "0.8.0", enforces: RULES },
  engines: [
    { kind: "command", state: "ready" },
    { kind: "llama", state: "ready", models: [DEMO, OWN] },
  ],
  llamaBuild: "cpu",
  gpus: [],
  models: { folder: "/state/models", unreadable: [] },
  membership: { kind: "joined", name: "box", homeId: nodeId.from(new Uint8Array(ID_ENTROPY_BYTES)) },
  home: { kind: "reached", by: "doctor", clockAheadMs: 0 },
  ledger: { kind: "seen", size: 4 },
};

function find(check: string, facts: Partial<DoctorFacts>): Finding {
  const found = DOCTOR_CHECKS.find(({ name }) => name === check);
  if (found === undefined) throw new Error(`there is no check ${check}`);
  return found.judge({ ...WELL, ...facts });
}

test("a machine that is well has nothing to mend", () => {
  const reports = examine(WELL);
  assert.deepEqual(
    reports.filter(({ state }) => state !== "ok"),
    [],
  );
  assert.equal(new Set(reports.map(({ check }) => check)).size, DOCTOR_CHECKS.length);
});

const CASES: readonly (readonly [string, string, Finding["state"], Partial<DoctorFacts>, RegExp])[] = [
  [
    "a folder that others may enter",
    "state-folder",
    "fail",
    { stateFolder: { path: "/s", troubles: [TROUBLE] } },
    /mend it/u,
  ],
  [
    "rules that cannot be read",
    "rules",
    "fail",
    { rules: { kind: "unreadable", trouble: TROUBLE } },
    /every job is refused/u,
  ],
  ["a full disk", "disk", "fail", { disk: { folder: "/s", freeBytes: DISK_FAIL_BYTES - 1 } }, /--state/u],
  ["a nearly full disk", "disk", "warn", { disk: { folder: "/s", freeBytes: DISK_WARN_BYTES - 1 } }, /10\.0 GiB/u],
  ["a disk that does not tell", "disk", "warn", { disk: { folder: "/s", freeBytes: undefined } }, /unknown/u],
  [
    "no bubblewrap on Linux",
    "sandbox",
    "fail",
    { sandbox: { kind: "none", reason: NO_BWRAP.reason }, engines: [NO_BWRAP] },
    /apt-get install -y bubblewrap/u,
  ],
  [
    "no bubblewrap on a Mac",
    "sandbox",
    "warn",
    { platform: "darwin", sandbox: { kind: "none", reason: "Linux only" } },
    /join a Linux machine/u,
  ],
  [
    "a sandbox without a memory limit",
    "sandbox",
    "warn",
    { sandbox: { kind: "bubblewrap", version: "0.8.0", enforces: ["no-network"] } },
    /not memory-limit/u,
  ],
  [
    "one engine of two",
    "engines",
    "warn",
    { engines: [{ kind: "command", state: "ready" }, NO_LLAMA] },
    /engines add llama/u,
  ],
  ["no engine at all", "engines", "fail", { engines: [NO_BWRAP, NO_LLAMA] }, /no job can run/u],
  ["only the demo model", "models", "warn", { engines: [{ kind: "llama", state: "ready", models: [DEMO] }] }, /GGUF/u],
  ["a broken model", "models", "warn", { models: { folder: "/m", unreadable: ["half.gguf"] } }, /half\.gguf/u],
  ["an NVIDIA GPU that lies idle", "gpu", "warn", { gpus: [{ name: "NVIDIA GeForce RTX 4090" }] }, /--gpu cuda/u],
  ["an AMD GPU that lies idle", "gpu", "warn", { gpus: [{ name: "AMD Radeon RX 7900" }] }, /--gpu vulkan/u],
  [
    "a build for a GPU that is not here",
    "gpu",
    "warn",
    { llamaBuild: "vulkan", engines: [{ kind: "command", state: "ready" }, NO_LLAMA] },
    /engines add llama/u,
  ],
  ["no Home", "membership", "warn", { membership: { kind: "none" } }, /join <invite>/u],
  ["a damaged membership", "membership", "fail", { membership: { kind: "unusable", trouble: TROUBLE } }, /mend it/u],
  [
    "a Home that is away",
    "home",
    "fail",
    { home: { kind: "unreached", code: "home-unreachable", trouble: TROUBLE } },
    /mend it/u,
  ],
  ["a ledger that was rolled back", "ledger", "fail", { ledger: { kind: "alarm", trouble: TROUBLE } }, /mend it/u],
  ["a clock ahead", "clock", "warn", { home: { ...reached(), clockAheadMs: CLOCK_WARN_MS } }, /5 s ahead of/u],
  ["a clock far behind", "clock", "fail", { home: { ...reached(), clockAheadMs: -CLOCK_FAIL_MS } }, /120 s behind/u],
  [
    "a clock that certificates do not bear",
    "clock",
    "fail",
    { home: { kind: "unreached", code: "clock-skew", trouble: TROUBLE } },
    /mend it/u,
  ],
];

function reached(): { readonly kind: "reached"; readonly by: "doctor" } {
  return { kind: "reached", by: "doctor" };
}

for (const [what, check, state, facts, words] of CASES) {
  test(`${what} is found by the check ${check}, with cause and fix`, () => {
    const finding = find(check, facts);
    assert.equal(finding.state, state);
    assert.match(`${finding.cause} ${finding.fix}`, words);
    assert.notEqual(finding.fix, undefined);
  });
}

test("limits count from their first byte and millisecond on", () => {
  assert.equal(find("disk", { disk: { folder: "/s", freeBytes: DISK_FAIL_BYTES } }).state, "warn");
  assert.equal(find("clock", { home: { ...reached(), clockAheadMs: 1 - CLOCK_WARN_MS } }).state, "ok");
  assert.equal(find("clock", { home: { ...reached(), clockAheadMs: CLOCK_FAIL_MS - 1 } }).state, "warn");
});

test("what depends on something absent is not called broken", () => {
  assert.equal(find("models", { engines: [NO_LLAMA] }).state, "ok");
  assert.equal(find("home", { home: { kind: "not-asked" } }).state, "ok");
  assert.equal(find("clock", { home: { kind: "not-asked" } }).state, "ok");
});
