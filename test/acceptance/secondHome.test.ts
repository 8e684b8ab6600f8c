// One Home a workspace, whoever starts how many: the second says who holds it, and of twenty that race one wins.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { Bench } from "./bench.ts";
import { until } from "./processes.ts";

const RACERS = 20;
const startLine = z.looseObject({ ready: z.boolean(), code: z.string().optional() });

test("a second Home ends with home-held, names the first, and disturbs nothing", async (t) => {
  const bench = await Bench.open(t);
  const first = await bench.serve();
  const second = await bench.startHome(["serve"]).ended;
  assert.equal(second.exitCode, 70);
  assert.match(second.stderr, new RegExp(`^error: .*process ${first.processId}.*\nfix: .+`, "u"));
  assert.equal((await bench.cli(["nodes"])).exitCode, 0);
  first.signal("SIGKILL");
  await first.ended;
  const third = await bench.serve();
  assert.ok(third.isRunning);
});

test("of twenty Homes that start at once exactly one runs, and the others name it", async (t) => {
  const bench = await Bench.open(t);
  const racers = Array.from({ length: RACERS }, () => bench.startHome(["serve", "--background"]));
  const lines = await Promise.all(
    racers.map((racer) =>
      until("a line of every racer", () => {
        const decoded = decodeJson(startLine, racer.stdout.split("\n")[0] ?? "");
        return decoded.ok ? decoded.value : undefined;
      }),
    ),
  );
  assert.equal(lines.filter(({ ready }) => ready).length, 1);
  assert.ok(lines.every(({ ready, code }) => ready || code === "home-held"));
  const losers = racers.filter((_, at) => lines[at]?.ready === false);
  for (const loser of losers) assert.equal((await loser.ended).exitCode, 70);
  assert.equal(racers.filter((racer) => racer.isRunning).length, 1);
});

test("commands that race to start a Home all end up at the same one", async (t) => {
  const bench = await Bench.open(t);
  const ended = await Promise.all(Array.from({ length: 4 }, () => bench.cli(["nodes", "--json"])));
  for (const { exitCode, stderr } of ended) assert.equal(exitCode, 0, stderr);
  const minted = ended.flatMap(({ stderr }) => /arw-owner-\w+/u.exec(stderr)?.[0] ?? []);
  assert.equal(minted.length, 1);
  // That Home is nobody's child here: it is ended by command.
  assert.equal((await bench.cli(["stop"], { ARW_OWNER_SECRET: minted[0] })).exitCode, 0);
});
