// Changes of a preview's items since the last commit, asked of a real git: they are lines of what was collected, whatever has
// become of the files, and can be left out one by one.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { PreviewItem } from "#protocol/egress.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { CUT_BYTES_MAX } from "#protocol/lineCut.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { ResultOf } from "#protocol/wire/client.ts";
import { CHANGES_LISTED_MAX } from "#protocol/wire/egressViews.ts";
import { ANYONE, answered, codeOf, command, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { homeWith } from "../../../../test/simulation/homeCommands.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";
import { changesOf, type ChangesRequest } from "./itemChanges.ts";
import type { HomeServices } from "./services.ts";

const POEM = "one\ntwo\nthree\nfour\n";
const CHANGED = "zero\none\nthree\nfour and more\n";

interface Committed {
  readonly here: HomeServices;
  readonly git: (...words: readonly string[]) => void;
}

/** A repository whose last commit has these files. */
async function committed(t: TestContext, files: Readonly<Record<string, string>>): Promise<Committed> {
  const here = await services(t, new DeskBench(homeWith(GPU).state), files);
  const git = (...words: readonly string[]): void => {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "core.autocrlf=false"];
    execFileSync("git", [...who, ...words], { cwd: here.workspaceFolder, stdio: "ignore" });
  };
  git("init", "-q");
  git("add", "--all");
  git("commit", "-q", "-m", "first");
  return { here, git };
}

async function changes(
  { here }: Pick<Committed, "here">,
  collected: Readonly<Record<string, string>>,
): Promise<ResultOf<"itemChanges"> | string> {
  const items = await Promise.all(
    Object.entries(collected).map(async ([path, text]): Promise<PreviewItem> => {
      return { path, classification: "internal", ...(await here.blobs.put(Buffer.from(text))) };
    }),
  );
  const paths = Object.keys(collected);
  const request: ChangesRequest = { items, paths, blobs: here.blobs, workspaceFolder: here.workspaceFolder };
  const found = await changesOf(request, new AbortController().signal);
  return "code" in found ? found.code : found;
}

describe("changes of an item", () => {
  test("are those of the collected bytes, and leaving one out leaves every other line as it was", async (t) => {
    const { here } = await committed(t, { "poem.txt": POEM });
    await writeFile(join(here.workspaceFolder, "poem.txt"), CHANGED);
    const started = answered(await episodeApi(here).startEpisode({ request: command("make"), on: GPU.name }, ANYONE));
    assert.ok(started.previewId !== undefined);
    const { previewId } = started;
    // The file goes on changing; what waits does not.
    await writeFile(join(here.workspaceFolder, "poem.txt"), "another\n".repeat(9));
    const egress = egressApi(here);
    const ask = async (of: PreviewId): Promise<ResultOf<"itemChanges">["items"]> =>
      answered(await egress.itemChanges({ previewId: of, paths: ["poem.txt"] }, ANYONE)).items;
    const [item] = await ask(previewId);
    assert.ok(item?.kind === "changed");
    assert.deepEqual(item.changes, [
      { from: 1, to: 1 },
      { from: 4, to: 4 },
    ]);
    const [, second] = item.changes;
    assert.ok(second !== undefined);
    const { digest } = answered(await egress.readPreview({ previewId }, ANYONE));
    const cut = [{ path: "poem.txt", lines: [second] }];
    const revised = answered(await egress.reviseEgress({ previewId, digest, leaveOut: [], cut }, ANYONE));
    const { preview } = answered(await egress.readPreview({ previewId: revised.previewId }, ANYONE));
    const sent = preview.items.find(({ path }) => path === "poem.txt");
    assert.ok(sent !== undefined);
    const bytes = await here.blobs.read(sent.digest, byteCount(0), 100);
    assert.equal(Buffer.from(bytes).toString(), "zero\none\nthree\n");
    // In what is left the first change is the only one: a line that was cut is one that went, and sends nothing.
    assert.deepEqual(
      (await ask(revised.previewId)).map((each) => each.kind === "changed" && each.changes),
      [[{ from: 1, to: 1 }]],
    );
  });

  test("of a file that is not committed are all of it, and before the first commit every file is new", async (t) => {
    const { here } = await committed(t, { "poem.txt": POEM });
    const found = await changes({ here }, { "poem.txt": POEM, "new.txt": POEM, "empty.txt": "" });
    assert.ok(typeof found !== "string" && /^[0-9a-f]{40}$/.test(found.commit ?? ""));
    assert.deepEqual(found.items, [
      { kind: "changed", path: "poem.txt", changes: [], more: 0 },
      { kind: "new", path: "new.txt", changes: [{ from: 1, to: 4 }], more: 0 },
      { kind: "new", path: "empty.txt", changes: [], more: 0 },
    ]);
    const unborn = await services(t);
    execFileSync("git", ["init", "-q"], { cwd: unborn.workspaceFolder });
    const first = await changes({ here: unborn }, { "a.txt": "one" });
    assert.deepEqual(first, { items: [{ kind: "new", path: "a.txt", changes: [{ from: 1, to: 1 }], more: 0 }] });
  });

  test("are not what a checkout does to ends of lines, and what is in a subfolder is found there", async (t) => {
    const { here } = await committed(t, { "deep/*.txt": POEM, "deep/a.txt": "another\n" });
    const below = { ...here, workspaceFolder: join(here.workspaceFolder, "deep") };
    const found = await changes({ here: below }, { "*.txt": POEM.replaceAll("\n", "\r\n") });
    assert.deepEqual(typeof found === "string" ? found : found.items, [
      { kind: "changed", path: "*.txt", changes: [], more: 0 },
    ]);
  });

  test("run nothing that the repository names, and leave no copy behind", async (t) => {
    const { here, git } = await committed(t, { "poem.txt": POEM });
    const ran = join(here.workspaceFolder, "ran");
    const script = `touch ${ran};`;
    for (const name of ["core.fsmonitor", "core.pager", "diff.external", "diff.loud.command", "diff.loud.textconv"]) {
      git("config", name, script);
    }
    git("config", "filter.loud.smudge", script);
    await writeFile(join(here.workspaceFolder, ".gitattributes"), "* diff=loud filter=loud\n");
    const copies = async (): Promise<readonly string[]> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith("arw-changes-"));
    const before = await copies();
    const found = await changes({ here }, { "poem.txt": CHANGED });
    assert.ok(typeof found !== "string" && found.items[0]?.kind === "changed");
    assert.ok(!(await readdir(here.workspaceFolder)).includes("ran"));
    assert.deepEqual(await copies(), before);
  });
});

describe("no changes", () => {
  test("are known without a repository, of what the preview lacks, and where git fails it is said", async (t) => {
    const none = await services(t);
    assert.equal(await changes({ here: none }, { "a.txt": "one" }), "changes-unknown");
    const { here } = await committed(t, { "poem.txt": POEM });
    const started = answered(await episodeApi(here).startEpisode({ request: command("make"), on: GPU.name }, ANYONE));
    assert.ok(started.previewId !== undefined);
    const { previewId } = started;
    const { itemChanges } = egressApi(here);
    assert.equal(codeOf(await itemChanges({ previewId, paths: ["poem.tx"] }, ANYONE)), "preview-item-unknown");
    await writeFile(join(here.workspaceFolder, ".git/HEAD"), "no head at all");
    await assert.rejects(changes({ here }, { "poem.txt": POEM }), { code: "git-failed" });
  });

  test("are listed of what is no text, no file or too large, and more than the limit are counted", async (t) => {
    const { here, git } = await committed(t, {
      "poem.txt": POEM,
      "was.txt": "x".repeat(CUT_BYTES_MAX + 1),
      "many.txt": "\n",
    });
    const many = (count: number): string => "new\n\n".repeat(count);
    const found = await changes(
      { here },
      {
        "(file list)": "[]",
        "b.bin": "a\0b",
        "big.txt": "x".repeat(CUT_BYTES_MAX + 1),
        "was.txt": "small",
      },
    );
    assert.ok(typeof found !== "string");
    assert.deepEqual(
      found.items.map((item) => item.kind === "unknown" && item.reason),
      [
        "it is no file of the workspace",
        "it is not text",
        "it is, or was, larger than 5 MiB",
        "it is, or was, larger than 5 MiB",
      ],
    );
    for (const [count, more] of [
      [CHANGES_LISTED_MAX, 0],
      [CHANGES_LISTED_MAX + 1, 1],
    ] as const) {
      await writeFile(join(here.workspaceFolder, "many.txt"), "\n".repeat(count));
      git("commit", "-qam", String(count));
      const listed = await changes({ here }, { "many.txt": many(count) });
      assert.ok(typeof listed !== "string" && listed.items[0]?.kind === "changed");
      assert.deepEqual([listed.items[0].changes.length, listed.items[0].more], [CHANGES_LISTED_MAX, more]);
    }
  });
});
