// How long VS Code waits for our activation, by VS Code's own clock, beside an extension that does nothing.
// The figures are printed; what is held is a ceiling ten times the goal, since a machine may be busy.
import assert from "node:assert/strict";
import { editorTest, packagedExtension } from "./host/editor.ts";
import type { VscodeWindow } from "./host/vscodeWindow.ts";
import { packFixture } from "./host/vsixFile.ts";

const GOAL_MS = 50;
const CEILING: number = 10 * GOAL_MS;
const RELOADS = 3;

const OURS = "ARW Home Node";
const FLOOR = "Empty Extension";

editorTest(
  "activation costs a window no more than its goal, beside an extension that does nothing",
  () => ({ extensions: [packagedExtension(), packFixture("empty")] }),
  async (editor) => {
    // Tall: the list draws only the rows that fit.
    const window = await editor.openWindow({ height: 2_400 });
    const ours: number[] = [];
    const floor: number[] = [];
    for (let opened = 0; opened < RELOADS; opened++) {
      if (opened > 0) await window.reload();
      const shown = await activations(window);
      ours.push(timeOf(shown, OURS));
      floor.push(timeOf(shown, FLOOR));
    }
    const figures = `ours ${median(ours)} ms, empty ${median(floor)} ms, goal ${GOAL_MS} ms (of ${ours.join(", ")})`;
    process.stdout.write(`activation: ${figures}\n`);
    assert.ok(median(ours) <= CEILING, figures);
  },
);

/** The rows of VS Code's own list of running extensions, once both are in it with a time. */
async function activations(window: VscodeWindow): Promise<readonly string[]> {
  await window.runCommand("Developer: Show Running Extensions");
  return window.until(
    "the times of both extensions",
    () => window.page.locator(".runtime-extensions-editor .monaco-list-row").allInnerTexts(),
    (rows) => [OURS, FLOOR].every((name) => rows.some((row) => row.includes(name) && /\d+\s?ms/u.test(row))),
  );
}

function timeOf(rows: readonly string[], name: string): number {
  const row = rows.find((text) => text.includes(name)) ?? "";
  return Number(/(\d+)\s?ms/u.exec(row)?.[1]);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
