// Classes at the terminal: who may say what, what is said back where name or content says more, and why a path is what it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bench, calls } from "../../../../test/clients/commandBench.ts";
import { OWNER_SECRET } from "../../../../test/clients/fakeHome.ts";
import { runCli } from "../program.ts";

const env = { ARW_OWNER_SECRET: OWNER_SECRET };

test("anyone says that a path is secret, and only the owner that it is public, or takes a mark away", async (t) => {
  const { home, terminal } = await bench(t);
  const screen = terminal();
  assert.equal(await runCli(["classify", "./vault/", "--as", "secret"], screen.host), 0);
  assert.match(screen.stdout(), /Marked secret\. 1 waiting preview had it, and is withdrawn/);
  assert.deepEqual(calls(home, "restrictClass")[0]?.params, { paths: ["vault"], classification: "secret" });
  assert.equal(await runCli(["classify", "docs", "--as", "public"], terminal().host), 73);
  assert.equal(await runCli(["classify", "docs", "--clear"], terminal().host), 73);
  assert.equal(await runCli(["classify", "docs", "--as", "public"], terminal({ env }).host), 0);
  assert.equal(await runCli(["classify", "docs", "--clear"], terminal({ env }).host), 0);
});

test("a mark that says less than the name does is kept, and told that it changes nothing", async (t) => {
  const { terminal } = await bench(t, () => ({
    explainClasses: async ({ paths }) => ({
      files: paths.map((path) => ({
        path,
        classification: "secret",
        reasons: [
          { source: "name", classification: "secret", text: "its name: environment file" },
          { source: "mark", classification: "public", text: "marked public by cli" },
        ],
      })),
    }),
  }));
  const marked = terminal({ env });
  assert.equal(await runCli(["classify", ".env", "--as", "public"], marked.host), 0);
  assert.match(marked.stdout(), /\.env is secret all the same: its name: environment file/);
  const shown = terminal();
  assert.equal(await runCli(["classify", "show", ".env"], shown.host), 0);
  assert.match(
    shown.stdout(),
    /\.env is secret\n {2}secret {5}its name: environment file\n {2}public {5}marked public by cli/,
  );
});

test("list has the marks, and a wrong command line says what to write", async (t) => {
  const { terminal } = await bench(t);
  const listed = terminal();
  assert.equal(await runCli(["classify", "list"], listed.host), 0);
  assert.match(listed.stdout(), /docs\s+public\s+marked by cli/);
  for (const words of [
    ["docs"],
    [],
    ["docs", "--as", "private"],
    ["../x", "--as", "secret"],
    ["a", "--as", "secret", "--clear"],
  ])
    assert.equal(await runCli(["classify", ...words], terminal().host), 64, words.join(" "));
});
