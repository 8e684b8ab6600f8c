// An episode on this machine that was asked for `out/**` and proposes files, over a real workspace folder; and what waits of it.
// It decides nothing.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { Digest } from "#protocol/digest.ts";
import type { Proposal } from "#protocol/proposal.ts";
import type { StagedView, WaitingView } from "#protocol/wire/stagingViews.ts";
import { type WorkspacePath, workspacePathSchema } from "#protocol/workspacePath.ts";
import type { HomeServices } from "../../server/src/adapters/api/services.ts";
import { stagedApi } from "../../server/src/adapters/api/stagedApi.ts";
import { ANYONE, answered, services } from "./apiBench.ts";
import { DeskBench } from "./deskBench.ts";
import { commandJob, exited, finished, homeWith, receiptOf, start } from "./homeCommands.ts";
import { GPU, LOCAL } from "./homeScenario.ts";
import { MemoryBlobs } from "./memoryBlobs.ts";

export interface Proposed {
  readonly here: HomeServices;
  readonly bench: DeskBench;
  readonly digest: Digest;
}

export const path: (text: string) => WorkspacePath = (text) => workspacePathSchema.parse(text);

/** Episode 1 was asked for `out/**`, and proposes these files. */
export async function proposed(t: TestContext, ...paths: readonly string[]): Promise<Proposed> {
  const blobs = new MemoryBlobs();
  const content = await blobs.put(Buffer.from("made by a job"));
  const changes = paths.map((name) => ({ kind: "create", path: path(name), ...content, executable: false }) as const);
  const proposal: Proposal = { kind: "proposal", changes, leftOut: [] };
  const document = await blobs.put(Buffer.from(canonicalJson(proposal)));
  const job = { ...commandJob(1), outputs: ["out/**", ".vscode/**"] };
  const result = { ...exited(0), proposal: { ...document, changes: paths.length } };
  const receipt = receiptOf(1, LOCAL, result, job);
  const before = homeWith(GPU);
  before.run(start(1, { job }), finished(1, LOCAL, 0, { result, receipt }));
  const bench = new DeskBench(before.state);
  for (const [name, bytes] of blobs.stored) bench.blobs.stored.set(name, bytes);
  return { here: await services(t, bench), bench, digest: document.digest };
}

export async function written(here: HomeServices, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(here.workspaceFolder, name), "utf8");
  } catch {
    return undefined;
  }
}

/** The one action that waits, as `staged/show` has it. */
export async function waiting(here: HomeServices): Promise<StagedView> {
  const { listStaged, showStaged } = stagedApi(here);
  const { items } = answered(await listStaged({ decided: false }, ANYONE));
  const [only, ...more] = items.filter((item): item is WaitingView & { kind: "action" } => item.kind === "action");
  assert.ok(only !== undefined && more.length === 0);
  const [shown] = answered(await showStaged({ stagedIds: [only.staged.stagedId] }, ANYONE)).items;
  assert.ok(shown !== undefined);
  return shown;
}
