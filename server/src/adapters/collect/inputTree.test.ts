// Collecting real folders: what goes, what stays and why, and that a secret that stays is in no byte that could leave.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, link, mkdir, mkdtemp, readFile, realpath, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import * as fc from "fast-check";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decode } from "#protocol/decode.ts";
import { digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { treeManifestSchema } from "#protocol/job.ts";
import { isWorkspacePath, type WorkspacePath } from "#protocol/workspacePath.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { PLANTED_SECRETS } from "../../../../test/simulation/plantedSecrets.ts";
import { FindingsCache } from "./findingsCache.ts";
import { FOLDER_DEPTH_MAX } from "./folderWalk.ts";
import { type CollectedTree, type CollectRequest, collectTree, FILE_LIST_ITEM } from "./inputTree.ts";
import { createSecretDetector } from "./secretDetector.ts";
import { IGNORED_NAMED_MAX } from "./treeCandidates.ts";
import { FILE_BYTES_MAX } from "./treeLimits.ts";

const signal = new AbortController().signal;
const GITHUB = PLANTED_SECRETS["github"] ?? "";

let base = "";
let workspace = "";
let blobs = new MemoryBlobs();
let count = 0;
before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "arw-collect-")));
});
after(() => rm(base, { recursive: true, force: true }));
beforeEach(async () => {
  workspace = join(base, `workspace ${count++}`);
  await mkdir(workspace);
  blobs = new MemoryBlobs();
});

async function put(path: string, content: string | Uint8Array = `content of ${path}`): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), content);
}

function git(...argv: readonly string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@t.invalid", "-c", "init.defaultBranch=main"];
  execFileSync("git", [...identity, ...argv], { cwd: workspace, stdio: "ignore" });
}

function collect(changed: Partial<CollectRequest> = {}): Promise<CollectedTree> {
  const request: CollectRequest = {
    workspaceFolder: workspace,
    folder: ".",
    dependencies: { kind: "nothing" },
    leaveOut: [],
    neverLeaves: [],
    classOf: () => ({}),
    destination: "remote",
    blobs,
    detector: createSecretDetector(new Map<never, never>()),
    ...changed,
  };
  return collectTree(request, signal);
}

const pathsOf = (tree: CollectedTree): readonly string[] => tree.manifest.entries.map(({ path }) => path);

function reasonOf(tree: CollectedTree, path: string): string | undefined {
  return tree.leftOut.find((one) => one.path === path)?.reason;
}

function workspacePath(path: string): WorkspacePath {
  assert.ok(isWorkspacePath(path));
  return path;
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ArwError && error.code === code;
}

describe("a git repository", () => {
  test("tracked and unignored files go; ignored, deleted and `.git` do not", async () => {
    git("init");
    await put(".gitignore", "node_modules/\n*.log\n.env\n");
    for (const path of ["tracked.js", "deleted.js", "node_modules/x/index.js", "run.log", ".env"]) await put(path);
    git("add", "-A");
    await rm(join(workspace, "deleted.js"));
    await put("untracked.js");
    const tree = await collect();
    assert.deepEqual(pathsOf(tree), [".gitignore", "tracked.js", "untracked.js"]);
    assert.equal(reasonOf(tree, "node_modules/"), "ignored by git");
    assert.match(reasonOf(tree, ".env") ?? "", /^ignored by git; secret/u);
    assert.equal(reasonOf(tree, "deleted.js"), undefined);
  });

  test("listed dependency folders go although git ignores them", async () => {
    git("init");
    await put(".gitignore", "node_modules/\nother/\n");
    await put("node_modules/x/index.js");
    await put("other/file.js");
    await symlink("x/index.js", join(workspace, "node_modules", "bin"));
    const paths = [workspacePath("node_modules")];
    const tree = await collect({ dependencies: { kind: "folders", paths } });
    assert.deepEqual(pathsOf(tree), [".gitignore", "node_modules/bin", "node_modules/x/index.js"]);
    assert.equal(reasonOf(tree, "node_modules/"), undefined);
    assert.equal(reasonOf(tree, "other/"), "ignored by git");
    const missing = [workspacePath("vendor")];
    await assert.rejects(
      collect({ dependencies: { kind: "folders", paths: missing } }),
      hasCode("dependency-folder-missing"),
    );
  });

  test("a repository of its own inside stays here, with the reason", async () => {
    git("init");
    await put("file.js");
    await put("nested/inner.js");
    execFileSync("git", ["init"], { cwd: join(workspace, "nested"), stdio: "ignore" });
    const tree = await collect();
    assert.deepEqual(pathsOf(tree), ["file.js"]);
    assert.match(reasonOf(tree, "nested/") ?? "", /repository of its own/u);
  });

  test("of many ignored paths the first are named and the rest is counted", async () => {
    git("init");
    await put(".gitignore", "*.log\n");
    for (let index = 0; index <= IGNORED_NAMED_MAX; index++) await put(`${index}.log`);
    const { leftOut } = await collect();
    assert.equal(leftOut.length, IGNORED_NAMED_MAX + 1);
    assert.deepEqual(leftOut[0], { path: "(1 more)", reason: "ignored by git" });
  });

  test("a folder that an outer repository ignores is a plain folder", async () => {
    git("init");
    await put(".gitignore", "scratch\n");
    await put("scratch/project/file.js");
    const tree = await collect({ workspaceFolder: join(workspace, "scratch/project") });
    assert.deepEqual(pathsOf(tree), ["file.js"]);
  });

  test("where git cannot answer nothing is collected, ignored files least of all", async () => {
    await put(".git/HEAD", "damaged");
    await put("file.js");
    await assert.rejects(collect(), hasCode("git-failed"));
    assert.equal(blobs.stored.size, 0);
  });

  test("a file-system monitor of the repository's configuration is not run", async () => {
    git("init");
    await put("file.js");
    await put("monitor.sh", `#!/bin/sh\ntouch "${workspace}/was-run"\n`);
    await chmod(join(workspace, "monitor.sh"), 0o755);
    git("config", "core.fsmonitor", join(workspace, "monitor.sh"));
    assert.deepEqual(pathsOf(await collect()), ["file.js", "monitor.sh"]);
    await assert.rejects(readFile(join(workspace, "was-run")));
  });

  test("a tracked file whose folder became a symlink to the outside stays here", async () => {
    git("init");
    await put("folder/file.js");
    git("add", "-A");
    await rm(join(workspace, "folder"), { recursive: true });
    await mkdir(join(base, `outside ${count}`));
    await writeFile(join(base, `outside ${count}`, "file.js"), "outside");
    await symlink(join(base, `outside ${count}`), join(workspace, "folder"));
    const tree = await collect();
    assert.deepEqual(pathsOf(tree), []);
    assert.equal(blobs.stored.has(digestOf("outside")), false);
  });
});

describe("a plain folder", () => {
  test("names with spaces, line breaks, other scripts or a leading dash go as they are", async () => {
    const names = ["-rf", "--help", "a b.js", "line\nbreak.js", "naïve/日本語.txt", "🜂/x", "'quote\".js", "#x"];
    for (const name of names) await put(name);
    assert.deepEqual(pathsOf(await collect()), names.sort());
    git("init");
    assert.deepEqual(pathsOf(await collect()), names.sort());
  });

  test("names that are not safe everywhere stay, with the reason", async () => {
    await put("back\\slash");
    await put("co:lon");
    await writeFile(Buffer.concat([Buffer.from(`${workspace}/bad-`), Buffer.from([0xff])]), "x");
    const tree = await collect();
    assert.deepEqual(pathsOf(tree), []);
    assert.equal(tree.leftOut.length, 3);
  });

  test("symlinks go only if they stay inside, by their text and in truth", async () => {
    await put("sub/deep/file.js");
    await symlink("deep/file.js", join(workspace, "sub/inside"));
    await symlink("nowhere", join(workspace, "dangling"));
    await symlink("/etc/passwd", join(workspace, "absolute"));
    await symlink("../../etc/passwd", join(workspace, "up"));
    await symlink("..", join(workspace, "sub/top"));
    // Harmless by its text, but what it leads to leads outside.
    await symlink("absolute", join(workspace, "sly"));
    await symlink("circle", join(workspace, "circle"));
    const tree = await collect();
    assert.deepEqual(pathsOf(tree), ["dangling", "sub/deep/file.js", "sub/inside", "sub/top"]);
    for (const path of ["absolute", "up", "sly"]) assert.match(reasonOf(tree, path) ?? "", /leaves the workspace/u);
    assert.match(reasonOf(tree, "circle") ?? "", /circle/u);
  });

  test("pipes and sockets stay and block nothing", async () => {
    execFileSync("sh", ["-c", 'mkfifo "$0"', join(workspace, "pipe")]);
    const server = createServer().listen(join(workspace, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    const tree = await collect();
    server.close();
    assert.deepEqual(pathsOf(tree), []);
    assert.deepEqual(
      tree.leftOut.map(({ reason }) => reason),
      ["not a regular file", "not a regular file"],
    );
  });

  test("modes are kept, and hard links are two files of one blob", async () => {
    await put("script.sh");
    await chmod(join(workspace, "script.sh"), 0o755);
    await link(join(workspace, "script.sh"), join(workspace, "same.sh"));
    const { manifest } = await collect();
    assert.deepEqual(
      manifest.entries.map((entry) => entry.kind === "file" && entry.executable),
      [true, true],
    );
    assert.equal(blobs.stored.size, 2);
  });

  test("only the folder that was asked for goes, with paths of the workspace; globs of the owner stay", async () => {
    for (const path of ["top.js", "app/main.js", "app/data/large.bin", "app/notes.md", "app/deep/notes.md"])
      await put(path);
    const tree = await collect({ folder: workspacePath("app"), leaveOut: ["app/data/", "notes.md"] });
    assert.deepEqual(pathsOf(tree), ["app/main.js"]);
    assert.equal(reasonOf(tree, "app/data/large.bin"), "left out by you");
    assert.equal(reasonOf(tree, "app/deep/notes.md"), "left out by you");
    await assert.rejects(collect({ folder: workspacePath("absent") }), hasCode("folder-missing"));
    await symlink(base, join(workspace, "outside"));
    await assert.rejects(collect({ folder: workspacePath("outside") }), hasCode("folder-missing"));
    await assert.rejects(collect({ workspaceFolder: join(base, "absent") }), hasCode("folder-missing"));
  });

  test("folders that nest too deep stay, with the reason", async () => {
    await put(`${"d/".repeat(FOLDER_DEPTH_MAX)}fits`);
    await put(`${"e/".repeat(FOLDER_DEPTH_MAX + 1)}hidden`);
    const tree = await collect();
    assert.deepEqual(pathsOf(tree), [`${"d/".repeat(FOLDER_DEPTH_MAX)}fits`]);
    assert.match(tree.leftOut[0]?.reason ?? "", /nested too deep/u);
  });

  test("staged files of a proposal are no input", async () => {
    await put(".arw-apply-012345abcdef/new-0");
    assert.deepEqual(pathsOf(await collect()), []);
  });

  test("a file that is too large, and a tree that is, are refused with the cause and the fix", async () => {
    await put("data/huge.bin", "");
    await truncate(join(workspace, "data/huge.bin"), FILE_BYTES_MAX + 1);
    await assert.rejects(collect(), (error: unknown) => {
      assert.ok(hasCode("tree-too-large")(error) && error instanceof ArwError);
      assert.match(error.message, /"data\/huge\.bin" has 64\.0 MiB/u);
      assert.match(error.advice, /leave it out/u);
      return true;
    });
    await truncate(join(workspace, "data/huge.bin"), FILE_BYTES_MAX);
    for (const name of ["a/1", "a/2", "b/3", "c"]) {
      await put(name, "");
      await truncate(join(workspace, name), FILE_BYTES_MAX - 1_000);
    }
    await assert.rejects(collect(), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /Largest: "a\/" 128\.0 MiB, "data\/" 64\.0 MiB, "[bc]\/?" 64\.0 MiB\.$/u);
      return true;
    });
    assert.equal(blobs.stored.size, 0);
    const tree = await collect({ leaveOut: ["data", "a", "b", "c"] });
    assert.deepEqual(pathsOf(tree), []);
  });

  test("progress is told, and an aborted collection rejects with the signal's reason", async () => {
    for (const path of ["a", "b", "c"]) await put(path);
    const told: number[] = [];
    await collect({ onProgress: ({ files, filesTotal }) => told.push(files / filesTotal) });
    assert.deepEqual(told, [1 / 3, 2 / 3, 1]);
    const stop = new AbortController();
    const aborted = collectTree(
      {
        workspaceFolder: workspace,
        folder: ".",
        dependencies: { kind: "nothing" },
        leaveOut: [],
        neverLeaves: [],
        classOf: () => ({}),
        destination: "remote",
        blobs,
        detector: createSecretDetector(new Map<never, never>()),
        onProgress: () => stop.abort(new Error("stopped")),
      },
      stop.signal,
    );
    await assert.rejects(aborted, /stopped/u);
  });
});

describe("secrets", () => {
  async function plantAll(): Promise<void> {
    await put(".env", `TOKEN=${GITHUB}\n`);
    await put("config/deploy.json", JSON.stringify({ url: "https://acme.dev", token: GITHUB }));
    for (const [kind, secret] of Object.entries(PLANTED_SECRETS)) await put(`planted/${kind}.txt`, `x\n${secret}\n`);
    await put("keys/server.pem", "whatever it holds");
    await put(`named-${GITHUB}.txt`, "harmless content");
    await put("src/main.js", "export const answer = 42;\n");
  }

  test("for another machine they stay, with the reason, and are in no blob, item, manifest, reason or cache", async () => {
    await plantAll();
    const cachePath = join(base, "cache.json");
    const cache = await FindingsCache.open(cachePath);
    const tree = await collect({ detector: createSecretDetector(cache) });
    await cache.save();
    assert.deepEqual(pathsOf(tree), ["src/main.js"]);
    assert.match(reasonOf(tree, "config/deploy.json") ?? "", /^secret: .* line 1\)$/u);
    assert.equal(reasonOf(tree, ".env"), "secret: environment file");
    assert.equal(reasonOf(tree, "keys/server.pem"), "secret: key or certificate store");
    const { manifest, items, leftOut } = tree;
    const sinks = [JSON.stringify({ manifest, items, leftOut }), await readFile(cachePath, "utf8")];
    for (const blob of blobs.stored.values()) sinks.push(Buffer.from(blob).toString("latin1"));
    for (const [kind, secret] of Object.entries(PLANTED_SECRETS)) {
      for (const sink of sinks) assert.ok(!sink.includes(secret) && !sink.includes(JSON.stringify(secret)), kind);
    }
  });

  test("for this machine nothing is withheld", async () => {
    await plantAll();
    const tree = await collect({ destination: "local" });
    assert.ok(pathsOf(tree).includes(".env") && pathsOf(tree).includes("config/deploy.json"));
    assert.deepEqual(tree.leftOut, []);
    assert.equal(tree.items.find(({ path }) => path === ".env")?.classification, "secret");
  });

  test("an example of an environment goes unless it holds a secret", async () => {
    await put(".env.example", "TOKEN=your-token-here\n");
    await put("sub/.env.sample", `TOKEN=${GITHUB}\n`);
    const tree = await collect();
    assert.deepEqual(pathsOf(tree), [".env.example"]);
  });
});

test("any tree gives a manifest sorted and unique whose items are exactly the blobs that were stored", async () => {
  const name = fc.string({ unit: fc.constantFrom("a", "B", "é", "z", "-", " ", "0"), minLength: 1, maxLength: 3 });
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const files = fc.dictionary(path, fc.string({ maxLength: 20 }), { maxKeys: 12 });
  const property = fc.asyncProperty(files, fc.boolean(), async (contents, isRepository) => {
    workspace = join(base, `property ${count++}`);
    blobs = new MemoryBlobs();
    await mkdir(workspace);
    if (isRepository) git("init");
    // Where one path is another's folder, the file system keeps the first.
    for (const [file, content] of Object.entries(contents)) await put(file, content).catch(() => undefined);
    const tree = await collect();
    const paths = pathsOf(tree);
    assert.deepEqual(paths, [...new Set(paths)].sort());
    assert.ok(decode(treeManifestSchema, tree.manifest).ok);
    assert.equal(tree.tree.digest, digestOf(canonicalJson(tree.manifest)));
    assert.deepEqual(new Set(tree.items.map(({ digest }) => digest)), new Set(blobs.stored.keys()));
    assert.equal(
      tree.bytes,
      tree.items.reduce((total, { bytes }) => total + bytes, 0),
    );
    assert.ok(tree.items.some((item) => item.path === FILE_LIST_ITEM));
    for (const file of paths) assert.equal(await readFile(join(workspace, file), "utf8"), contents[file]);
  });
  await fc.assert(property, { numRuns: 25 });
});
