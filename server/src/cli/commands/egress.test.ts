// Previews and marks at the terminal: shown, read byte for byte, and made smaller before anybody says yes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bench, calls, offloaded } from "../../../../test/clients/commandBench.ts";
import { DIGEST, IDS, OWNER_SECRET } from "../../../../test/clients/fakeHome.ts";
import { runCli } from "../program.ts";

const BYTES = Buffer.from([0, 1, 2, 254, 255, 10]);

test("egress show prints the card, and with --item the very bytes of one item", async (t) => {
  const { terminal } = await bench(t, (home) => ({
    ...offloaded(home),
    readPreviewItem: async ({ fromByte }) => ({ base64: BYTES.subarray(fromByte, fromByte + 4).toString("base64") }),
  }));
  const card = terminal();
  assert.equal(await runCli(["egress", "show", IDS.preview], card.host), 0);
  assert.match(card.stdout(), /src\/a\.ts[^]*This preview is waiting\./);
  const item = terminal();
  assert.equal(await runCli(["egress", "show", IDS.preview, "--item", "src/a.ts"], item.host), 0);
  assert.deepEqual(item.stdout(), BYTES.toString());
  assert.equal(await runCli(["egress", "show", IDS.preview, "--item", ".env"], terminal().host), 76);
});

test("egress revise takes out what is named, and says which preview waits now", async (t) => {
  const { home, terminal } = await bench(t, (of) => ({
    ...offloaded(of),
    reviseEgress: async () => ({ previewId: IDS.preview, digest: DIGEST }),
  }));
  const screen = terminal();
  const words = ["egress", "revise", IDS.preview, "--leave-out", "src/a.ts", "--leave-out", "docs"];
  assert.equal(await runCli(words, screen.host), 0);
  assert.match(screen.stdout(), new RegExp(`${IDS.preview} waits in its place`));
  const [call] = calls(home, "reviseEgress");
  assert.deepEqual(call?.params, { previewId: IDS.preview, digest: DIGEST, leaveOut: ["src/a.ts", "docs"] });
  assert.equal(await runCli(["egress", "revise", IDS.preview], terminal().host), 64);
  const lines = ["--leave-out", "src/a.ts:10-20,35", "--leave-out", "src/a.ts:2", "--put-back", "b.ts"];
  assert.equal(await runCli(["egress", "revise", IDS.preview, ...lines], terminal().host), 0);
  assert.deepEqual(calls(home, "reviseEgress")[1]?.params, {
    previewId: IDS.preview,
    digest: DIGEST,
    leaveOut: [],
    cut: [
      {
        path: "src/a.ts",
        lines: [
          { from: 10, to: 20 },
          { from: 35, to: 35 },
          { from: 2, to: 2 },
        ],
      },
    ],
    putBack: ["b.ts"],
  });
  assert.equal(await runCli(["egress", "revise", IDS.preview, "--leave-out", "a.ts:9-3"], terminal().host), 64);
});

test("egress changes numbers what is not in the last commit, and revise leaves one out as the lines of that preview", async (t) => {
  const { home, terminal } = await bench(t, (of) => offloaded(of));
  const screen = terminal();
  assert.equal(await runCli(["egress", "changes", IDS.preview, "src/a.ts"], screen.host), 0);
  assert.match(screen.stdout(), /src\/a\.ts: changed\n {2}@1 {2}lines 2–3\n {2}@2 {2}line 9\n/);
  assert.equal(await runCli(["egress", "changes", IDS.preview], terminal().host), 0);
  // What is no file of the workspace has no changes to ask for.
  assert.deepEqual(
    calls(home, "itemChanges").map(({ params }) => params),
    [["src/a.ts"], ["src/a.ts"]].map((paths) => ({ previewId: IDS.preview, paths })),
  );
  const revise = ["egress", "revise", IDS.preview, "--leave-out"];
  assert.equal(await runCli([...revise, "src/a.ts@2", "--leave-out", "src/a.ts:20"], terminal().host), 0);
  const [call] = calls(home, "reviseEgress");
  const lines = [
    { from: 20, to: 20 },
    { from: 9, to: 9 },
  ];
  assert.deepEqual(call?.params, {
    previewId: IDS.preview,
    digest: DIGEST,
    leaveOut: [],
    cut: [{ path: "src/a.ts", lines }],
  });
  assert.equal(await runCli([...revise, "src/a.ts@3"], terminal().host), 76);
  // An @ in a path, without a number after it, is a path.
  assert.equal(await runCli([...revise, "src/@scope"], terminal().host), 0);
  assert.deepEqual(calls(home, "reviseEgress")[1]?.params, {
    previewId: IDS.preview,
    digest: DIGEST,
    leaveOut: ["src/@scope"],
  });
});

test("a preview that was revised is not asked about: the one in its place is named", async (t) => {
  const { home, terminal } = await bench(t, (of) => ({
    ...offloaded(of),
    readPreview: async (params, session) => {
      const shown = await offloaded(of).readPreview?.(params, session);
      if (shown === undefined || "kind" in shown) throw new Error("the bench shows a preview");
      return { ...shown, state: "withdrawn", replacedBy: IDS.preview };
    },
  }));
  const screen = terminal();
  assert.equal(await runCli(["egress", "approve", IDS.preview, "--yes"], screen.host), 75);
  assert.match(screen.stderr(), new RegExp(`fix: .*egress approve ${IDS.preview}`));
  assert.deepEqual(calls(home, "approveEgress"), []);
});

test("egress inspect says of each file whether it would leave, and never what a secret is", async (t) => {
  const { home, terminal } = await bench(t);
  const screen = terminal();
  assert.equal(await runCli(["egress", "inspect", "src/a.ts", "--on", "gpu-box-1"], screen.host), 0);
  assert.match(screen.stdout(), /src\/a\.ts: would leave, internal: no rule/);
  assert.deepEqual(calls(home, "inspectPaths")[0]?.params, { paths: ["src/a.ts"], on: "gpu-box-1" });
  assert.equal(await runCli(["egress", "inspect", "../outside"], terminal().host), 64);
});

test("never-leaves lists, adds and removes marks; what anyone but the owner removes waits for the owner", async (t) => {
  const { home, terminal } = await bench(t);
  const list = terminal();
  assert.equal(await runCli(["never-leaves", "list"], list.host), 0);
  assert.match(list.stdout(), /secrets\/ .* cli\n/);
  const add = terminal();
  assert.equal(await runCli(["never-leaves", "add", "secrets/", "*.pem"], add.host), 0);
  assert.match(add.stdout(), /1 waiting preview had it/);
  assert.deepEqual(calls(home, "markNeverLeaves")[0]?.params, { globs: ["secrets/", "*.pem"] });
  assert.equal(await runCli(["never-leaves", "add", "../up"], terminal().host), 64);
  assert.equal(await runCli(["never-leaves", "remove", "secrets/"], terminal().host), 74);
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  assert.equal(await runCli(["never-leaves", "remove", "secrets/"], terminal({ env }).host), 0);
});
