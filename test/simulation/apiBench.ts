// What the API of a Home stands on, for its tests: the real core on a desk bench, over a workspace folder of its own.
// It decides nothing, and takes its folder away with the test.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { Digest } from "#protocol/digest.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { ParamsOf } from "#protocol/wire/client.ts";
import { InTurn } from "../../server/src/adapters/inTurn.ts";
import type { HomeServices } from "../../server/src/adapters/api/services.ts";
import type { ClientSession } from "../../server/src/adapters/clientServer/homeApi.ts";
import { createSecretDetector, type Finding } from "../../server/src/adapters/collect/secretDetector.ts";
import { DeniedOffloads } from "../../server/src/adapters/policy/pastOffloads.ts";
import { ViewOnDemand } from "../../server/src/adapters/view/viewOnDemand.ts";
import { DeskBench } from "./deskBench.ts";
import { steadyAt } from "./homeScenario.ts";
import { TEST_REDACTION } from "./testRedaction.ts";

export const ANYONE: ClientSession = { client: "a script", owner: false, signal: new AbortController().signal };
export const OWNER: ClientSession = { ...ANYONE, owner: true };

export type Request = ParamsOf<"startEpisode">["request"];

export function command(...argv: readonly string[]): Request {
  return { kind: "command", argv, folder: ".", outputs: [], dependencies: { kind: "nothing" } };
}

/** Services over a workspace with these files: by default `a.txt` alone. */
export async function services(
  context: TestContext,
  bench: DeskBench = new DeskBench(),
  files: Readonly<Record<string, string>> = { "a.txt": "one file" },
): Promise<HomeServices> {
  const workspaceFolder = await mkdtemp(join(tmpdir(), "arw-api-"));
  context.after(() => rm(workspaceFolder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspaceFolder, path)), { recursive: true });
    await writeFile(join(workspaceFolder, path), content);
  }
  const { home, journal, blobs, outputs } = bench;
  const view = new ViewOnDemand(journal, home.state.identity);
  context.after(() => view.dispose());
  return {
    home,
    view,
    tree: bench.tree,
    witnesses: { all: () => [] },
    journal,
    blobs,
    outputs,
    crossings: bench.desk.crossings,
    detector: createSecretDetector(new Map<Digest, readonly Finding[]>()),
    redaction: TEST_REDACTION,
    workspaceFolder,
    now: () => bench.now,
    steady: () => steadyAt(0),
    applying: new InTurn(),
    freshPolicy: async () => undefined,
    deniedOffloads: new DeniedOffloads(),
    adoptPolicy: async () => assert.fail("no policy is adopted here"),
    turnClusteringOn: async () => assert.fail("no port is opened here"),
    presenceOf: () => undefined,
  };
}

export function codeOf(answer: object | Refusal): string | undefined {
  return "kind" in answer && answer.kind === "refusal" ? answer.code : undefined;
}

/** The answer, which must not be a refusal. */
export function answered<Result extends object>(answer: Result | Refusal): Result {
  if (isRefusal(answer)) assert.fail(`${answer.code}: ${answer.message}`);
  return answer;
}

function isRefusal(answer: object): answer is Refusal {
  return "kind" in answer && answer.kind === "refusal";
}
