// The self-test passes on a machine that is well, names the first thing that is not, and keeps clustering off for it.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { epochMs } from "#protocol/quantities.ts";
import { openWorkerListener, type WorkerListenerOptions } from "../listener/workerListener.ts";
import { type SelfTestStep, selfTest } from "./selfTest.ts";
import { openSelfTestDoor, type SelfTestDoor } from "./selfTestDoor.ts";
import { selfTestSteps } from "./selfTestSteps.ts";

const now = () => epochMs(Date.now());
const NEVER = new AbortController().signal;

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "arw-self-test-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const well: SelfTestDoor = {
  accept: async () => undefined,
  compareExporters: async () => undefined,
  refuseUnknown: async () => undefined,
  refuseResumed: async () => undefined,
  close: async () => undefined,
};
const steps = { signatures: async () => undefined, files: async () => undefined, openDoor: async () => well };
const broken = async (): Promise<never> => {
  throw new Error("it is broken");
};

test("a machine that is well passes, with real keys, files and connections, and keeps nothing of it", async (context) => {
  const folder = folderOf(context);
  assert.equal(await selfTest(selfTestSteps(folder, now), NEVER), undefined);
  assert.deepEqual(readdirSync(folder), []);
});

const FAULTS: readonly (readonly [SelfTestStep, object])[] = [
  ["signatures", { signatures: broken }],
  ["files", { files: broken }],
  ["certificates", { openDoor: broken }],
  ["accept", { openDoor: async () => ({ ...well, accept: broken }) }],
  ["exporter", { openDoor: async () => ({ ...well, compareExporters: broken }) }],
  ["refuse-unknown", { openDoor: async () => ({ ...well, refuseUnknown: broken }) }],
  ["refuse-resumed", { openDoor: async () => ({ ...well, refuseResumed: broken }) }],
];

for (const [step, fault] of FAULTS) {
  test(`a failure of ${step} is named with its cause and the fix`, async () => {
    const problem = await selfTest({ ...steps, ...fault }, NEVER);
    assert.equal(problem?.code, `clustering-self-test-${step}`);
    assert.match(problem?.message ?? "", /Clustering stays off.*it is broken/);
    assert.ok((problem?.advice ?? "").length > 10);
  });
}

test("the door is closed, whatever failed behind it", async () => {
  let closed = 0;
  const close = async (): Promise<void> => {
    closed += 1;
  };
  await selfTest({ ...steps, openDoor: async () => ({ ...well, refuseUnknown: broken, close }) }, NEVER);
  assert.equal(closed, 1);
});

test("a step that hangs ends with the test, as a failure", async () => {
  const given = new AbortController();
  const hanging = selfTest({ ...steps, files: () => new Promise(() => undefined) }, given.signal);
  given.abort();
  assert.equal((await hanging)?.code, "clustering-self-test-files");
});

test("a disk that does not take the file is a failure", async (context) => {
  const folder = folderOf(context);
  mkdirSync(join(folder, "self-test"));
  assert.equal((await selfTest(selfTestSteps(folder, now), NEVER))?.code, "clustering-self-test-files");
});

type Break = (options: WorkerListenerOptions) => WorkerListenerOptions;
const BROKEN_DOORS: readonly (readonly [string, SelfTestStep, Break])[] = [
  ["that lets nobody in", "accept", (options) => ({ ...options, allowed: () => [] })],
  [
    "whose ends see two different channels",
    "exporter",
    (options) => ({
      ...options,
      onLink: (link, node) => options.onLink({ ...link, exporter: Buffer.alloc(32) }, node),
    }),
  ],
];

for (const [claim, step, breaking] of BROKEN_DOORS) {
  test(`a door ${claim} is noticed`, async () => {
    const openDoor = () => openSelfTestDoor(now, (options) => openWorkerListener(breaking(options)));
    assert.equal((await selfTest({ ...steps, openDoor }, NEVER))?.code, `clustering-self-test-${step}`);
  });
}

test("a door that lets a stranger in, or an old session, is noticed", async () => {
  const door = await openSelfTestDoor(now, (options) => {
    let latest: Parameters<WorkerListenerOptions["onLink"]> | undefined;
    return openWorkerListener({
      ...options,
      onLink: (...link) => {
        latest = link;
        options.onLink(...link);
      },
      // As a door would look from inside that lets pass what it must refuse.
      onRefused: () => latest !== undefined && options.onLink(...latest),
    });
  });
  try {
    const signal = AbortSignal.timeout(20_000);
    await door.accept(signal);
    await assert.rejects(door.refuseUnknown(signal), /let in/);
    await assert.rejects(door.refuseResumed(signal), /not noticed/);
  } finally {
    await door.close();
  }
});

test("what failed is an ArwError, so every surface shows it in words", async () => {
  assert.ok((await selfTest({ ...steps, signatures: broken }, NEVER)) instanceof ArwError);
});
