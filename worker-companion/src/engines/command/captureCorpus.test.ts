// Trees as a hostile command leaves them: nothing outside is read, every refusal is named, and one bad file costs no other.
// The folder is swapped in the middle of the capture on purpose, by the blob store that it writes to.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { link, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { decodeJson } from "#protocol/decode.ts";
import { digestOf } from "#protocol/digest.ts";
import type { TreeEntry } from "#protocol/job.ts";
import { type Proposal, proposalSchema } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { isWorkspacePath } from "#protocol/workspacePath.ts";
import { captureOutputs } from "./captureOutputs.ts";
import { inTreeFolder } from "./treeFolders.ts";

const never = new AbortController().signal;

interface Ground {
  readonly tree: string;
  /** Beside the tree, with a secret in it. */
  readonly outside: string;
  readonly blobs: BlobStore;
}

async function onGround(check: (ground: Ground) => Promise<void>): Promise<void> {
  const own = await mkdtemp(join(tmpdir(), "arw-corpus-"));
  try {
    const ground = {
      tree: join(own, "tree"),
      outside: join(own, "outside"),
      blobs: await openBlobFiles(join(own, "b")),
    };
    await mkdir(ground.tree);
    await mkdir(ground.outside);
    await writeFile(join(ground.outside, "file"), "secret");
    await check(ground);
  } finally {
    spawnSync("rm", ["-rf", own]);
    await rm(own, { recursive: true, force: true });
  }
}

async function proposed(
  { tree, blobs }: Ground,
  seen: readonly string[] = [],
  through: BlobStore = blobs,
): Promise<Proposal> {
  const entries = seen.map((path): TreeEntry => {
    assert.ok(isWorkspacePath(path));
    return { kind: "file", path, digest: digestOf("seen"), bytes: byteCount(4), executable: false };
  });
  const named = await captureOutputs(through, tree, { kind: "tree", entries }, ["**"], never);
  assert.ok(named !== undefined);
  const text = new TextDecoder().decode(await blobs.read(named.digest, byteCount(0), 10_000_000));
  const decoded = decodeJson(proposalSchema, text);
  assert.ok(decoded.ok);
  assert.equal(await blobs.size(digestOf("secret")), undefined, "what is outside never becomes a blob");
  return decoded.value;
}

const taken = ({ changes }: Proposal): readonly string[] => changes.map(({ kind, path }) => `${kind} ${path}`);
const left = ({ leftOut }: Proposal): Readonly<Record<string, string>> =>
  Object.fromEntries(leftOut.map(({ path, reason }) => [path, reason]));

test("two names of one file are two files", () =>
  onGround(async (ground) => {
    await writeFile(join(ground.tree, "one"), "same");
    await link(join(ground.tree, "one"), join(ground.tree, "two"));
    assert.deepEqual(taken(await proposed(ground)), ["create one", "create two"]);
  }));

test("devices, pipes and sockets are left out without being opened", { skip: process.platform === "win32" }, () =>
  onGround(async (ground) => {
    const server = createServer().listen(join(ground.tree, "socket"));
    try {
      await new Promise((resolve) => server.on("listening", resolve));
      spawnSync("mkfifo", [join(ground.tree, "pipe")]);
      // Only root may make a device.
      const device = spawnSync("mknod", [join(ground.tree, "device"), "c", "1", "5"]).status === 0 ? ["device"] : [];
      const proposal = await proposed(ground);
      const expected = Object.fromEntries([...device, "pipe", "socket"].map((name) => [name, "not a regular file"]));
      assert.deepEqual([taken(proposal), left(proposal)], [[], expected]);
    } finally {
      server.close();
    }
  }),
);

test("where everything was left out, the proposal has no change and all the reasons", () =>
  onGround(async (ground) => {
    await symlink(join(ground.outside, "file"), join(ground.tree, "out"));
    await symlink("../outside", join(ground.tree, "folder"));
    const proposal = await proposed(ground);
    const reason = "the link leaves the tree";
    assert.deepEqual([taken(proposal), left(proposal)], [[], { folder: reason, out: reason }]);
  }));

test("of new files with one name on some systems the first by path is taken, and never over a seen one", () =>
  onGround(async (ground) => {
    const composed = "caf\u00e9";
    const decomposed = "cafe\u0301";
    for (const name of ["README", "readme", "ReadMe", composed, decomposed, "straße", "STRASSE", "seen", "SEEN"]) {
      await writeFile(join(ground.tree, name), `new ${name}`);
    }
    const proposal = await proposed(ground, ["seen"]);
    assert.deepEqual(taken(proposal), ["create README", "create STRASSE", `create ${decomposed}`, "edit seen"]);
    assert.deepEqual(Object.keys(left(proposal)).sort(), ["ReadMe", "SEEN", composed, "readme", "straße"].sort());
    assert.equal(left(proposal)["readme"], '"README" has the same name on some systems');
    assert.equal(left(proposal)["SEEN"], '"seen" has the same name on some systems');
  }));

test("names that Windows reads otherwise are left out, unless the job saw them", () =>
  onGround(async (ground) => {
    const names = ["end.", "end ", "...", "CON", "nul.txt", "Lpt1.log", "console", "com10", ".gitignore", "seen."];
    for (const name of names) await writeFile(join(ground.tree, name), name);
    await mkdir(join(ground.tree, "folder."));
    await writeFile(join(ground.tree, "folder./x"), "x");
    const proposal = await proposed(ground, ["seen."]);
    assert.deepEqual(taken(proposal), ["create .gitignore", "create com10", "create console", "edit seen."]);
    const expected = ["...", "CON", "Lpt1.log", "end ", "end.", "folder./x", "nul.txt"];
    assert.deepEqual(Object.keys(left(proposal)), expected);
  }));

test("names that cannot travel are left out by name: bytes that are no text, separators of other systems", () =>
  onGround(async (ground) => {
    for (const name of ["a\\..\\b", "c:d", "tab\there"]) await writeFile(join(ground.tree, name), "x");
    await writeFile(Buffer.concat([Buffer.from(`${ground.tree}/`), Buffer.from([0x66, 0xff, 0xfe])]), "x");
    const proposal = await proposed(ground);
    assert.deepEqual(taken(proposal), ["create tab\there"]);
    assert.equal(proposal.leftOut.length, 3);
  }));

test(
  "the longest name is taken; a path longer than any may be is left out, and the rest comes back",
  { skip: process.platform !== "linux" },
  () =>
    onGround(async (ground) => {
      const long = "n".repeat(255);
      await writeFile(join(ground.tree, long), "long");
      // Deeper than a path can be written down: only step by step can it be made or walked.
      const script = `for (let depth = 0; depth < 30; depth++) {
      fs.mkdirSync(process.argv[1]); process.chdir(process.argv[1]); fs.writeFileSync("f", "");
    }`;
      const made = spawnSync(process.execPath, ["-e", script, "d".repeat(250)], { cwd: ground.tree, encoding: "utf8" });
      assert.equal(made.status, 0, made.stderr);
      const proposal = await proposed(ground);
      // 16 folders of 251 characters are 4,016; the file in the next would be beyond 4,096.
      assert.equal(proposal.changes.length, 1 + 16);
      assert.ok(taken(proposal).includes(`create ${long}`));
    }),
);

test(
  "a folder that is swapped for a link in the middle of the capture leads nowhere",
  { skip: process.platform !== "linux" },
  () =>
    onGround(async (ground) => {
      await mkdir(join(ground.tree, "d"));
      await writeFile(join(ground.tree, "d/file"), "public");
      await writeFile(join(ground.tree, "z"), "z");
      let swapped = false;
      const swapping: BlobStore = {
        ...ground.blobs,
        putFile: async (path, bytesMax, signal) => {
          if (!swapped) {
            swapped = true;
            await rename(join(ground.tree, "d"), join(ground.tree, "moved"));
            await symlink(ground.outside, join(ground.tree, "d"));
          }
          return ground.blobs.putFile(path, bytesMax, signal);
        },
      };
      const { changes } = await proposed(ground, [], swapping);
      assert.deepEqual(
        changes.map((change) => ("digest" in change ? change.digest : change.kind)),
        [digestOf("public"), digestOf("z")],
      );
    }),
);

test(
  "a file that is swapped for a link or taken away in the middle is left out by name",
  { skip: process.platform !== "linux" },
  () =>
    onGround(async (ground) => {
      for (const name of ["a", "b", "c"]) await writeFile(join(ground.tree, name), name);
      const swapping: BlobStore = {
        ...ground.blobs,
        putFile: async (path, bytesMax, signal) => {
          await rm(join(ground.tree, "b"), { force: true });
          await rm(join(ground.tree, "c"), { force: true });
          await symlink(join(ground.outside, "file"), join(ground.tree, "c"));
          return ground.blobs.putFile(path, bytesMax, signal);
        },
      };
      const proposal = await proposed(ground, [], swapping);
      const reason = "it was changed while it was taken";
      assert.deepEqual([taken(proposal), left(proposal)], [["create a"], { b: reason, c: reason }]);
    }),
);

test("no folder is reached through a link", { skip: process.platform !== "linux" }, () =>
  onGround(async ({ tree, outside }) => {
    await mkdir(join(tree, "real/deep"), { recursive: true });
    await symlink(outside, join(tree, "linked"));
    await symlink(outside, join(tree, "real/linked"));
    const reached = (folder: string): Promise<boolean | undefined> => inTreeFolder(tree, folder, async () => true);
    assert.deepEqual(await Promise.all(["", "real", "real/deep"].map(reached)), [true, true, true]);
    const nowhere = ["linked", "real/linked", "linked/x", "absent", "real/deep/absent"];
    assert.deepEqual(
      await Promise.all(nowhere.map(reached)),
      nowhere.map(() => undefined),
    );
  }),
);
