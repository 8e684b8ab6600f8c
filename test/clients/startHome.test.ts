// Attaching and starting: the winner's Home is used, the loser's reason is understood, and nothing leaks into the Home.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat, watch, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { attachOrStart, type StartLine, type StartOptions } from "#platform/home/startHome.ts";
import { connectToHome, type HomeClient } from "../../server/src/cli/homeClient.ts";
import { openFakeHome } from "./fakeHome.ts";

interface Bench {
  readonly options: StartOptions<HomeClient>;
  readonly minted: string[];
  readonly folder: string;
}

/** A workspace without a Home; `script` is what runs instead of `arw-home serve`. */
async function bench(t: TestContext, script: string): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "arw-start-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const minted: string[] = [];
  const workspaceFolder = join(folder, "parser");
  await mkdir(workspaceFolder);
  await writeFile(join(folder, "program.mjs"), script);
  const socketPath = join(folder, "sockets", "home.sock");
  const options: StartOptions<HomeClient> = {
    workspaceFolder,
    homeFolder: join(folder, "home"),
    socketPath,
    program: [process.execPath, join(folder, "program.mjs")],
    env: { ...process.env, ARW_OWNER_SECRET: "keep-me-out" },
    onMinted: async (secret) => void minted.push(secret),
    connect: () => connectToHome(socketPath, { client: "test", ownerSecret: async () => "none" }),
  };
  return { options, minted, folder };
}

const printing = (line: StartLine): string => `console.log(${JSON.stringify(JSON.stringify(line))});`;
const held: StartLine = { ready: false, code: "home-held", message: "Held.", advice: "Use it." };

test("a running Home is used, and nothing is started", async (t) => {
  const { options, folder } = await bench(t, `import {writeFileSync} from "node:fs"; writeFileSync("started", "");`);
  const home = await openFakeHome({ socketPath: options.socketPath });
  t.after(() => home.close());
  using client = await attachOrStart(options);
  assert.equal(client.hello.workspaceFolder, "/projects/parser");
  await assert.rejects(stat(join(folder, "parser", "started")));
});

test("a started Home gets the workspace and never the owner secret; its own is shown by who started it", async (t) => {
  const { folder, minted, options } = await bench(
    t,
    `import {writeFileSync} from "node:fs";
     writeFileSync("../seen", JSON.stringify([process.argv.slice(2), process.env.ARW_OWNER_SECRET ?? null]));
     console.error("a line for the log");
     ${printing({ ready: true, socket: "s", ownerSecret: "minted-once" })}`,
  );
  const home = await openFakeHome({ socketPath: options.socketPath });
  // The Home answers only once its start was seen: until then nobody listens.
  await home.close();
  const attached = attachOrStart(options);
  await exists(folder, "seen");
  const started = await openFakeHome({ socketPath: options.socketPath });
  t.after(() => started.close());
  using client = await attached;
  assert.ok(client.hello.processId > 0);
  assert.deepEqual(minted, ["minted-once"]);
  const seen: unknown = JSON.parse(await readFile(join(folder, "seen"), "utf8"));
  assert.deepEqual(seen, [["serve", "--background", "--workspace", options.workspaceFolder], null]);
  const log = join(options.homeFolder, "home.log");
  assert.match(await readFile(log, "utf8"), /a line for the log/);
  assert.equal((await stat(log)).mode & 0o777, 0o600);
});

test("who loses the race to start connects to the winner", async (t) => {
  const { folder, minted, options } = await bench(
    t,
    `import {writeFileSync} from "node:fs"; ${printing(held)} writeFileSync("../seen", "");`,
  );
  const attached = attachOrStart(options);
  await exists(folder, "seen");
  const winner = await openFakeHome({ socketPath: options.socketPath });
  t.after(() => winner.close());
  using client = await attached;
  assert.equal(client.hello.workspaceFolder, "/projects/parser");
  assert.deepEqual(minted, []);
});

test("a Home that cannot start says why, in its own words", async (t) => {
  const corrupt = {
    ready: false,
    code: "journal-corrupt",
    message: "Byte 7 is wrong.",
    advice: "Restore it.",
  } as const;
  const { options } = await bench(t, printing(corrupt));
  await assert.rejects(attachOrStart(options), {
    code: "journal-corrupt",
    message: "Byte 7 is wrong.",
    advice: "Restore it.",
  });
});

test("a Home that dies silently, or babbles, has not started; the log is named", async (t) => {
  for (const script of ["process.exit(9);", `console.log("hello");`, `console.log("x".repeat(100_000));`]) {
    const { options } = await bench(t, script);
    await assert.rejects(attachOrStart(options), { code: "home-start-failed", advice: /home\.log/ });
  }
  const { options } = await bench(t, "");
  await assert.rejects(attachOrStart({ ...options, program: ["/no/such/program"] }), { code: "home-start-failed" });
});

/** Resolves once the file is there, without a guess at how long that takes. */
async function exists(folder: string, name: string): Promise<void> {
  const stop = new AbortController();
  const events = watch(folder, { signal: stop.signal });
  try {
    const found = stat(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (await found) return;
    for await (const event of events) if (event.filename === name) return;
  } finally {
    stop.abort();
  }
}
