// Runs a bundle of claims inside the extension host of a VS Code, and brings their results out.
// VS Code runs tests for an extension in development: an empty one stands in, so that ours is the packaged one.
// It must never wait for a host that has died: the results so far are told then.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { decodeJson } from "../../../protocol/decode.ts";
import { until } from "../../acceptance/processes.ts";
import { type ClaimResult, claimResultSchema } from "../inHost/claimResult.ts";
import { Editor, type EditorOptions } from "./editor.ts";

/** All claims of one bundle together. */
const RUN_PATIENCE_MS = 270_000;
const TEST_TIMEOUT_MS = 290_000;
/** Without it VS Code ignores the tests in its address. It hides toasts, so tests of windows never set it. */
const SWITCHES: readonly string[] = ["--vscode-option", "enable-smoke-test-driver"];

/** One test for each claim of `dist/…/<bundle>.js`, with one VS Code for all. */
export function inHostTest(
  name: string,
  bundle: string,
  options: (context: TestContext) => EditorOptions | Promise<EditorOptions>,
): void {
  test(name, { timeout: TEST_TIMEOUT_MS }, async (context) => {
    const { results, evidence } = await runInHost(inHostBundle(bundle), await options(context));
    for (const { name: claim, problem } of results) {
      await context.test(claim, () => {
        if (problem !== undefined) throw new Error(`${problem}\n(pictures and logs: ${evidence})`);
      });
    }
  });
}

export interface InHostOutcome {
  readonly results: readonly ClaimResult[];
  /** Where pictures and logs are, if something failed. */
  readonly evidence: string | undefined;
}

/** Starts VS Code, runs the claims in it and stops it. `tests` is a file that exports `run`. */
export async function runInHost(tests: string, options: EditorOptions): Promise<InHostOutcome> {
  const editor = await Editor.start({ ...options, switches: [...SWITCHES, ...(options.switches ?? [])] });
  try {
    return await editor.witnessed(`in host ${tests}`, async () => {
      const exitCode = await exitCodeOf(editor, tests);
      const results = resultsOf(editor);
      const failed = results.filter(({ problem }) => problem !== undefined);
      if (results.length === 0 || (exitCode !== 0) !== failed.length > 0) {
        throw new Error(`the extension host ended its tests with ${exitCode} after ${results.length} claims`);
      }
      return { results, evidence: failed.length > 0 ? await editor.saveEvidence(`in host ${tests}`) : undefined };
    });
  } finally {
    await editor.stop();
  }
}

/** The file that scripts/test-editor.mjs bundled from `test/editor/inHost/<bundle>.ts`. */
export function inHostBundle(bundle: string): string {
  const folder = process.env["ARW_IN_HOST_TESTS"];
  if (folder === undefined) throw new Error("ARW_IN_HOST_TESTS is not set: start these tests by npm run test:editor");
  return join(folder, `${bundle}.js`);
}

async function exitCodeOf(editor: Editor, tests: string): Promise<number> {
  const driver = join(editor.profile.folder, "driver");
  mkdirSync(driver);
  const manifest = { name: "arw-driver", publisher: "arw-test", version: "0.0.1", engines: { vscode: "^1.106.0" } };
  writeFileSync(join(driver, "package.json"), JSON.stringify(manifest));
  const remote = (path: string): string => `vscode-remote://${new URL(editor.address).host}${path}`;
  let ended: number | undefined;
  await editor.openWindow({
    payload: [
      ["extensionDevelopmentPath", remote(driver)],
      ["extensionTestsPath", remote(tests)],
      ["skipWelcome", "true"],
      ["skipReleaseNotes", "true"],
    ],
    prepare: async ({ page }) => {
      await page.exposeFunction("codeAutomationExit", (code: number) => {
        ended = code;
      });
      // VS Code calls it with every line of the host's console; the window's console has them too.
      await page.exposeFunction("codeAutomationLog", () => undefined);
    },
  });
  return until(`the end of the claims in ${tests}`, () => ended, RUN_PATIENCE_MS);
}

function resultsOf(editor: Editor): readonly ClaimResult[] {
  const text = readFileSync(editor.profile.claims, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const decoded = decodeJson(claimResultSchema, line);
      if (!decoded.ok) throw new Error(`a claim's result: ${decoded.path} ${decoded.problem}`);
      return decoded.value;
    });
}
