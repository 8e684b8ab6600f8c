// Applying proposals to real folders: exactly the run's tree or nothing, and never a byte outside the workspace.
import assert from "node:assert/strict";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import * as fc from "fast-check";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { Proposal, ProposedChange } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { isWorkspacePath, type WorkspacePath } from "#protocol/workspacePath.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { applyProposal } from "./applyProposal.ts";
import { conflictsOf, isProtected } from "./conflicts.ts";

const signal = new AbortController().signal;

let base = "";
let place = "";
let workspace = "";
let blobs = new MemoryBlobs();
let count = 0;
before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "arw-apply-")));
});
after(() => rm(base, { recursive: true, force: true }));
beforeEach(newWorkspace);

async function newWorkspace(): Promise<void> {
  // The workspace and what lies beside it, so that a write outside shows.
  place = join(base, String(count++));
  workspace = join(place, "a workspace");
  await mkdir(workspace, { recursive: true });
  blobs = new MemoryBlobs();
}

async function put(path: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), content);
  await chmod(join(workspace, path), mode);
}

function at(path: string): WorkspacePath {
  assert.ok(isWorkspacePath(path), path);
  return path;
}

interface Content {
  readonly digest: Digest;
  readonly bytes: ReturnType<typeof byteCount>;
  readonly executable: boolean;
}

function content(text: string, executable = false): Content {
  const digest = digestOf(text);
  blobs.stored.set(digest, Buffer.from(text));
  return { digest, bytes: byteCount(Buffer.byteLength(text)), executable };
}

const create = (path: string, text: string, executable = false): ProposedChange => ({
  kind: "create",
  path: at(path),
  ...content(text, executable),
});
const edit = (path: string, base: string, text: string, executable = false): ProposedChange => ({
  kind: "edit",
  path: at(path),
  base: digestOf(base),
  ...content(text, executable),
});
const proposal = (...changes: readonly ProposedChange[]): Proposal => ({ kind: "proposal", changes, leftOut: [] });
const apply = (...changes: readonly ProposedChange[]): Promise<unknown> =>
  applyProposal(workspace, proposal(...changes), blobs, signal);

/** Every entry with content and executable bit, so that two states of a folder can be compared. */
async function snapshot(folder = workspace): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (entry.isSymbolicLink()) found[name] = `-> ${await readlink(path)}`;
    else if (entry.isFile()) {
      const executable = ((await lstat(path)).mode & 0o100) !== 0;
      found[name] = `${executable ? "x" : "-"} ${await readFile(path, "utf8")}`;
    }
  }
  return found;
}

async function assertConflict(change: ProposedChange, reason: RegExp): Promise<void> {
  const before = await snapshot(place);
  const conflicts = await conflictsOf(workspace, proposal(change));
  assert.equal(conflicts[0]?.path, change.path);
  assert.match(conflicts[0]?.reason ?? "", reason);
  await assert.rejects(apply(create("innocent.txt", "x"), change), hasCode("proposal-conflict"));
  assert.deepEqual(await snapshot(place), before);
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ArwError && error.code === code;
}

describe("applying", () => {
  test("creates, edits, deletes, modes and symlinks land together", async () => {
    await put("edited.js", "old", 0o600);
    await put("gone.js", "gone");
    await put("tool.sh", "tool", 0o640);
    await put("becomes-link", "text");
    await symlink("gone.js", join(workspace, "old-link"));
    await symlink("edited.js", join(workspace, "moved-link"));
    const changes: readonly ProposedChange[] = [
      create("new/deep/file.js", "new", true),
      edit("edited.js", "old", "edited"),
      { kind: "delete", path: at("gone.js"), base: digestOf("gone") },
      { kind: "mode", path: at("tool.sh"), base: digestOf("tool"), executable: true },
      { kind: "symlink", path: at("new/link"), target: "../edited.js" },
      { kind: "symlink", path: at("becomes-link"), target: "edited.js", base: digestOf("text") },
      { kind: "symlink", path: at("moved-link"), target: "tool.sh", base: digestOf("edited.js") },
      { kind: "delete-symlink", path: at("old-link"), target: "gone.js" },
    ];
    assert.deepEqual(await applyProposal(workspace, proposal(...changes), blobs, signal), { files: 8 });
    assert.deepEqual(await snapshot(), {
      "becomes-link": "-> edited.js",
      "edited.js": "- edited",
      "moved-link": "-> tool.sh",
      "new/deep/file.js": "x new",
      "new/link": "-> ../edited.js",
      "tool.sh": "x tool",
    });
    assert.equal((await lstat(join(workspace, "edited.js"))).mode & 0o777, 0o600);
    assert.equal((await lstat(join(workspace, "tool.sh"))).mode & 0o777, 0o750);
    // The same proposal fits again where its wanted state stands: a crash in the middle is mended by applying once more.
    assert.deepEqual(await conflictsOf(workspace, proposal(...changes)), []);
    const before = await snapshot();
    await apply(...changes);
    assert.deepEqual(await snapshot(), before);
  });

  test("on an unchanged tree it gives exactly the run's tree", async () => {
    const name = fc.constantFrom("a", "b", "c/d", "c/e", "f/g/h", "i j", "-k", "é\nl");
    const file = fc.record({ text: fc.string({ maxLength: 8 }), executable: fc.boolean() });
    const tree = fc.dictionary(name, file, { maxKeys: 8 });
    const property = fc.asyncProperty(tree, tree, async (old, wanted) => {
      await newWorkspace();
      for (const [path, { text, executable }] of Object.entries(old)) await put(path, text, executable ? 0o755 : 0o644);
      const changes = [...new Set([...Object.keys(old), ...Object.keys(wanted)])].flatMap((path) => {
        const [before, next] = [old[path], wanted[path]];
        if (next === undefined) return before === undefined ? [] : [deletion(path, before.text)];
        if (before === undefined) return [create(path, next.text, next.executable)];
        if (before.text !== next.text) return [edit(path, before.text, next.text, next.executable)];
        if (before.executable === next.executable) return [];
        const { executable } = next;
        return [{ kind: "mode", path: at(path), base: digestOf(before.text), executable } as const];
      });
      await apply(...changes);
      const expected = Object.entries(wanted).map(([path, { text, executable }]) => [
        path,
        `${executable ? "x" : "-"} ${text}`,
      ]);
      assert.deepEqual(await snapshot(), Object.fromEntries(expected));
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test("what a crash left staged is cleared away, and a planted symlink of that name is not followed", async () => {
    await put(".arw-apply-0123456789ab/new-0", "left over");
    await put("keep.txt", "keep");
    await mkdir(join(place, "precious"), { recursive: true });
    await writeFile(join(place, "precious", "file"), "precious");
    await symlink(join(place, "precious"), join(workspace, ".arw-apply-ffffffffffff"));
    await apply(create("new.txt", "new"));
    assert.deepEqual(Object.keys(await snapshot()).sort(), [".arw-apply-ffffffffffff", "keep.txt", "new.txt"]);
    assert.equal(await readFile(join(place, "precious", "file"), "utf8"), "precious");
  });

  test("a failure half way is undone, created folders included", async () => {
    await put("first.txt", "old");
    await put("last.txt", "last");
    // The conflict appears while earlier changes are already placed: the store edits a file when it is staged.
    const before = await snapshot();
    const materialise = blobs.materialise.bind(blobs);
    blobs.materialise = async (digest, path, executable) => {
      await materialise(digest, path, executable);
      await put("last.txt", "edited meanwhile");
    };
    const changes = [create("deep/new.txt", "new"), edit("first.txt", "old", "new"), deletion("last.txt", "last")];
    await assert.rejects(apply(...changes), hasCode("proposal-conflict"));
    assert.deepEqual(await snapshot(), { ...before, "last.txt": "- edited meanwhile" });
    assert.deepEqual((await readdir(workspace)).sort(), ["first.txt", "last.txt"]);
  });

  test("an absent blob, an aborted signal and a full disk leave the workspace as it was", async () => {
    const absent = edit("file.txt", "old", "new");
    await put("file.txt", "old");
    blobs.stored.clear();
    await assert.rejects(apply(absent), hasCode("proposal-blob-absent"));
    const change = create("new.txt", "new");
    const stop = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(applyProposal(workspace, proposal(change), blobs, stop), /stopped/u);
    blobs.materialise = async () => {
      throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    };
    await assert.rejects(apply(change), (error: unknown) => {
      assert.ok(error instanceof ArwError && error.code === "proposal-not-applied");
      assert.match(error.message, /ENOSPC/u);
      return true;
    });
    assert.deepEqual(await snapshot(), { "file.txt": "- old" });
    assert.deepEqual(await readdir(workspace), ["file.txt"]);
  });

  test("two proposals at once: the second is told to wait", async () => {
    const [first, second] = await Promise.allSettled([apply(create("a", "a")), apply(create("b", "b"))]);
    assert.equal(first.status, "fulfilled");
    assert.ok(second.status === "rejected" && hasCode("proposal-busy")(second.reason));
  });
});

function deletion(path: string, text: string): ProposedChange {
  return { kind: "delete", path: at(path), base: digestOf(text) };
}

describe("conflicts", () => {
  test("an edit since, a deletion since and a creation since are conflicts", async () => {
    await put("edited.txt", "edited since");
    await assertConflict(edit("edited.txt", "old", "new"), /changed since/u);
    await assertConflict(deletion("edited.txt", "old"), /changed since/u);
    await assertConflict({ kind: "mode", path: at("edited.txt"), base: digestOf("old"), executable: true }, /changed/u);
    await assertConflict(create("edited.txt", "new"), /something exists/u);
    await assertConflict(edit("deleted.txt", "old", "new"), /no longer there/u);
    await assertConflict({ kind: "symlink", path: at("edited.txt"), target: "x" }, /something exists/u);
    await assertConflict({ kind: "delete-symlink", path: at("edited.txt"), target: "x" }, /changed since/u);
    await mkdir(join(workspace, "folder"));
    await assertConflict(create("folder", "new"), /something exists/u);
    await assertConflict(edit("folder", "old", "new"), /no longer a regular file/u);
  });

  test("a symlink in the place of a file or of a folder above it is never written through", async () => {
    await mkdir(join(place, "outside"), { recursive: true });
    await writeFile(join(place, "outside", "file.txt"), "old");
    await symlink(join(place, "outside"), join(workspace, "folder"));
    await symlink(join(place, "outside", "file.txt"), join(workspace, "file.txt"));
    await put("plain", "a file");
    await assertConflict(create("folder/new.txt", "x"), /is a symlink/u);
    await assertConflict(edit("folder/file.txt", "old", "new"), /is a symlink/u);
    await assertConflict(deletion("folder/file.txt", "old"), /is a symlink/u);
    await assertConflict(edit("file.txt", "old", "new"), /no longer a regular file/u);
    await assertConflict(create("plain/new.txt", "x"), /is no folder/u);
    assert.deepEqual(await readdir(join(place, "outside")), ["file.txt"]);
  });

  test("a proposal cannot first make a symlink and then write through it", async () => {
    const link: ProposedChange = { kind: "symlink", path: at("link"), target: "sub" };
    await mkdir(join(workspace, "sub"));
    const conflicts = await conflictsOf(workspace, proposal(link, create("link/file", "x")));
    assert.match(conflicts[0]?.reason ?? "", /file and folder/u);
    const twice = await conflictsOf(workspace, proposal(create("a", "x"), create("a", "y")));
    assert.match(twice[0]?.reason ?? "", /named twice/u);
  });

  test("symlinks that would leave the workspace are conflicts", async () => {
    for (const target of ["/etc/passwd", "../up", "a/../../up"]) {
      await assertConflict({ kind: "symlink", path: at("link"), target }, /leave the workspace/u);
    }
  });

  test("paths that leave the workspace write nothing, whoever forged them", async () => {
    const corpus = [
      "../x",
      "/tmp/x",
      "a/../../x",
      "..",
      ".",
      "",
      "a//b",
      "./x",
      "a/./b",
      "C:x",
      "..\\x",
      "a\\..\\x",
      "x\0y",
    ];
    const before = await snapshot(place);
    for (const path of corpus) {
      assert.equal(isWorkspacePath(path), false, path);
      // As if a caller had skipped decoding.
      const forged: ProposedChange = JSON.parse(JSON.stringify({ ...create("x", "x"), path }));
      await assert.rejects(apply(forged), hasCode("proposal-conflict"));
    }
    assert.deepEqual(await snapshot(place), before);
  });

  test("what steers git or the editor is protected in every spelling", async () => {
    const protectedPaths = [
      ..." .git/config .git .GIT/hooks/x sub/.git/config .git./x git~1/x .vscode/settings.json".trim().split(" "),
      ..."sub/.VSCode/tasks.json x.code-workspace sub/X.CODE-WORKSPACE .arw-apply-0123456789ab/new-0".split(" "),
      ".arw/policy.jsonc",
      ".git /config",
      ".g\u200cit/config",
    ];
    for (const path of protectedPaths) await assertConflict(create(path, "x"), /protected|reserved/u);
    await applyProposal(workspace, proposal(create(".vscode/settings.json", "{}")), blobs, signal, "approved");
    assert.equal((await snapshot())[".vscode/settings.json"], "- {}", "what the owner approved by itself is written");
    const reserved = proposal(create(".arw-apply-0123456789ab/new-0", "x"));
    await assert.rejects(applyProposal(workspace, reserved, blobs, signal, "approved"), hasCode("proposal-conflict"));
    for (const path of [".gitignore", ".github/workflows/x.yml", "vscode/x", "git/x"]) {
      assert.equal(isProtected(path), false, path);
    }
  });
});
