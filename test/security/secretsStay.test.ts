// A secret in a command line or in a prompt is caught where a job is made, whatever the surface it was typed at.
// The detector's own tests show which forms it knows; these show that nothing goes past it.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { collectJob, type JobServices } from "../../server/src/adapters/api/jobInputs.ts";
import { FindingsCache } from "../../server/src/adapters/collect/findingsCache.ts";
import { promptItem } from "../../server/src/adapters/collect/promptItem.ts";
import { createSecretDetector } from "../../server/src/adapters/collect/secretDetector.ts";
import type { Placement } from "../../server/src/home/scheduler/place.ts";
import { GPU, LOCAL, MODEL } from "../simulation/homeScenario.ts";
import { MemoryBlobs } from "../simulation/memoryBlobs.ts";
import { createRedactor } from "#platform/redaction/redactor.ts";
import type { JobSpec } from "#protocol/job.ts";
import { TEST_REDACTION, TEST_SECRET } from "../simulation/testRedaction.ts";
import { PLANTED_SECRETS } from "../simulation/plantedSecrets.ts";

const TOKEN = PLANTED_SECRETS["github"] ?? "";

const elsewhere: Placement = {
  kind: "placement",
  target: GPU.nodeId,
  name: GPU.name,
  local: false,
  rule: "asked-for",
  why: "You asked for it.",
  localAlternative: "This machine can do it too.",
  model: MODEL,
  rejected: [],
};
const here: Placement = { ...elsewhere, target: LOCAL.nodeId, name: "local", local: true };

interface Bench {
  readonly blobs: MemoryBlobs;
  readonly command: (argv: readonly string[], placed: Placement) => ReturnType<typeof collectJob>;
  readonly ask: (prompt: string, system: string, placed: Placement) => ReturnType<typeof collectJob>;
}

async function bench(context: TestContext): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "arw-secrets-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "notes.txt"), "nothing to hide\n");
  const blobs = new MemoryBlobs();
  const detector = createSecretDetector(await FindingsCache.open(join(tmpdir(), "no-such-cache", "findings.json")));
  const services: JobServices = {
    workspaceFolder: folder,
    blobs,
    detector,
    redaction: TEST_REDACTION,
    neverLeaves: [],
    classOf: () => ({}),
  };
  const never = new AbortController().signal;
  return {
    blobs,
    command: (argv, placed) => {
      const request = { kind: "command", argv, folder: ".", outputs: [], dependencies: { kind: "nothing" } } as const;
      return collectJob(services, request, placed, never);
    },
    ask: (prompt, system, placed) => collectJob(services, { kind: "ask", prompt, system }, placed, never),
  };
}

function job(collected: Awaited<ReturnType<typeof collectJob>>): JobSpec {
  assert.ok(collected.kind === "collected");
  return collected.previewed.job;
}

test("a command line with a secret in it does not become a job for another machine", async (context) => {
  const { blobs, command } = await bench(context);
  const refused = await command(["curl", "-H", `Authorization: Bearer ${TOKEN}`, "https://api.example"], elsewhere);
  assert.ok(refused.kind === "refusal");
  assert.equal(refused.code, "command-has-secret");
  assert.ok(!`${refused.message}${refused.advice}`.includes(TOKEN), "the refusal does not repeat the secret");
  for (const bytes of blobs.stored.values()) assert.ok(!Buffer.from(bytes).includes(TOKEN));
});

test("the same command may run here, and without the secret also there", async (context) => {
  const { command } = await bench(context);
  const argv = ["deploy", "--token", TOKEN];
  assert.deepEqual(job(await command(argv, here)), { ...job(await command(["x"], here)), argv });
  assert.equal(job(await command(["deploy", "--dry-run"], elsewhere)).kind, "command");
});

test("a prompt that goes to another machine leaves as the redactor's output, and says what was taken out", async (context) => {
  const { blobs, ask } = await bench(context);
  for (const secret of [TEST_SECRET, ...Object.values(PLANTED_SECRETS)]) {
    for (const [prompt, system] of [
      [`why is ${secret} refused?`, "be brief"],
      ["why is it refused?", `the token is ${secret}`],
    ] as const) {
      const collected = await ask(prompt, system, elsewhere);
      assert.ok(collected.kind === "collected", JSON.stringify(collected));
      assert.equal(collected.previewed.removed?.length, 1);
      const [item] = collected.items;
      assert.equal(item?.digest, collected.previewed.job.kind === "ask" ? collected.previewed.job.prompt : "");
      assert.equal(await blobs.size(item.digest), item.bytes);
    }
    for (const bytes of blobs.stored.values()) {
      assert.ok(!Buffer.from(bytes).includes(JSON.stringify(secret).slice(1, -1)), secret.slice(0, 8));
    }
  }
  assert.equal(job(await ask("why?", "be brief", elsewhere)).kind, "ask");
});

test("the same prompt is asked here as it is", async (context) => {
  const { blobs, ask } = await bench(context);
  const asked = job(await ask(`why is ${TOKEN} refused?`, "be brief", here));
  assert.ok(asked.kind === "ask");
  assert.ok(Buffer.from(blobs.stored.get(asked.prompt) ?? []).includes(TOKEN));
});

test("what the redactor does not know and another detector finds is refused, and stored nowhere", async () => {
  const blobs = new MemoryBlobs();
  const ignorant = createRedactor({ runs: [], forms: [], tellingNames: [], passwordNames: [] }, [], new Uint8Array(32));
  const messages = [{ role: "user", content: `read this\nand that ${TOKEN}` }] as const;
  const destination = { kind: "remote", redactor: ignorant } as const;
  const refused = await promptItem(messages, destination, blobs, new AbortController().signal);
  assert.ok(refused.kind === "refusal");
  assert.equal(refused.code, "prompt-has-secret");
  assert.match(refused.message, /line 2 of the user message/u);
  assert.ok(!`${refused.message}${refused.advice}`.includes(TOKEN), "the refusal does not repeat the secret");
  assert.equal(blobs.stored.size, 0);
});
