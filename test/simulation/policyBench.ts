// The policy through the API, for its tests: the real desk over real files, and documents for it. One worker is there, and no
// sandbox, so that what anyone but the owner starts here waits. It decides nothing.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { episodeApi } from "../../server/src/adapters/api/episodeApi.ts";
import { policyApi } from "../../server/src/adapters/api/policyApi.ts";
import type { HomeServices } from "../../server/src/adapters/api/services.ts";
import { PolicyDesk } from "../../server/src/adapters/policy/policyDesk.ts";
import { type PolicyFiles, policyFiles } from "../../server/src/adapters/policy/policyFiles.ts";
import { ANYONE, command, services } from "./apiBench.ts";
import { DeskBench } from "./deskBench.ts";
import { connect, homeWith } from "./homeCommands.ts";
import { capabilitiesWith, COMMAND_ENGINE, GPU, LOCAL } from "./homeScenario.ts";

export interface PolicyBench {
  readonly here: HomeServices;
  readonly files: PolicyFiles;
  readonly desk: PolicyDesk;
  readonly api: ReturnType<typeof policyApi>;
  readonly start: () => ReturnType<ReturnType<typeof episodeApi>["startEpisode"]>;
}

export async function policyBench(t: TestContext): Promise<PolicyBench> {
  const homeFolder = await mkdtemp(join(tmpdir(), "arw-policy-"));
  t.after(() => rm(homeFolder, { recursive: true, force: true }));
  const home = homeWith(GPU);
  // No sandbox here: what anyone but the owner starts here waits.
  home.run(
    connect(LOCAL, {
      capabilities: { ...capabilitiesWith(COMMAND_ENGINE), sandbox: { kind: "none", reason: "no tool" } },
    }),
  );
  const base = await services(t, new DeskBench(home.state), { "a.txt": "one", "notes/b.txt": "two" });
  const files = policyFiles(homeFolder, base.workspaceFolder);
  const desk = new PolicyDesk({ services: base, files, onTrouble: (what) => assert.fail(what) });
  const late = { freshPolicy: () => desk.look(), adoptPolicy: desk.adopt.bind(desk) };
  const here: HomeServices = { ...base, ...late };
  const { startEpisode } = episodeApi(here);
  const start: PolicyBench["start"] = () => startEpisode({ request: command("make"), on: GPU.name }, ANYONE);
  return { here, files, desk, api: policyApi(here, desk, files), start };
}

export function documentText(...rules: readonly object[]): string {
  return `// mine\n${JSON.stringify({ version: 1, name: "mine", rules })}`;
}

export function rule(id: string, effect: string, of: object = {}): object {
  return { id, effect, actions: ["offload"], reason: `because of ${id}`, ...of };
}

export async function writeWorkspace({ files }: PolicyBench, text: string): Promise<void> {
  await mkdir(dirname(files.workspaceFile), { recursive: true });
  await writeFile(files.workspaceFile, text);
}
