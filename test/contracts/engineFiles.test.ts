// What goes into a job's folder and what comes back: hostile manifests are refused, changes are proposed over what was seen.
// It never trusts the tree after a command: links, pipes and unportable names are left out by name.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestOf } from "#protocol/digest.ts";
import { describeInSandbox, finish, readText, shellJob, storeManifest } from "./engineCommand.ts";

await describeInSandbox((claim) => {
  claim("what the command changed comes back as a proposal over what it saw", async (engine, { blobs }) => {
    const files = {
      "edited.txt": "old",
      "same.txt": "same",
      "gone.txt": "gone",
      "mode.sh": "echo",
      "ignored/x": "old",
      old: { link: "same.txt" },
      turned: { link: "same.txt" },
      linked: "was a file",
    };
    const script = `printf new > edited.txt; printf made > made.txt; rm gone.txt old; chmod +x mode.sh; printf new > ignored/x
      ln -sf edited.txt turned; rm linked; ln -s same.txt linked; mkdir deep; printf '#!' > deep/tool; chmod +x deep/tool`;
    const outputs = ["*", "deep/**"];
    const { proposal, ended } = await finish(engine, blobs, await shellJob(blobs, script, files, { outputs }));
    assert.equal(ended, 0);
    const content = (text: string, executable = false) => ({ digest: digestOf(text), bytes: text.length, executable });
    assert.deepEqual(proposal?.leftOut, []);
    assert.deepEqual(proposal?.changes, [
      { kind: "delete", path: "gone.txt", base: digestOf("gone") },
      { kind: "delete-symlink", path: "old", target: "same.txt" },
      { kind: "create", path: "deep/tool", ...content("#!", true) },
      { kind: "edit", path: "edited.txt", base: digestOf("old"), ...content("new") },
      { kind: "symlink", path: "linked", target: "same.txt", base: digestOf("was a file") },
      { kind: "create", path: "made.txt", ...content("made") },
      { kind: "mode", path: "mode.sh", base: digestOf("echo"), executable: true },
      { kind: "symlink", path: "turned", target: "edited.txt", base: digestOf("same.txt") },
    ]);
    assert.equal(await readText(blobs, digestOf("made")), "made");
  });

  claim("a command that changed nothing proposes nothing", async (engine, { blobs }) => {
    const outputs = ["**"];
    const job = await shellJob(blobs, "cat a >/dev/null; printf x > a", { a: "x", l: { link: "a" } }, { outputs });
    const finished = await finish(engine, blobs, job);
    assert.equal(finished.ended, 0);
    assert.equal(finished.proposal, undefined);
  });

  claim("outputs that leave the tree, or are no files, are left out and named", async (engine, { blobs, folder }) => {
    const secret = join(dirname(folder), "secret.txt");
    await writeFile(secret, "secret of the machine");
    const script = `ln -s ${secret} absolute; ln -s ../../../secret.txt upward; ln -s / root; mkfifo pipe; mkdir d
      ln -s .. d/parent; ln -s d/parent/../x sneaky; touch 'a:b'; printf ok > fine`;
    const job = await shellJob(blobs, script, {}, { outputs: ["**"] });
    const { proposal } = await finish(engine, blobs, job);
    assert.deepEqual(
      proposal?.changes.map(({ path }) => path),
      ["d/parent", "fine"],
    );
    const leftOut = proposal?.leftOut.map(({ path }) => path).sort();
    assert.deepEqual(leftOut, ["a:b", "absolute", "pipe", "root", "sneaky", "upward"]);
    assert.equal(await blobs.size(digestOf("secret of the machine")), undefined);
  });

  claim(
    "folders too deep for a path, or closed, cost no other output and are gone afterwards",
    async (engine, place) => {
      const deep = `for (let i = 0; i < 30; i++) { fs.mkdirSync("d".repeat(250)); process.chdir("d".repeat(250)); }`;
      const script = `node -e '${deep}'; mkdir closed; : > closed/x; chmod 0 closed; printf ok > fine; : > secret; chmod 0 secret`;
      const job = await shellJob(place.blobs, script, {}, { outputs: ["**"] });
      const { proposal, ended } = await finish(engine, place.blobs, job);
      assert.equal(ended, 0);
      const taken = proposal?.changes.map(({ path }) => path) ?? [];
      // Nothing is closed to root.
      const open = process.getuid?.() === 0 ? ["closed/x", "fine", "secret"] : ["fine"];
      assert.deepEqual(taken, open);
      assert.equal(taken.length + (proposal?.leftOut.filter(({ path }) => path.length < 10).length ?? 0), 3);
      assert.deepEqual(await readdir(place.folder), ["identity"]);
    },
  );

  claim("a manifest that writes outside, twice, or through a link is refused", async (engine, { blobs, folder }) => {
    const { digest, bytes } = await blobs.put(new TextEncoder().encode("evil"));
    const file = (path: string) => ({ kind: "file", path, digest, bytes, executable: false });
    const link = (path: string, target: string) => ({ kind: "symlink", path, target });
    const corpus: readonly (readonly unknown[])[] = [
      [file("../evil")],
      [file("/evil")],
      [file("a/../../evil")],
      [file("a\\..\\evil")],
      [file("c:/evil")],
      [file("./evil")],
      [file("a\0b")],
      [file("")],
      [file("a"), file("a")],
      [file("a"), file("a/b")],
      [file("a/b/c"), file("a/b")],
      [link("a", ".."), file("a/evil")],
      [link("a", "/tmp"), file("a/evil")],
      [link("a", "/etc")],
      [link("a", "../x")],
      [link("a/b", "../../x")],
      [link("up", "d/../../x")],
      [{ kind: "fifo", path: "a" }],
    ];
    for (const entries of corpus) {
      const tree = await storeManifest(blobs, { kind: "tree", entries });
      const finished = await finish(engine, blobs, await shellJob(blobs, "true", {}, { tree }));
      assert.equal(finished.ended, "tree-unusable", JSON.stringify(entries));
    }
    assert.equal(existsSync(join(dirname(folder), "evil")), false);
  });

  claim("an input that is not here ends the run as failed", async (engine, { blobs }) => {
    const job = await shellJob(blobs, "true", {}, { tree: digestOf("not here") });
    assert.equal((await finish(engine, blobs, job)).ended, "blob-absent");
  });
});
