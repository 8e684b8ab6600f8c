// Marks of class count at once and only the owner loosens; what is written has the class of what it was made from.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CLASS_MARKS_MAX, classSaid, pathClasses } from "#protocol/classes.ts";
import { clearClass, deriveFiles, markClass } from "../../../../test/simulation/classCommands.ts";
import { collected, reviseEgress } from "../../../../test/simulation/egressCommands.ts";
import {
  approve,
  CLIENT,
  exited,
  finished,
  homeWith,
  idsOf,
  preview,
  start,
  withProposal,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, LOCAL, ofKind, only } from "../../../../test/simulation/homeScenario.ts";
import { grantLease, terms } from "../../../../test/simulation/leaseCommands.ts";

type Played = ReturnType<typeof homeWith>;

function classOf({ state }: Played, path: string): string {
  return classSaid(pathClasses(state.egress.classMarks, state.egress.derived)(path));
}

/** A local episode with a proposal of its number. */
function proposed(home: Played, number: number): void {
  home.run(start(number), finished(number, LOCAL, 0, { result: withProposal(number, exited(0)) }));
}

test("what waits with a path that is marked secret ends in the same moment, and others go on waiting", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), preview(2, GPU));
  const looked = [collected(1, "a.txt", "src/plan.md"), collected(2, "a.txt")];
  const events = home.run(markClass("src", "secret", { by: CLIENT, collected: looked }));
  const failed = only(events, "JobFailed");
  assert.deepEqual([failed.jobId, failed.code], [idsOf(1).jobId, "class-changed"]);
  assert.match(failed.message, /src\/plan\.md is secret now/);
  home.run(approve(2));
  home.refuses(markClass("b", "secret"), "collected-stale");
});

test("a collection from before a mark is not let out by a lease, nor by a revision", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), grantLease(9, GPU, terms()));
  home.run(markClass("src/lib", "regulated", { collected: [collected(1, "a.txt")] }));
  home.refuses(preview(2, GPU), "class-changed");
  home.refuses(reviseEgress(1, 3, { paths: ["src/lib/a.ts"] }), "class-changed");
});

test("anyone says that something is secret; only the owner says that it is less, or takes a mark away", () => {
  const home = homeWith(GPU);
  home.run(markClass("a", "secret", { by: CLIENT }));
  home.refuses(markClass("a", "internal", { by: CLIENT }), "owner-session-required");
  home.refuses(markClass("b", "public", { by: CLIENT }), "owner-session-required");
  home.refuses(clearClass("a", { by: CLIENT }), "owner-session-required");
  home.refuses(clearClass("b"), "mark-unknown");
  home.run(clearClass("a"));
  assert.equal(home.state.egress.classMarks, undefined);
});

test("no more marks than the limit, and none on what is no path of the workspace", () => {
  const home = homeWith(GPU);
  const paths = Array.from({ length: CLASS_MARKS_MAX }, (_, index) => `f${index}`);
  home.run(markClass("", "secret", { paths }));
  home.refuses(markClass("one-more", "secret"), "class-marks-limit");
  home.run(markClass("f1", "public"));
  for (const path of ["../a", "/a", "a//b", "", "a\\b"]) home.refuses(markClass(path, "public"), "class-path-invalid");
});

test("a file that is written from secret inputs is secret until the owner marks it, and again once it is written again", () => {
  const home = homeWith(GPU);
  proposed(home, 1);
  home.run(markClass("out", "public"));
  const derived = only(home.run(deriveFiles(1, "secret", ["out/a.json"])), "FilesDerived");
  assert.deepEqual(derived.from, { kind: "episode", episodeId: idsOf(1).episodeId });
  assert.equal(classOf(home, "out/a.json"), "secret");
  assert.equal(classOf(home, "out/b.json"), "public");
  home.run(markClass("out/a.json", "secret", { by: CLIENT }), clearClass("out/a.json"));
  assert.equal(classOf(home, "out/a.json"), "secret", "a mark that forbids does not answer for what was written");
  home.run(markClass("out/a.json", "internal"));
  assert.equal(classOf(home, "out/a.json"), "internal");
  home.run(deriveFiles(1, "secret", ["out/a.json"]));
  assert.equal(classOf(home, "out/a.json"), "secret");
});

test("what is made here of internal data is remembered only where a mark calls its place less", () => {
  const home = homeWith(GPU);
  proposed(home, 1);
  assert.deepEqual(home.run(deriveFiles(1, "internal", ["out/a.json"])), []);
  home.run(markClass("docs", "public"));
  const { paths } = only(home.run(deriveFiles(1, "internal", ["docs/a.md", "out/a.json"])), "FilesDerived");
  assert.deepEqual(paths, ["docs/a.md"]);
});

test("what another machine made is untrusted wherever it is written, and what is made from that is too", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), approve(1), finished(1, GPU, 0, { result: withProposal(1, exited(0)) }));
  const events = home.run(deriveFiles(1, "internal", ["src/main.ts"]));
  assert.equal(only(events, "FilesDerived").untrusted, `made on ${GPU.name}`);
  proposed(home, 2);
  home.run(deriveFiles(2, "internal", ["b.ts"], { untrusted: "src/main.ts (made on gpu)" }));
  assert.deepEqual(
    home.state.egress.derived?.map(({ path, untrusted }) => [path, untrusted]),
    [
      ["b.ts", "src/main.ts (made on gpu)"],
      ["src/main.ts", `made on ${GPU.name}`],
    ],
  );
  home.run(markClass("src/main.ts", "internal"));
  assert.equal(ofKind(home.events, "FilesDerived").length, 2);
  assert.deepEqual(
    home.state.egress.derived?.map(({ path }) => path),
    ["b.ts"],
  );
});

test("a mark of anyone else takes nothing of what the owner said, on the path or on a folder above it", () => {
  const home = homeWith(GPU);
  home.run(markClass("a", "regulated"));
  home.refuses(markClass("a", "secret", { by: CLIENT }), "owner-session-required");
  home.refuses(markClass("a/b", "secret", { by: CLIENT }), "owner-session-required");
  home.run(markClass("a/b", "secret"), markClass("c", "secret", { by: CLIENT }));
});

test("a mark that is taken away below a stricter one ends what waits as less", () => {
  const home = homeWith(GPU);
  home.run(markClass("src", "secret"), markClass("src/open.md", "internal"));
  home.run(preview(1, GPU, { paths: ["src/open.md"] }));
  home.refuses(clearClass("src/open.md"), "collected-stale");
  const failed = only(home.run(clearClass("src/open.md", { collected: [collected(1, "src/open.md")] })), "JobFailed");
  assert.equal(failed.code, "class-changed");
  home.refuses(approve(1), "preview-answered");
});
