// Holds the archived toolkit to the two pages where somebody reviews: no other page may load it, not even by a file between.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { importsOf } from "./architecture/importsOf.ts";

const SOURCES = "webviews/src";
const CONTROLS = `${SOURCES}/controls.ts`;
const PAGES: readonly string[] = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .map((file) => posix.join(SOURCES, file.replaceAll("\\", "/")))
  .filter((file) => file.endsWith("/main.ts"));

/** Everything of ours that a page loads, itself included. */
function loadedBy(page: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const left = [page];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    for (const { specifier } of importsOf(readFileSync(file, "utf8"))) {
      if (specifier === undefined || !/^[.#].*\.ts$/u.test(specifier)) continue;
      left.push(specifier.startsWith("#") ? specifier.slice(1) : posix.join(posix.dirname(file), specifier));
    }
  }
  return loaded;
}

test("the two pages where somebody reviews load the toolkit's controls, and no other page does", () => {
  const loading = PAGES.filter((page) => loadedBy(page).has(CONTROLS));
  assert.deepEqual(loading, [`${SOURCES}/review/main.ts`, `${SOURCES}/staged/main.ts`]);
});

test("the controls are three, and none that is known to be broken", () => {
  const toolkit =
    readFileSync(CONTROLS, "utf8").match(/import \{([^}]*)\} from "@vscode\/webview-ui-toolkit"/u)?.[1] ?? "";
  const names = toolkit
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  assert.deepEqual(names.toSorted(), [
    "provideVSCodeDesignSystem",
    "vsCodeButton",
    "vsCodeCheckbox",
    "vsCodeTextField",
  ]);
});
