// Holds the whole source tree to the import table, the bans of the pure folders and the shape of a file.
// Every rule is also shown a planted violation: a rule that cannot fail is a defect, and so is one that cries wolf.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FILE_LINES_MAX, importCount, ruleFor, violationsOf } from "./architecture/check.ts";
import { IMPORT_TABLE, SOURCE_FOLDERS } from "./architecture/importTable.ts";
import { importsOf } from "./architecture/importsOf.ts";
import { tokenize } from "./architecture/tokens.ts";

const OPENING = "// A planted file.\n";

/** All TypeScript of the repository; tests run from its root. */
const FILES: readonly { readonly path: string; readonly source: string }[] = SOURCE_FOLDERS.filter((folder) =>
  existsSync(folder),
)
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
  .filter((file) => /\.[cm]?tsx?$/u.test(file) && !/(^|[\\/])(node_modules|dist)[\\/]/u.test(file))
  .map((file) => ({ path: file.replaceAll("\\", "/"), source: readFileSync(file, "utf8") }));

function caught(path: string, source: string, reason: RegExp): void {
  const violations = violationsOf(path, OPENING + source);
  assert.ok(
    violations.some((violation) => reason.test(violation)),
    `${path} with ${JSON.stringify(source)} gave ${JSON.stringify(violations)}`,
  );
}

function clean(path: string, source: string): void {
  assert.deepEqual(violationsOf(path, OPENING + source), [], source);
}

test("every source file keeps to the import table, the bans and the shape of a file", () => {
  assert.deepEqual(
    FILES.flatMap(({ path, source }) => violationsOf(path, source)),
    [],
  );
});

test("the scan reads the tree: it finds the folders, their files and their imports", () => {
  assert.ok(FILES.some(({ path }) => path === "test/architecture.test.ts"));
  for (const folder of SOURCE_FOLDERS.filter((name) => existsSync(name))) {
    assert.ok(
      FILES.some(({ path }) => path.startsWith(`${folder}/`)),
      `${folder} holds no file`,
    );
  }
  assert.ok(FILES.reduce((count, { source }) => count + importCount(source), 0) > FILES.length / 2);
});

test("every package that the table names for a folder that exists is one of package.json", () => {
  const manifest: unknown = JSON.parse(readFileSync("package.json", "utf8"));
  const listed = new Set(dependencyNames(manifest));
  const existing = new Set(FILES.map(({ path }) => ruleFor(path)));
  // VS Code gives it to its extensions; no package holds it.
  const given = new Set(["vscode"]);
  const unknown = IMPORT_TABLE.filter((rule) => existing.has(rule))
    .flatMap((rule) => rule.packages)
    .filter((name) => !listed.has(name) && !given.has(name));
  assert.deepEqual(unknown, []);
});

test("an import against the table is caught in every form it can take", () => {
  const target = "../adapters/journalFile.ts";
  for (const source of [
    `import { open } from "${target}";`,
    `import type { Open } from "${target}";`,
    `import { type Open } from '${target}';`,
    `import * as journal from "${target}";`,
    `import journal, { open } from "${target}";`,
    `import "${target}";`,
    `import {\n  // a comment with "quotes"\n  open,\n} from\n  "${target}";`,
    `import { "a name" as open } from "${target}";`,
    `import { open } from "../\\x61dapters/journalFile.ts";`,
    `export { open } from "${target}";`,
    `export type { Open } from "${target}";`,
    `export * from "${target}";`,
    `export * as journal from "${target}";`,
    `export type * from "${target}";`,
    `const journal = await import("${target}");`,
    `const journal = await import(\`${target}\`);`,
    `type Journal = import("${target}").Open;`,
    `type Journal = typeof import("${target}");`,
    `const journal = require("${target}");`,
    `import journal = require("${target}");`,
    `const text = \`\${await import("${target}")}\`;`,
    `/// <reference path="${target}" />`,
  ]) {
    caught("server/src/home/home.ts", source, /adapters\/journalFile\.ts: server\/src\/home may import/u);
  }
});

test("what only looks like an import is none", () => {
  for (const source of [
    '// import "node:fs";',
    '/* import "node:fs"; */',
    "const text = 'import \"node:fs\"';",
    'const text = `import "node:fs"; // ${1 + 1} export * from "node:fs"`;',
    'const pattern = /import "node:fs"/u;',
    'const half = 4 / 2; const other = "/ import";',
    "const here = import.meta.filename;",
    'const found = table.import("node:fs");',
    'export { here }; const from = "node:fs";',
  ]) {
    clean("server/src/home/home.ts", source);
  }
});

test("an import that is computed cannot hide from the table", () => {
  for (const source of [
    "await import(name);",
    'await import("./" + name);',
    "await import(`./${name}.ts`);",
    "require(name);",
    "const load = createRequire(import.meta.url);",
  ]) {
    caught("server/src/home/home.ts", source, /computed name/u);
    caught("server/src/adapters/journalFile.ts", source, /computed name/u);
  }
  clean("worker-companion/src/engines/llama/llamaEngine.ts", "await import(name);");
});

test("each row of the table refuses what it does not list", () => {
  const refused: readonly (readonly [path: string, specifier: string])[] = [
    ["protocol/ids.ts", "../platform/blobFile.ts"],
    ["protocol/ids.ts", "#platform/blobFile.ts"],
    ["platform/blobFile.ts", "../server/src/home/state.ts"],
    ["platform/blobFile.ts", "../worker-companion/src/core/state.ts"],
    ["server/src/home/state.ts", "#platform/blobFile.ts"],
    ["server/src/home/state.ts", "../../../worker-companion/src/core/state.ts"],
    ["server/src/home/state.ts", "../cli/run.ts"],
    ["server/src/adapters/journalFile.ts", "../cli/run.ts"],
    ["server/src/adapters/journalFile.ts", "../serve.ts"],
    ["server/src/adapters/journalFile.ts", "../../../worker-companion/src/engines/command.ts"],
    ["server/src/adapters/localNode/mount.ts", "../../../../worker-companion/src/adapters/link.ts"],
    ["server/src/cli/run.ts", "../home/state.ts"],
    ["server/src/cli/run.ts", "../adapters/journalFile.ts"],
    ["worker-companion/src/core/state.ts", "#platform/blobFile.ts"],
    ["worker-companion/src/core/state.ts", "../engines/command.ts"],
    ["worker-companion/src/engines/command.ts", "../adapters/link.ts"],
    ["worker-companion/src/adapters/link.ts", "../../../server/src/home/state.ts"],
    ["worker-companion/src/main.ts", "../../server/src/home/state.ts"],
    ["extension/src/view.ts", "../../server/src/home/state.ts"],
    ["webviews/src/timeline/view.ts", "#platform/blobFile.ts"],
    ["platform/blobFile.ts", "../test/fixtures.ts"],
    ["platform/blobFile.ts", "../examples/demo.ts"],
    ["platform/blobFile.ts", "/etc/passwd"],
  ];
  for (const [path, specifier] of refused) caught(path, `import type { X } from "${specifier}";`, /static import of/u);
});

test("each row of the table lets through what it lists", () => {
  const allowed: readonly (readonly [path: string, specifier: string])[] = [
    ["protocol/wire/worker.ts", "../digest.ts"],
    ["protocol/digest.ts", "./brand.ts"],
    ["protocol/digest.ts", "node:crypto"],
    ["protocol/signatureBrowser.ts", "tweetnacl"],
    ["protocol/ids.ts", "zod"],
    ["platform/blobFile.ts", "#protocol/digest.ts"],
    ["platform/blobFile.ts", "node:fs/promises"],
    ["server/src/home/lease/decide.ts", "../state.ts"],
    ["server/src/adapters/journalFile.ts", "../home/ports.ts"],
    ["server/src/adapters/localNode/mount.ts", "../../../../worker-companion/src/engines/command.ts"],
    ["server/src/main.ts", "./adapters/localNode/mount.ts"],
    ["server/src/main.ts", "./cli/run.ts"],
    ["worker-companion/src/cli/join.ts", "../core/state.ts"],
    ["test/simulation/cluster.ts", "../../server/src/home/home.ts"],
    ["extension/src/view.ts", "vscode"],
  ];
  for (const [path, specifier] of allowed) clean(path, `import { x } from "${specifier}";`);
});

test("packages and Node's modules stay where the table puts them", () => {
  caught("protocol/ids.ts", 'import { createHash } from "node:crypto";', /does no I\/O/u);
  caught("protocol/ids.ts", 'import "tweetnacl";', /not a package/u);
  caught("server/src/home/state.ts", 'import * as z from "zod";', /not a package/u);
  caught("server/src/home/state.ts", 'import type { Stats } from "node:fs/promises";', /does no I\/O/u);
  caught("worker-companion/src/core/state.ts", 'await import("node:timers");', /does no I\/O/u);
  caught("server/src/home/state.ts", 'import { readFile } from "fs/promises";', /write node:/u);
  caught("platform/blobFile.ts", 'import { readFile } from "fs";', /write node:/u);
  caught("platform/blobFile.ts", 'import type { Uri } from "vscode";', /not a package/u);
  caught("server/src/adapters/clock.ts", 'import "vscode";', /not a package/u);
  caught("server/src/adapters/model.ts", 'import("node-llama-cpp");', /not a package/u);
  caught("server/src/adapters/lint.ts", 'import "@secretlint/core-of-someone-else";', /not a package/u);
  caught("webviews/src/review/view.ts", 'import "@vscode/webview-ui-toolkit";', /not a package/u);
});

test("a test beside its subject may use the test runner, fast-check and test/, and nothing more", () => {
  clean("server/src/home/state.test.ts", 'import { test } from "node:test";\nimport assert from "node:assert/strict";');
  clean("platform/blobFile.test.ts", 'import { contract } from "../test/contracts/blobs.contract.ts";');
  caught("platform/blobFile.ts", 'import { contract } from "../test/contracts/blobs.contract.ts";', /may import/u);
  clean("protocol/ids.test.ts", 'import * as fc from "fast-check";');
  caught("server/src/home/state.ts", 'import { test } from "node:test";', /does no I\/O/u);
  caught("server/src/home/state.test.ts", 'import { readFileSync } from "node:fs";', /does no I\/O/u);
  caught("platform/blobFile.ts", 'import { cases } from "./blobFile.test.ts";', /nothing imports a test/u);
});

test("nothing imports a main.ts, not even a test", () => {
  caught("server/src/adapters/clock.ts", 'import "../main.ts";', /nothing imports a main/u);
  caught("test/acceptance.test.ts", 'await import("../server/src/main.ts");', /nothing imports a main/u);
  caught("server/src/serve.ts", 'import type { X } from "./main.js";', /nothing imports a main/u);
});

test("clock, chance, timers, process, console and network are caught in the pure folders, tests included", () => {
  for (const source of [
    "const at = Date.now();",
    "const at = Date?.now();",
    'const at = Date["now"]();',
    "const at = new Date();",
    "const at = new Date;",
    "const at = Date();",
    "const Clock = Date;",
    "const { now } = Date; const Clock = Date;",
    "const dice = Math.random();",
    "const { random } = Math;",
    'const dice = Math["random"]();',
    "setTimeout(run, 1);",
    "setInterval(run, 1);",
    "setImmediate(run);",
    "const cwd = process.cwd();",
    "const copy = [...process.argv];",
    "const chosen = flag ? process : undefined;",
    'console.log("x");',
    'await fetch("x");',
    "const at = performance.now();",
    "const world = globalThis;",
    "const id = crypto.randomUUID();",
    "const text = `${Date.now()}`;",
  ]) {
    for (const path of ["protocol/ids.ts", "server/src/home/state.ts", "worker-companion/src/core/state.test.ts"]) {
      caught(path, source, /in a pure folder/u);
    }
    clean("platform/systemClock.ts", source);
  }
});

test("names of ours that only look like the world's are let through", () => {
  for (const source of [
    "const at = new Date(command.at).toISOString();",
    "const least = Math.min(1, 2);",
    "const group = attempt.process;",
    "interface Attempt { readonly process: number; fetch?: boolean }",
    'const text = "Date.now() and process.env";',
    "// Date.now() is banned here, process too",
  ]) {
    clean("server/src/home/state.ts", source);
  }
});

test("a default export is caught in every form", () => {
  for (const source of [
    "export default function run() {}",
    "const run = 1; export { run as default };",
    'export { default } from "./state.ts";',
    "export = run;",
  ]) {
    caught("platform/link.ts", source, /default export/u);
  }
  clean("platform/link.ts", 'export { default as run } from "./state.ts";\nexport const byDefault = { default: 1 };');
});

test("dumping grounds, barrels, long files and files without an opening are caught", () => {
  for (const name of ["utils", "util", "helpers", "helper", "common", "misc", "Utils.test"]) {
    caught(`platform/${name}.ts`, "", /dumping ground/u);
  }
  caught("platform/index.ts", "", /barrel/u);
  caught("platform/link.ts", "const x = 1;\n".repeat(FILE_LINES_MAX), /401 lines/u);
  clean("platform/link.ts", "const x = 1;\n".repeat(FILE_LINES_MAX - 1));
  assert.match(violationsOf("platform/link.ts", "const x = 1;\n").join(), /does not open with a comment/u);
  assert.match(violationsOf("elsewhere/link.ts", OPENING).join(), /no row of the import table/u);
});

test("source that the scan cannot follow throws instead of hiding the rest", () => {
  for (const source of ['const x = "open;\n', "const x = `open", "/* open", "const x = /open\n", "const x = `${ {`;"]) {
    assert.throws(() => tokenize(source), /never ends/u, source);
  }
  const nested = 'const x = `a${`b${"}"}` + /[/`]/u.source}c`; import "node:fs";';
  assert.deepEqual(importsOf(nested), [{ form: "side-effect", specifier: "node:fs", line: 1 }]);
});

function dependencyNames(manifest: unknown): readonly string[] {
  assert.ok(typeof manifest === "object" && manifest !== null);
  return ["dependencies", "devDependencies"].flatMap((field) => {
    const entries: unknown = Reflect.get(manifest, field);
    assert.ok(typeof entries === "object" && entries !== null, `package.json has no ${field}`);
    return Object.keys(entries);
  });
}
