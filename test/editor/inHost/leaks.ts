// Each page of ours is opened and closed fifty times inside the extension host, and nothing of them lives on: no session, no
// feed and no channel is kept by a listener that nobody took away. Outside, something waits for the owner, for Review to show.
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as vscode from "vscode";
import { until } from "../../acceptance/processes.ts";
import { census } from "./census.ts";
import { claim, proveAll } from "./claims.ts";

export const run: () => Promise<void> = proveAll;

const CYCLES = 50;
/** Fifty pages and two looks at the whole heap. */
const PATIENCE_MS = 150_000;
/** What one open page has of its own. */
const CLASSES: readonly string[] = ["PageChannel", "TailSession", "TimelineFeed", "TimelinePanel", "TimelineSession"];
/** Timers that come and go by themselves; fifty that were forgotten are more. */
const TIMERS_SPARE = 10;

interface Living {
  readonly objects: Readonly<Record<string, number>>;
  readonly timers: number;
}

/** Looks at the heap after the last page, before what is there counts as kept. */
const LOOKS_MAX = 4;

/** Each class of which there are more, with both numbers. */
function grown(before: Living, after: Living): readonly string[] {
  return CLASSES.flatMap((name) => {
    const [was, is] = [before.objects[name] ?? 0, after.objects[name] ?? 0];
    return is > was ? [`${name}: ${was} became ${is}`] : [];
  });
}

function living(): Living {
  const objects = census(CLASSES);
  return { objects, timers: process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length };
}

/** The first time makes what is made once; after that nothing may grow. */
async function proveNothingGrows(cycle: () => Promise<void>): Promise<void> {
  await cycle();
  const before = living();
  for (let cycles = 0; cycles < CYCLES; cycles++) await cycle();
  // The last page's end may still be on its way; what is kept for good stands at every look.
  let after = living();
  for (let looks = 1; looks < LOOKS_MAX && grown(before, after).length > 0; looks++) {
    await nextTurn();
    after = living();
  }
  assert.deepEqual(grown(before, after), []);
  assert.ok(after.timers <= before.timers + TIMERS_SPARE, `${before.timers} timers became ${after.timers}`);
}

function tabOf(viewType: string): vscode.Tab | undefined {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .find(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(viewType));
}

async function openAndClose(command: string, viewType: string): Promise<void> {
  await vscode.commands.executeCommand(command);
  const tab = await until(`the tab of ${viewType}`, () => tabOf(viewType));
  await vscode.window.tabGroups.close(tab);
  await until(`no tab of ${viewType}`, () => (tabOf(viewType) === undefined ? true : undefined));
}

claim(
  "the timeline leaves nothing behind",
  () => proveNothingGrows(() => openAndClose("arw.openTimeline", "arw.timeline")),
  PATIENCE_MS,
);

claim(
  "Review leaves nothing behind",
  () => proveNothingGrows(() => openAndClose("arw.reviewNext", "arw.review")),
  PATIENCE_MS,
);

claim(
  "the tail leaves nothing behind, wherever the person moves it",
  () =>
    proveNothingGrows(async () => {
      for (const destinationId of ["workbench.view.explorer", "workbench.view.extension.arwPanel"]) {
        await vscode.commands.executeCommand("vscode.moveViews", { viewIds: ["arw.tail"], destinationId });
        await vscode.commands.executeCommand("arw.tail.focus");
      }
    }),
  PATIENCE_MS,
);
