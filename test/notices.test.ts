// The licences of what the bundles carry: nothing is passed over in silence, and what is not shipped is not named.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";

const NOTICES = pathToFileURL(resolve("scripts/notices.mjs")).href;

/** The notices of a bundle of all the files that are JavaScript, or the error's text. */
function noticesOf(t: TestContext, files: Readonly<Record<string, string>>, bytesInOutput = 1): string {
  const folder = mkdtempSync(join(tmpdir(), "arw-notices-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const bundled = Object.keys(files).filter((path) => path.endsWith(".js"));
  const inputs = Object.fromEntries(bundled.map((path) => [path, { bytesInOutput }]));
  const metafile = { outputs: { "bundle.js": { inputs } } };
  const program = `
    const { notices } = await import(${JSON.stringify(NOTICES)});
    try { console.log(notices("Something", [${JSON.stringify(metafile)}])); } catch (fault) { console.log(fault.message); }`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, encoding: "utf8" });
}

function manifest(name: string, license: string | undefined): string {
  return JSON.stringify({ name, version: "1.2.3", license });
}

test("each package stands there once, in order, with its licence and every notice that it brings", (t) => {
  const text = noticesOf(t, {
    "source/main.js": "",
    "node_modules/zebra/lib/a.js": "",
    "node_modules/zebra/lib/b.js": "",
    "node_modules/zebra/package.json": manifest("zebra", "ISC"),
    "node_modules/zebra/license.md": "Zebra's terms\r\nin two lines",
    "node_modules/zebra/NOTICE": "Zebra thanks the savanna",
    "node_modules/@scope/ant/main.js": "",
    "node_modules/@scope/ant/package.json": manifest("@scope/ant", "MIT"),
    "node_modules/@scope/ant/LICENSE": "Ant's terms",
  });
  assert.deepEqual(text.match(/^[@a-z/]+ 1\.2\.3, \w+$/gmu), ["@scope/ant 1.2.3, MIT", "zebra 1.2.3, ISC"]);
  assert.match(text, /Zebra thanks the savanna\n\nZebra's terms\nin two lines\n/);
});

test("a package that left no byte in a bundle is not named", (t) => {
  const files = { "node_modules/gone/main.js": "", "node_modules/gone/package.json": manifest("gone", undefined) };
  assert.doesNotMatch(noticesOf(t, files, 0), /gone/);
});

test("a package without a licence, without its text, or under one that is not allowed fails", (t) => {
  const of = (license: string | undefined, more: Readonly<Record<string, string>>): string =>
    noticesOf(t, { "node_modules/a/main.js": "", "node_modules/a/package.json": manifest("a", license), ...more });
  const text = { "node_modules/a/LICENSE": "terms" };
  assert.match(of(undefined, text), /^a 1\.2\.3 is under no licence/);
  assert.match(of("GPL-3.0-only", text), /^a 1\.2\.3 is under GPL-3\.0-only, which .* does not allow/);
  assert.match(of("MIT", {}), /^a 1\.2\.3 brings no text of its licence along/);
});

test("a package that carries others within its own file fails until their licences are written down", (t) => {
  const text = noticesOf(t, {
    "node_modules/a/main.js": "",
    "node_modules/a/main.js.map": JSON.stringify({ sources: ["../src/own.ts", "../node_modules/@scope/b/index.js"] }),
    "node_modules/a/package.json": manifest("a", "MIT"),
    "node_modules/a/LICENSE": "terms",
  });
  assert.match(text, /^a 1\.2\.3 carries @scope\/b;/);
});
