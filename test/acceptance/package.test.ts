// What people install: exactly these files, small, the same bytes from the same input, and nothing of the machine that packed
// them. The worker's file installs and runs on a machine that reaches no registry.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { homedir, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod";
import { zipEntries } from "./zipEntries.ts";

const PACKAGE_BYTES_MAX = 4_000_000;
/** The pages bring scripts, their styles and the icon font, under names of the build. */
const PAGES = /^extension\/dist\/webviews\/[\w-]+\.(js|css|ttf)$/;
const TRANSLATIONS = /^extension\/(package\.nls|extension\/l10n\/bundle\.l10n)(\.[a-z-]+)?\.json$/;
const EXPECTED: readonly string[] = [
  "[Content_Types].xml",
  "extension.vsixmanifest",
  "extension/LICENSE-APACHE",
  "extension/LICENSE-MIT",
  "extension/LICENSE.txt",
  "extension/THIRD_PARTY_NOTICES.txt",
  "extension/changelog.md",
  "extension/dist/arw-home.js",
  "extension/dist/extension/main.cjs",
  "extension/dist/extension/workbench.cjs",
  "extension/dist/postures/ask-always.jsonc",
  "extension/dist/postures/local-only.jsonc",
  "extension/dist/postures/trusted-workers.jsonc",
  "extension/dist/sql-wasm.wasm",
  "extension/dist/worker-companion/THIRD_PARTY_NOTICES.txt",
  "extension/dist/worker-companion/arw-worker.js",
  "extension/dist/worker-companion/llama-child.js",
  "extension/dist/worker-companion/models/README.md",
  "extension/dist/worker-companion/models/demo.gguf",
  "extension/extension/media/arw.svg",
  "extension/extension/media/icon.png",
  "extension/extension/media/walkthrough/addWorker.svg",
  "extension/extension/media/walkthrough/applyProposal.svg",
  "extension/extension/media/walkthrough/approve.svg",
  "extension/extension/media/walkthrough/readWhatLeaves.svg",
  "extension/extension/media/walkthrough/run.svg",
  "extension/extension/media/walkthrough/turnOff.svg",
  "extension/extension/syntaxes/arw-policy.language-configuration.json",
  "extension/extension/syntaxes/arw-policy.tmLanguage.json",
  "extension/package.json",
  "extension/readme.md",
];
const WORKER_FILES: readonly string[] = [
  "package/LICENSE-APACHE",
  "package/LICENSE-MIT",
  "package/README.md",
  "package/THIRD_PARTY_NOTICES.txt",
  "package/arw-worker.js",
  "package/llama-child.js",
  "package/models/README.md",
  "package/models/demo.gguf",
  "package/package.json",
];

/** Dependencies that no bundle holds a byte of: `lit` only passes on what `lit-html` and its siblings are, the other has no user yet. */
const NOT_CARRIED: readonly string[] = ["lit", "tweetnacl"];

const { name, version } = z
  .looseObject({ name: z.string(), version: z.string() })
  .parse(JSON.parse(readFileSync("package.json", "utf8")));

interface Packed {
  readonly extension: Buffer;
  readonly worker: Buffer;
  readonly workerFile: string;
}

/** Packs under a umask: the modes of the machine's files must not show. */
function packed(folder: string, umask: number): Packed {
  const before = process.umask(umask);
  try {
    execFileSync(process.execPath, ["scripts/package.mjs", folder], { stdio: "pipe" });
  } finally {
    process.umask(before);
  }
  const workerFile = join(folder, `arw-worker-${version}.tgz`);
  return {
    extension: readFileSync(join(folder, `${name}-${version}.vsix`)),
    worker: readFileSync(workerFile),
    workerFile,
  };
}

function temporary(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "arw-package-")));
}

test("the package", async (t) => {
  const folder = temporary();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const first = packed(folder, 0o022);
  const entries = zipEntries(first.extension);

  await t.test("holds exactly what an extension needs, in less than 4 MB", () => {
    const others = entries.map(({ path }) => path).filter((path) => !PAGES.test(path) && !TRANSLATIONS.test(path));
    assert.deepEqual(others.toSorted(), [...EXPECTED].sort());
    assert.ok(first.extension.length <= PACKAGE_BYTES_MAX, String(first.extension.length));
  });

  await t.test("names nothing of the machine that packed it, and loads no engine from itself", () => {
    const traces = [process.cwd(), homedir(), hostname(), tmpdir()].filter((trace) => trace.length > 4);
    for (const { content, path } of entries) {
      const text = Buffer.from(content).toString("latin1");
      for (const trace of traces) assert.ok(!text.includes(trace), `${path} names ${trace}`);
    }
    const manifest = JSON.parse(contentOf("extension/package.json"));
    for (const key of ["scripts", "dependencies", "devDependencies", "overrides"]) assert.ok(!(key in manifest), key);
  });

  await t.test("says that it needs a host with Node", () => {
    assert.match(contentOf("extension/readme.md"), /does not run in a browser-only window/);
    assert.match(contentOf("extension.vsixmanifest"), /ExtensionKind" Value="workspace"/);
  });

  await t.test("names every package that its programs carry, with the licence", () => {
    const notices = contentOf("extension/THIRD_PARTY_NOTICES.txt");
    const { dependencies } = z
      .looseObject({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync("package.json", "utf8")));
    for (const [dependency, release] of Object.entries(dependencies)) {
      const named = new RegExp(`^${dependency} ${release.replaceAll(".", "\\.")}, [\\w.-]+$`, "mu").test(notices);
      assert.equal(named, !NOT_CARRIED.includes(dependency), dependency);
    }
    assert.match(notices, /escape-string-regexp@4\.0\.0 +MIT/, "what a package carries within its own file");
  });

  await t.test("has the same bytes when it is packed again, whatever the umask", () => {
    const again = packed(folder, 0o077);
    assert.ok(first.extension.equals(again.extension));
    assert.ok(first.worker.equals(again.worker));
  });

  await t.test("the worker's file holds exactly what a worker needs", () => {
    const listed = execFileSync("tar", ["-tzf", first.workerFile], { encoding: "utf8" }).trim().split("\n");
    assert.deepEqual(listed, [...WORKER_FILES]);
  });

  await t.test("the worker's file names what the worker carries, and nothing of the editor's", () => {
    const options = { encoding: "utf8", maxBuffer: PACKAGE_BYTES_MAX } as const;
    const notices = execFileSync("tar", ["-xOzf", first.workerFile, "package/THIRD_PARTY_NOTICES.txt"], options);
    assert.match(notices, /^ws \d+\.\d+\.\d+, MIT$/mu);
    assert.doesNotMatch(notices, /^(lit|@vscode\/codicons|vscode-languageclient) /mu);
  });

  await t.test("the worker's file installs and runs where no registry can be reached", () => {
    const prefix = join(folder, "prefix");
    const environment = {
      ...process.env,
      npm_config_registry: "http://127.0.0.1:9/",
      npm_config_cache: join(folder, "cache"),
    };
    const options = { cwd: folder, env: environment, encoding: "utf8", stdio: "pipe" } as const;
    execFileSync("npm", ["install", "--global", "--prefix", prefix, "--offline", first.workerFile], options);
    const ran = execFileSync(join(prefix, "bin", "arw-worker"), ["--version"], options);
    assert.equal(ran.trim(), version);
    const file = `./arw-worker-${version}.tgz`;
    assert.equal(execFileSync("npx", ["--yes", "--offline", file, "--version"], options).trim(), version);
  });

  function contentOf(path: string): string {
    const found = entries.find((entry) => entry.path === path);
    assert.ok(found !== undefined, path);
    return Buffer.from(found.content).toString("utf8");
  }
});
