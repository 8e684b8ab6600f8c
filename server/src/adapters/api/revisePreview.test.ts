// Reading the bytes of what would leave, and taking something out of it: what is left is what was shown minus the items,
// byte for byte, whatever has become of the workspace since.
import assert from "node:assert/strict";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { PreviewItem } from "#protocol/egress.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { jobKey, treeManifestSchema } from "#protocol/job.ts";
import { CUT_BYTES_MAX, CUT_RANGES_MAX } from "#protocol/lineCut.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { ParamsOf, ResultOf } from "#protocol/wire/client.ts";
import { OUTPUT_PAGE_BYTES_MAX } from "#protocol/wire/clientViews.ts";
import { ANYONE, answered, codeOf, command, OWNER, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { deny, homeWith, preview } from "../../../../test/simulation/homeCommands.ts";
import { GPU, only } from "../../../../test/simulation/homeScenario.ts";
import { createRedactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import { TEST_REDACTION, TEST_REDACTOR } from "../../../../test/simulation/testRedaction.ts";
import { RECENT_PREVIEWS_MAX } from "../../home/egress/state.ts";
import { LEFT_OUT_BY_YOU } from "../collect/treeCandidates.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";
import { withoutLines } from "./itemLines.ts";
import { requestApi } from "./requestApi.ts";
import type { HomeServices } from "./services.ts";

const FILES = {
  "a.txt": "one file",
  "src/main.ts": "the program",
  "src/private/notes.md": "not for others",
  "src/private/plan.md": "nor this",
};

interface Waiting {
  readonly here: HomeServices;
  readonly bench: DeskBench;
  readonly egress: ReturnType<typeof egressApi>;
  readonly previewId: PreviewId;
  readonly shown: ResultOf<"readPreview">;
}

async function waiting(t: TestContext, bench: DeskBench = new DeskBench(homeWith(GPU).state)): Promise<Waiting> {
  const here = await services(t, bench, FILES);
  await symlink("main.ts", join(here.workspaceFolder, "src/link.ts"));
  const started = answered(await episodeApi(here).startEpisode({ request: command("make"), on: GPU.name }, ANYONE));
  assert.ok(started.previewId !== undefined);
  const { previewId } = started;
  const egress = egressApi(here);
  return { here, bench, egress, previewId, shown: answered(await egress.readPreview({ previewId }, ANYONE)) };
}

const START = byteCount(0);

async function itemText({ egress }: Waiting, previewId: PreviewId, digest: Digest): Promise<string> {
  const page = answered(await egress.readPreviewItem({ previewId, digest, fromByte: START }, ANYONE));
  return Buffer.from(page.base64, "base64").toString("utf8");
}

describe("the bytes of what would leave", () => {
  test("every item can be read exactly as it is sent, and so can the specification", async (t) => {
    const at = await waiting(t);
    const { preview: document } = at.shown;
    for (const { path, digest, bytes } of document.items) {
      const text = await itemText(at, at.previewId, digest);
      assert.deepEqual([digestOf(text), Buffer.byteLength(text)], [digest, bytes], path);
    }
    assert.match(await itemText(at, at.previewId, document.payload), /"argv":\["make"\]/);
    // What the worker gets is the collected file, whatever has become of it since.
    await writeFile(join(at.here.workspaceFolder, "a.txt"), "changed since");
    assert.equal(await itemText(at, at.previewId, digestOf(FILES["a.txt"])), FILES["a.txt"]);
  });

  test("bytes that the preview does not name are not read by it, whether the Home has them or not", async (t) => {
    const at = await waiting(t);
    const other = await at.here.blobs.put(Buffer.from("of another episode"));
    for (const digest of [other.digest, digestOf("nowhere")]) {
      const answer = at.egress.readPreviewItem({ previewId: at.previewId, digest, fromByte: START }, ANYONE);
      assert.equal(codeOf(await answer), "preview-item-unknown");
    }
  });

  test("an item comes page by page, and ends with an empty page", async (t) => {
    const bench = new DeskBench(homeWith(GPU).state);
    const large = "x".repeat(OUTPUT_PAGE_BYTES_MAX + 1);
    const here = await services(t, bench, { "large.txt": large });
    const started = answered(await episodeApi(here).startEpisode({ request: command("make"), on: GPU.name }, ANYONE));
    assert.ok(started.previewId !== undefined);
    const { previewId } = started;
    const sizes: number[] = [];
    for (const fromByte of [0, OUTPUT_PAGE_BYTES_MAX, OUTPUT_PAGE_BYTES_MAX + 1]) {
      const params = { previewId, digest: digestOf(large), fromByte: byteCount(fromByte) };
      const page = answered(await egressApi(here).readPreviewItem(params, ANYONE));
      sizes.push(Buffer.from(page.base64, "base64").length);
    }
    assert.deepEqual(sizes, [OUTPUT_PAGE_BYTES_MAX, 1, 0]);
  });

  test("a preview that was answered long ago is still shown, with its items", async (t) => {
    const at = await waiting(t);
    const { previewId } = at;
    answered(await at.egress.denyEgress({ previewId, reason: "no" }, ANYONE));
    for (let number = 100; number < 100 + RECENT_PREVIEWS_MAX; number++) {
      await at.bench.give(preview(number, GPU), deny(number));
    }
    assert.equal(at.here.home.state.egress.previews.get(previewId), undefined, "the state has forgotten it");
    const shown = answered(await at.egress.readPreview({ previewId }, ANYONE));
    assert.deepEqual([shown.state, shown.preview], ["denied", at.shown.preview]);
    assert.equal(await itemText(at, previewId, digestOf(FILES["a.txt"])), FILES["a.txt"]);
  });
});

describe("taking something out", () => {
  test("what is left is what was shown minus the items, byte for byte, and the workspace is not read again", async (t) => {
    const at = await waiting(t);
    await writeFile(join(at.here.workspaceFolder, "a.txt"), "changed since");
    await writeFile(join(at.here.workspaceFolder, "new.txt"), "made since");
    const params = { previewId: at.previewId, digest: at.shown.digest, leaveOut: ["src/private/", "src/link.ts"] };
    const revised = answered(await at.egress.reviseEgress(params, ANYONE));
    const after = answered(await at.egress.readPreview({ previewId: revised.previewId }, ANYONE));
    assert.deepEqual([after.state, after.digest], ["waiting", revised.digest]);
    assert.equal(after.digest, digestOf(canonicalJson(after.preview)));
    const files = (of: ResultOf<"readPreview">): readonly object[] =>
      of.preview.items.filter(({ path }) => path !== "(file list)");
    assert.deepEqual(
      files(after),
      files(at.shown).filter((item) => !JSON.stringify(item).includes("private")),
    );
    assert.deepEqual(
      after.preview.leftOut.filter(({ reason }) => reason === LEFT_OUT_BY_YOU).map(({ path }) => path),
      ["src/link.ts", "src/private/notes.md", "src/private/plan.md"],
    );
    assert.ok(after.preview.payloadBytes < at.shown.preview.payloadBytes);
    for (const same of ["episodeId", "jobId", "title", "destination", "why", "leaseMs"] as const) {
      assert.deepEqual(after.preview[same], at.shown.preview[same]);
    }
    const before = answered(await at.egress.readPreview({ previewId: at.previewId }, ANYONE));
    assert.deepEqual([before.state, before.replacedBy], ["withdrawn", revised.previewId]);
    const approval = { previewId: at.previewId, digest: at.shown.digest };
    assert.equal(codeOf(await at.egress.approveEgress(approval, OWNER)), "preview-revised");
    assert.deepEqual(at.bench.up.said, []);
  });

  test("what is sent after the approval is what was left", async (t) => {
    const at = await waiting(t);
    const params = { previewId: at.previewId, digest: at.shown.digest, leaveOut: ["src/private"] };
    const revised = answered(await at.egress.reviseEgress(params, ANYONE));
    answered(await at.egress.approveEgress(revised, OWNER));
    const [offer] = at.bench.up.said;
    assert.ok(offer?.kind === "offer" && offer.job.kind === "command");
    const shown = answered(await at.egress.readPreview({ previewId: revised.previewId }, ANYONE));
    assert.deepEqual([offer.payload, jobKey(offer.job)], [shown.preview.payload, shown.preview.payload]);
    const list = await itemText(at, revised.previewId, offer.job.tree);
    const tree = decodeJson(treeManifestSchema, list);
    assert.ok(tree.ok && !list.includes("private"));
    assert.deepEqual(
      tree.value.entries.map(({ path }) => path),
      ["a.txt", "src/link.ts", "src/main.ts"],
    );
    only(await at.bench.events(), "EgressRevised");
    assert.equal(await readFile(join(at.here.workspaceFolder, "src/private/plan.md"), "utf8"), "nor this");
  });

  test("a path that the preview does not have is a mistake, and nothing is taken out", async (t) => {
    const at = await waiting(t);
    const of = { previewId: at.previewId, digest: at.shown.digest };
    for (const [leaveOut, code] of [
      [["src/privat"], "preview-item-unknown"],
      [["a.txt", "src/*"], "preview-item-unknown"],
      [["(file list)"], "preview-item-needed"],
    ] as const) {
      assert.equal(codeOf(await at.egress.reviseEgress({ ...of, leaveOut }, ANYONE)), code);
    }
    assert.equal(answered(await at.egress.readPreview(of, ANYONE)).state, "waiting");
    const revised = answered(await at.egress.reviseEgress({ ...of, leaveOut: ["src", "src/main.ts"] }, ANYONE));
    const after = answered(await at.egress.readPreview(revised, ANYONE));
    assert.deepEqual(
      after.preview.items.map(({ path }) => path),
      ["(file list)", "a.txt"],
    );
  });

  test("a prompt cannot be taken out of a question", async (t) => {
    const bench = new DeskBench(homeWith(GPU).state);
    const here = await services(t, bench);
    const request = { kind: "ask", prompt: "why?" } as const;
    const { previewId } = answered(await episodeApi(here).startEpisode({ request, on: GPU.name }, ANYONE));
    assert.ok(previewId !== undefined);
    const egress = egressApi(here);
    const { digest, preview: document } = answered(await egress.readPreview({ previewId }, ANYONE));
    const refused = await egress.reviseEgress({ previewId, digest, leaveOut: ["(prompt)"] }, ANYONE);
    assert.equal(codeOf(refused), "preview-item-needed");
    const [prompt] = document.items;
    assert.ok(prompt !== undefined);
    const page = answered(await egress.readPreviewItem({ previewId, digest: prompt.digest, fromByte: START }, ANYONE));
    assert.match(Buffer.from(page.base64, "base64").toString(), /why\?/);
  });
});

describe("taking lines out", () => {
  const POEM = "one\ntwo\r\nthree\nfour";

  async function poem(t: TestContext, more: Readonly<Record<string, string>> = {}): Promise<Waiting> {
    const bench = new DeskBench(homeWith(GPU).state);
    const here = await services(t, bench, { "poem.txt": POEM, ...more });
    const started = answered(await episodeApi(here).startEpisode({ request: command("make"), on: GPU.name }, ANYONE));
    assert.ok(started.previewId !== undefined);
    const egress = egressApi(here);
    const { previewId } = started;
    return { here, bench, egress, previewId, shown: answered(await egress.readPreview({ previewId }, ANYONE)) };
  }

  async function revised(
    at: Waiting,
    change: Partial<ParamsOf<"reviseEgress">>,
    of: { readonly previewId: PreviewId; readonly digest: Digest } = {
      previewId: at.previewId,
      digest: at.shown.digest,
    },
  ): Promise<ResultOf<"readPreview"> & { readonly previewId: PreviewId }> {
    const after = answered(await at.egress.reviseEgress({ ...of, leaveOut: [], ...change }, ANYONE));
    return { ...answered(await at.egress.readPreview(after, ANYONE)), previewId: after.previewId };
  }

  const itemOf = ({ preview: of }: ResultOf<"readPreview">, path: string): PreviewItem => {
    const item = of.items.find((each) => each.path === path);
    assert.ok(item !== undefined, path);
    return item;
  };

  test("what is sent is the file without the lines, byte for byte, as the new preview shows it", async (t) => {
    const at = await poem(t);
    const after = await revised(at, { cut: [{ path: "poem.txt", lines: [{ from: 2, to: 3 }] }] });
    const item = itemOf(after, "poem.txt");
    assert.equal(await itemText(at, after.previewId, item.digest), "one\nfour");
    assert.deepEqual(item.cut, { whole: digestOf(POEM), wholeBytes: POEM.length, lines: [{ from: 2, to: 3 }] });
    assert.equal(item.bytes, "one\nfour".length);
    assert.ok(after.preview.payloadBytes < at.shown.preview.payloadBytes);
    // What was taken out is not served under the new revision either.
    const whole = { previewId: after.previewId, digest: digestOf(POEM), fromByte: START };
    assert.equal(codeOf(await at.egress.readPreviewItem(whole, ANYONE)), "preview-item-unknown");
    answered(await at.egress.approveEgress({ previewId: after.previewId, digest: after.digest }, OWNER));
    const [offer] = at.bench.up.said;
    assert.ok(offer?.kind === "offer" && offer.job.kind === "command");
    assert.equal(offer.payload, after.preview.payload);
    const list = decodeJson(treeManifestSchema, await itemText(at, after.previewId, offer.job.tree));
    assert.ok(list.ok);
    const entry = list.value.entries.find(({ path }) => path === "poem.txt");
    assert.deepEqual(entry?.kind === "file" && [entry.digest, entry.bytes], [digestOf("one\nfour"), 8]);
    assert.equal(only(await at.bench.events(), "EgressRevised").shortened, 1);
  });

  test("lines are those of what is shown, cuts add up, and putting them back gives the payload of before", async (t) => {
    const at = await poem(t);
    const once = await revised(at, { cut: [{ path: "poem.txt", lines: [{ from: 2, to: 2 }] }] });
    const twice = await revised(at, { cut: [{ path: "poem.txt", lines: [{ from: 2, to: 2 }] }] }, once);
    assert.deepEqual(itemOf(twice, "poem.txt").cut?.lines, [{ from: 2, to: 3 }]);
    assert.equal(await itemText(at, twice.previewId, itemOf(twice, "poem.txt").digest), "one\nfour");
    const back = await revised(at, { putBack: ["poem.txt"] }, twice);
    assert.equal(back.preview.payload, at.shown.preview.payload);
    assert.deepEqual(back.preview.items, at.shown.preview.items);
  });

  test("no lines are taken out of what is no text, too large, not there or needed, and nothing is revised", async (t) => {
    const at = await poem(t, { "b.bin": "a\0b\n", "big.txt": "x\n".repeat(CUT_BYTES_MAX / 2 + 1) });
    const of = { previewId: at.previewId, digest: at.shown.digest, leaveOut: [] };
    const first = [{ from: 1, to: 1 }];
    for (const [change, code] of [
      [{ cut: [{ path: "b.bin", lines: first }] }, "preview-item-uncuttable"],
      [{ cut: [{ path: "big.txt", lines: first }] }, "preview-item-uncuttable"],
      [{ cut: [{ path: "(file list)", lines: first }] }, "preview-item-needed"],
      [{ cut: [{ path: "poem.txt", lines: [{ from: 1, to: 4 }] }] }, "preview-item-needed"],
      [{ cut: [{ path: "poem.txt", lines: [{ from: 4, to: 5 }] }] }, "preview-lines-unknown"],
      [{ cut: [{ path: "poem", lines: first }] }, "preview-item-unknown"],
      [{ cut: [{ path: "poem.txt", lines: first }], leaveOut: ["poem.txt"] }, "preview-item-twice"],
      [{ cut: [{ path: "poem.txt", lines: first }], putBack: ["poem.txt"] }, "preview-item-twice"],
      [{ putBack: ["poem.txt"] }, "preview-item-whole"],
    ] as const) {
      assert.equal(codeOf(await at.egress.reviseEgress({ ...of, ...change }, ANYONE)), code, JSON.stringify(change));
    }
    const alternating = Array.from({ length: CUT_RANGES_MAX }, (_, index) => ({
      from: 2 * index + 1,
      to: 2 * index + 1,
    }));
    const many = Array.from({ length: CUT_RANGES_MAX + 1 }, (_, index) => `line ${index}\n\n`).join("");
    const item = { ...itemOf(at.shown, "poem.txt"), ...(await at.here.blobs.put(Buffer.from(many))) };
    const { signal } = new AbortController();
    const services = { blobs: at.here.blobs, redactor: TEST_REDACTOR };
    const most = await withoutLines(item, alternating, services, signal);
    assert.ok(!("kind" in most) && most.cut?.lines.length === CUT_RANGES_MAX);
    // The last blank line is the second line from the end of what is left.
    const past = await withoutLines(most, [{ from: CUT_RANGES_MAX + 1, to: CUT_RANGES_MAX + 1 }], services, signal);
    assert.ok("kind" in past && past.code === "preview-item-uncuttable");
  });

  test("what is left is looked through for secrets again", async (t) => {
    const at = await poem(t);
    const text = `const key =\nnothing\n"ghp_${"a1B2".repeat(9)}";\n`;
    const item = { ...itemOf(at.shown, "poem.txt"), ...(await at.here.blobs.put(Buffer.from(text))) };
    const services = { blobs: at.here.blobs, redactor: TEST_REDACTOR };
    const cut = await withoutLines(item, [{ from: 2, to: 2 }], services, new AbortController().signal);
    assert.ok("kind" in cut && cut.code === "preview-item-uncuttable" && /at line 2/.test(cut.message));
  });

  test("a cut that joins the parts of a known secret is refused, and one beside a secret of the whole is not", async (t) => {
    const at = await poem(t);
    const known = "first-part-of-it\nsecond-part-of-it";
    const redactor = createRedactor(REDACTION_RULES, [known], new Uint8Array(32));
    const services = { blobs: at.here.blobs, redactor };
    const without = async (text: string, line: number): ReturnType<typeof withoutLines> => {
      const item = { ...itemOf(at.shown, "poem.txt"), ...(await at.here.blobs.put(Buffer.from(text))) };
      return withoutLines(item, [{ from: line, to: line }], services, new AbortController().signal);
    };
    const [first, second] = known.split("\n");
    const joined = await without(`one\n${first}\ntwo\n${second}\n`, 3);
    assert.ok("kind" in joined && joined.code === "preview-item-uncuttable");
    assert.match(joined.message, /a secret in it that the whole has not \(known-secret\)/);
    assert.doesNotMatch(joined.message, /part-of-it/);
    const value = "Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6";
    const assigned = await without(`my_api_key =\nof the house\n  "${value}"\n`, 2);
    assert.ok("kind" in assigned && /assigned-secret|looks like/.test(assigned.message));
    assert.ok(!("kind" in (await without(`one\n${known}\ntwo\n`, 4))), "what was shown is not called new");
    assert.ok(!("kind" in (await without(`one\n${first}\ntwo\n${second}\n`, 1))));
  });

  test("a prompt whose lines would join to a secret is refused, and the preview still waits", async (t) => {
    const bench = new DeskBench(homeWith(GPU).state);
    const known = "first-part-of-it\nsecond-part-of-it";
    const redactor = createRedactor(REDACTION_RULES, [known], new Uint8Array(32));
    const redaction = { ...TEST_REDACTION, current: redactor, unknownSecrets: 7, refreshed: async () => redactor };
    const here = { ...(await services(t, bench)), redaction };
    const request = { kind: "ask", prompt: `Is it\n${known.replace("\n", "\nor\n")}\nthen?` } as const;
    const { previewId } = answered(await episodeApi(here).startEpisode({ request, on: GPU.name }, ANYONE));
    assert.ok(previewId !== undefined);
    const egress = egressApi(here);
    const { digest, preview: document } = answered(await egress.readPreview({ previewId }, ANYONE));
    assert.equal(document.unknownSecrets, 7);
    const of = { previewId, digest, leaveOut: [] };
    const cut = (line: number): ParamsOf<"reviseEgress"> => ({
      ...of,
      cut: [{ path: "(prompt)", lines: [{ from: line, to: line }] }],
    });
    // The system's words are the first line.
    assert.equal(codeOf(await egress.reviseEgress(cut(4), ANYONE)), "preview-item-uncuttable");
    const revised = answered(await egress.reviseEgress(cut(2), ANYONE));
    const after = answered(await egress.readPreview({ previewId: revised.previewId }, ANYONE));
    assert.equal(after.preview.unknownSecrets, 7);
  });

  test("lines go out of a question, and the rest is what is asked", async (t) => {
    const bench = new DeskBench(homeWith(GPU).state);
    const here = await services(t, bench);
    const request = {
      kind: "ask",
      prompt: "Why is it so?\nMy name is private.\nBe short.",
      system: "You know.",
    } as const;
    const { previewId } = answered(await episodeApi(here).startEpisode({ request, on: GPU.name }, ANYONE));
    assert.ok(previewId !== undefined);
    const egress = egressApi(here);
    const shown = answered(await egress.readPreview({ previewId }, ANYONE));
    const at: Waiting = { here, bench, egress, previewId, shown };
    const after = await revised(at, { cut: [{ path: "(prompt)", lines: [{ from: 3, to: 3 }] }] });
    const text = await itemText(at, after.previewId, itemOf(after, "(prompt)").digest);
    assert.deepEqual(JSON.parse(text), [
      { role: "system", content: "You know." },
      { role: "user", content: "Why is it so?\nBe short." },
    ]);
    const again = answered(await requestApi(here).showRequest({ episodeId: after.preview.episodeId }, ANYONE));
    assert.equal(again.truncated, true, "what is left is not what was asked");
    const all = { previewId: after.previewId, digest: after.digest, leaveOut: [] };
    const nothing = await egress.reviseEgress(
      { ...all, cut: [{ path: "(prompt)", lines: [{ from: 2, to: 3 }] }] },
      ANYONE,
    );
    assert.equal(codeOf(nothing), "preview-item-needed");
    const back = await revised(at, { putBack: ["(prompt)"] }, after);
    assert.equal(back.preview.payload, shown.preview.payload);
  });
});
