// Episodes from the terminal, from words to exit code, against a Home of a few lines behind the real socket and border.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { bench, calls, local, offloaded, perform, STARTED, LEASE } from "../../../test/clients/commandBench.ts";
import {
  DIGEST,
  EPISODE,
  type FakeApi,
  type FakeHome,
  IDS,
  OWNER_SECRET,
  outputKey,
} from "../../../test/clients/fakeHome.ts";
import { byteCount } from "#protocol/quantities.ts";
import { runCli } from "./program.ts";

test("a local run streams both channels apart and ends with the command's exit code", async (t) => {
  const { home, terminal, workspace } = await bench(t, local());
  const screen = terminal({ currentFolder: join(workspace, "src") });
  assert.equal(
    await runCli(["run", "--output", "out/**", "--minutes", "2", "--", "npm", "test", "--yes"], screen.host),
    3,
  );
  assert.equal(screen.stdout(), "1..2\nok 1 – naïve\nok 2\n");
  assert.match(screen.stderr(), /^Runs here: local first\nwarning: slow\n✗ exit 3 · here · 1\.2 s\n$/);
  assert.deepEqual(calls(home, "startEpisode")[0]?.params, {
    request: {
      kind: "command",
      argv: ["npm", "test", "--yes"],
      folder: "src",
      outputs: ["out/**"],
      dependencies: { kind: "nothing" },
      wallMs: 120_000,
    },
    title: "npm test --yes",
  });
});

test("--json prints one object a line, and the output of each stream adds up", async (t) => {
  const { terminal } = await bench(t, local());
  const screen = terminal();
  assert.equal(await runCli(["run", "--json", "--", "npm", "test"], screen.host), 3);
  const kinds = new Set(screen.lines().map((line) => line["kind"]));
  assert.deepEqual([...kinds], ["episode-started", "timeline-entry", "output", "episode-finished"]);
  const bytes = screen
    .lines()
    .filter((line) => line["stream"] === "stdout")
    .map(({ base64, text }) => (typeof text === "string" ? Buffer.from(text) : Buffer.from(String(base64), "base64")));
  assert.equal(Buffer.concat(bytes).toString(), "1..2\nok 1 – naïve\nok 2\n");
  assert.equal(screen.stderr(), "");
});

test("both streams come in the order in which they were printed, also when all of one is there to be read", async (t) => {
  const { terminal } = await bench(t, (home) => ({
    ...local()(home),
    readOutput: async ({ attemptId, stream, fromByte }) => {
      const bytes = home().output.get(outputKey(attemptId, stream)) ?? assert.fail("there is output");
      return { base64: bytes.subarray(fromByte).toString("base64") };
    },
  }));
  const screen = terminal();
  assert.equal(await runCli(["run", "--json", "--", "npm", "test"], screen.host), 3);
  assert.deepEqual(
    screen.lines().flatMap(({ kind, text }) => (kind === "output" ? [text] : [])),
    ["1..2\nok 1 – naïve\n", "warning: slow\n", "ok 2\n"],
  );
});

test("what looks like a secret is a placeholder and said, and --exact asks for the bytes", async (t) => {
  const secret = Buffer.from("1..2\n0123456789");
  const { home, terminal } = await bench(t, (fake) => ({
    ...local()(fake),
    readOutput: async ({ attemptId, exact, fromByte, stream }) => {
      const bytes = fake().output.get(outputKey(attemptId, stream)) ?? secret;
      const removed = [{ fromByte: byteCount(0), endByte: byteCount(4), placeholder: "[REDACTED:x:abcdefgh]" }];
      return {
        base64: bytes.subarray(fromByte).toString("base64"),
        ...(exact === true || stream === "stderr" ? {} : { removed }),
      };
    },
  }));
  const shown = terminal();
  assert.equal(await runCli(["run", "--", "npm", "test"], shown.host), 3);
  assert.equal(shown.stdout(), "[REDACTED:x:abcdefgh]\nok 1 – naïve\nok 2\n");
  assert.match(shown.stderr(), /looks like a secret was taken out of this output; --exact shows it/);
  const exact = terminal();
  assert.equal(await runCli(["run", "--exact", "--", "npm", "test"], exact.host), 3);
  assert.equal(exact.stdout(), "1..2\nok 1 – naïve\nok 2\n");
  assert.ok(calls(home, "readOutput").some(({ params }) => JSON.stringify(params).includes('"exact":true')));
});

test("--yes approves exactly the preview that was shown, with the owner secret of the environment", async (t) => {
  const { home, terminal } = await bench(t, offloaded);
  const screen = terminal({ env: { ARW_OWNER_SECRET: OWNER_SECRET } });
  assert.equal(await runCli(["run", "--on", "gpu-box-1", "--yes", "--", "npm", "test"], screen.host), 0);
  assert.deepEqual(calls(home, "approveEgress")[0]?.params, { previewId: IDS.preview, digest: DIGEST });
  assert.match(screen.stderr(), /Send this to gpu-box-1\?/);
  assert.match(screen.stderr(), /\.env: never leaves/);
  assert.match(screen.stderr(), /▲ 18\.4 KB out under lease_/);
  assert.match(screen.stderr(), /✓ exit 0 · on gpu-box-1 · 1\.2 s · ▲ 18\.4 KB out, ▼ 0 B back/);
  assert.match(screen.stderr(), /arw-home proposal apply prop_/);
  assert.equal(screen.stdout(), "1..2\nok 1 – naïve\nok 2\n");
});

test("--lease grants a lease with the approval, and the card says how far it goes", async (t) => {
  const { home, terminal } = await bench(t, offloaded);
  const screen = terminal({ env: { ARW_OWNER_SECRET: OWNER_SECRET } });
  const words = ["run", "--on", "gpu-box-1", "--yes", "--lease", "uses=5,minutes=90,paths=src/**", "--", "npm", "test"];
  assert.equal(await runCli(words, screen.host), 0);
  assert.deepEqual(calls(home, "approveEgress")[0]?.params, {
    previewId: IDS.preview,
    digest: DIGEST,
    scoped: {
      paths: ["src/**"],
      ceiling: "internal",
      budget: { uses: 5, bytes: 92_000 },
      leaseMs: 5_400_000,
    },
  });
  const card =
    /Until — up to 5 jobs of this kind, this one included; 92 KB in all; internal files in src\/\*\*; 1 h 30 min/;
  assert.match(screen.stderr(), card);
  const wrong = terminal({ env: { ARW_OWNER_SECRET: OWNER_SECRET } });
  assert.equal(await runCli(["run", "--lease", "uses=many", "--", "npm", "test"], wrong.host), 64);
  assert.equal(calls(home, "startEpisode").length, 1);
});

test("a job that a lease covers is not asked about; one that none covers says why", async (t) => {
  const covered = await bench(t, (home) => ({
    ...offloaded(home),
    listLeases: async () => ({ epoch: 1, leases: [LEASE] }),
    startEpisode: async () => {
      perform(home(), { kind: "exited", exitCode: 0 });
      const target = { nodeId: IDS.worker, name: "gpu-box-1", local: false };
      return { ...STARTED, target, why: "you asked for it", leaseId: IDS.lease };
    },
  }));
  const screen = covered.terminal();
  assert.equal(await runCli(["run", "--on", "gpu-box-1", "--", "npm", "test"], screen.host), 0);
  assert.match(
    screen.stderr(),
    /^Runs on gpu-box-1: you asked for it\nNot asked: lease_\w+ covers it; 2 of 5 jobs, 12 KB and 30 min are left\.\n/,
  );
  assert.deepEqual(calls(covered.home, "approveEgress"), []);
  const { terminal } = await bench(t, (home) => {
    const api = offloaded(home);
    const readPreview: NonNullable<FakeApi["readPreview"]> = async (params, session) => {
      const shown = (await api.readPreview?.(params, session)) ?? assert.fail("there is a preview");
      if (!("digest" in shown)) return shown;
      return { ...shown, leaseUnfit: { leaseId: IDS.lease, bounds: ["bytes", "cost"] } };
    };
    return { ...api, readPreview };
  });
  const asked = terminal();
  assert.equal(await runCli(["run", "--on", "gpu-box-1", "--", "npm", "test"], asked.host), 74);
  assert.match(
    asked.stderr(),
    /Asked — lease lease_\w+ does not cover it: too few of its bytes are left; the cost is unknown/,
  );
});

test("without a terminal and without --yes nothing is approved, and the way on is named", async (t) => {
  const { home, terminal } = await bench(t, offloaded);
  const screen = terminal({ env: { ARW_OWNER_SECRET: OWNER_SECRET } });
  assert.equal(await runCli(["run", "--on", "gpu-box-1", "--", "npm", "test"], screen.host), 74);
  assert.match(screen.stderr(), /error: .*nobody is here to approve it.*\nfix: .*arw-home egress approve prev_/);
  assert.deepEqual(calls(home, "approveEgress"), []);
  const json = terminal({ env: { ARW_OWNER_SECRET: OWNER_SECRET } });
  assert.equal(await runCli(["run", "--json", "--on", "gpu-box-1", "--", "npm", "test"], json.host), 74);
  assert.equal(json.lines().at(-1)?.["code"], "approval-needed");
});

test("--yes without the owner secret approves nothing", async (t) => {
  const { home, terminal } = await bench(t, offloaded);
  for (const [env, code] of [
    [{}, 73],
    [{ ARW_OWNER_SECRET: "guessed" }, 73],
  ] as const) {
    const screen = terminal({ env });
    assert.equal(await runCli(["run", "--on", "gpu-box-1", "--yes", "--", "npm", "test"], screen.host), code);
    assert.doesNotMatch(screen.stderr(), /guessed/);
  }
  assert.deepEqual(calls(home, "approveEgress"), []);
});

test("on a terminal a yes sends, anything else denies", async (t) => {
  const { home, terminal } = await bench(t, offloaded);
  const unsure = terminal({ tty: true });
  unsure.answer("Send this? [y/N]", "what?");
  assert.equal(await runCli(["run", "--on", "gpu-box-1", "--", "npm", "test"], unsure.host), 75);
  assert.deepEqual(calls(home, "denyEgress")[0]?.params, {
    previewId: IDS.preview,
    reason: "declined at the terminal",
  });
  assert.deepEqual(calls(home, "approveEgress"), []);
  const sure = terminal({ tty: true });
  sure.answer("Send this? [y/N]", "y");
  sure.answer("Owner secret:", OWNER_SECRET);
  assert.equal(await runCli(["run", "--on", "gpu-box-1", "--", "npm", "test"], sure.host), 0);
  assert.equal(sure.stderr().includes(OWNER_SECRET), false);
  assert.equal(calls(home, "approveEgress").length, 1);
});

test("the first Ctrl-C cancels and waits for the end, the second leaves at once", async (t) => {
  const started = (home: () => FakeHome): FakeApi => ({
    startEpisode: async () => STARTED,
    cancelEpisode: async () => {
      perform(home(), { kind: "cancelled" });
      return {};
    },
    showEpisode: async () => ({ ...EPISODE, outcome: { kind: "cancelled" } }),
  });
  const { home, terminal } = await bench(t, started);
  const patient = terminal();
  const end = runCli(["run", "--", "sleep", "9"], patient.host);
  await patient.shows("Runs here");
  patient.interrupt();
  assert.equal(await end, 130);
  assert.equal(calls(home, "cancelEpisode").length, 1);
  assert.match(patient.stderr(), /■ cancelled/);

  const deaf = await bench(t, () => ({
    startEpisode: async () => STARTED,
    cancelEpisode: () => new Promise(() => undefined),
  }));
  const hasty = deaf.terminal();
  const left = runCli(["run", "--", "sleep", "9"], hasty.host);
  await hasty.shows("Runs here");
  hasty.interrupt();
  hasty.interrupt();
  assert.equal(await left, 130);
});

test("an episode that failed ends with its error, its fix and its exit code", async (t) => {
  const outcome = {
    kind: "failed",
    code: "engine-absent",
    message: "No \u001B[31mengine.",
    advice: "Install it.",
  } as const;
  const { terminal } = await bench(t, local(outcome));
  const screen = terminal();
  assert.equal(await runCli(["ask", "why?"], screen.host), 78);
  assert.match(screen.stderr(), /error: No <001B>\[31mengine\.\nfix: Install it\.\n$/);
});

test("ask turns its options into the request, and bad values into a usage error", async (t) => {
  const { home, terminal } = await bench(t, local({ kind: "answered", stopReason: "end" }));
  const words = [
    "ask",
    "--model",
    "demo",
    "--max-tokens",
    "64",
    "--temperature",
    "0.25",
    "--seed",
    "7",
    "read",
    "this",
  ];
  assert.equal(await runCli(words, terminal().host), 0);
  assert.deepEqual(calls(home, "startEpisode")[0]?.params, {
    request: { kind: "ask", prompt: "read this", model: "demo", outputTokensMax: 64, temperatureMilli: 250, seed: 7 },
    title: "read this",
  });
  const screen = terminal();
  assert.equal(await runCli(["ask", "--max-tokens", "many", "x"], screen.host), 64);
  assert.match(screen.stderr(), /--max-tokens/);
});
