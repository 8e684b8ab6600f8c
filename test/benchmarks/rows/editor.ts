// What the editor's own surfaces cost, in a real VS Code and a real Chromium: its tests measure, and hold more than the figures.
// It packs the extension from dist/, which `npm run build` makes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { keptRows, ROWS_VARIABLE } from "../keptRows.ts";
import type { Row } from "../measure.ts";

/** Parts of the paths of the tests that measure. */
const TESTS = ["editor/activation", "timelinePerformance"];
const ROWS_EXPECTED = 2;

export const editor: Row = {
  name: "editor",
  async run(scale) {
    const file = join(scale.folder("editor"), "rows.jsonl");
    const tests = spawn(process.execPath, ["scripts/test-editor.mjs", ...TESTS], {
      stdio: "inherit",
      env: { ...process.env, [ROWS_VARIABLE]: file },
    });
    const [status] = await once(tests, "exit");
    const rows = keptRows(file);
    if (status !== 0 || rows.length !== ROWS_EXPECTED) {
      throw new Error(`the editor's tests ended with ${String(status)} and ${rows.length} of ${ROWS_EXPECTED} rows`);
    }
    return rows;
  },
};
