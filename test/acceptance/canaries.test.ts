// Canaries: secrets drawn anew, put wherever a secret may be, and then looked for in everything that the programs print, keep of
// others, export or send. None may be there, in any spelling, but where the owner approved exactly that.
import assert from "node:assert/strict";
import { generateKeyPairSync, randomInt } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { METHODS } from "#protocol/wire/client.ts";
import {
  Bench,
  command,
  filesBelow,
  finished,
  nodeInState,
  offload,
  outputOf,
  sandboxProblem,
  timeline,
} from "./bench.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { until } from "./processes.ts";
import { holdsSecret, pathsWithSecrets } from "./secretSearch.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function drawn(length: number, alphabet: string = LETTERS): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** German, with the check digits that its number has. */
function drawnIban(): string {
  const account = drawn(18, "0123456789");
  const remainder = BigInt(`${account}131400`) % 97n;
  return `DE${String(98n - remainder).padStart(2, "0")}${account}`;
}

interface Canaries {
  readonly token: string;
  readonly value: string;
  readonly address: string;
  readonly keyLines: readonly string[];
  readonly iban: string;
}

/** Secrets of several kinds in files that a job of this workspace would send, could it. */
function plant(workspace: string): Canaries {
  const token = ["gh", "p_", drawn(36)].join("");
  const value = `${drawn(9)}/+"=é ${drawn(9)}`;
  const address = drawn(14);
  const iban = drawnIban();
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(
    join(workspace, ".env.local"),
    `SESSION_SECRET='${value}'\nDATABASE_URL=postgres://app:${address}@db.example/app\n`,
  );
  writeFileSync(join(workspace, "deploy.pem"), pem);
  writeFileSync(join(workspace, "notes.md"), `# Deploy\n\nexport GITHUB_TOKEN=${token}\n`);
  mkdirSync(join(workspace, "private"));
  writeFileSync(join(workspace, "private", "customers.csv"), `name,iban\nAda,${iban}\n`);
  const keyLines = pem.split("\n").filter((line) => line.length >= 40);
  return { token, value, address, keyLines, iban };
}

test("no canary is in anything that is printed, logged, exported or sent, whatever goes wrong on the way", async (t) => {
  const bench = await Bench.open(t, { environment: { ARW_HEARTBEAT_MS: "200" } });
  const home = await bench.serve();
  const planted = plant(bench.workspace);
  const { token, value, address, iban, keyLines } = planted;
  const client = await bench.client();
  const invite = (await client.call(METHODS.createInvite, {})).text;
  const worker = await bench.pair(client, "box");
  const noSandbox = await sandboxProblem(client);
  const identity = identitiesBelow(bench.homeFolder);
  const workerIdentity = identitiesBelow(worker.state);
  assert.deepEqual([identity.length, workerIdentity.length], [1, 1]);
  const inFiles = [token, value, address, iban, ...keyLines, ...bench.secrets];
  const ofHome = [...identity, bench.ownerSecret, invite];
  const all = [...inFiles, ...ofHome, ...workerIdentity];
  assert.ok(all.every((canary) => canary.length >= 14));

  /** What each command printed, with its words less what was typed. */
  const printed = new Map<string, string>();
  const typed = async (words: readonly string[], name: string = words.join(" ")): Promise<void> => {
    const both = [[], ["--json"]].map(async (json) => {
      const { stdout, stderr } = await bench.cli([...json, ...words]);
      printed.set(`${json.join("")} ${name}`, `${stdout}${stderr}`);
    });
    await Promise.all(both);
  };

  // Asked for in so many words: prompts and commands that hold them.
  await typed(
    ["ask", "--on", "box", "--yes", `Is ${token} the token, ${value} the secret or ${address} the password?`],
    "ask about secrets",
  );
  await typed(["ask", "--on", "box", "--yes", `Whose account is ${iban}?`], "ask about an account");
  await typed(["run", "--on", "box", "--yes", "--", "echo", token], "run there with a token");
  await typed(["run", "--on", "nowhere", "--", "echo", token], "run nowhere with a token");
  await typed(["proposal", "show", token], "a token as a proposal");
  await typed(["timeline", bench.ownerSecret], "the owner secret as an episode");
  await typed(["policy", "explain", "--to", "box", "--path", ".env.local"]);
  // Files: what was found in them stays out of the preview and of the send.
  await typed(["egress", "inspect", "notes.md", "deploy.pem", "private/customers.csv", ".env.local"]);
  if (noSandbox === undefined) {
    await typed(
      [
        "run",
        "--on",
        "box",
        "--yes",
        "--output",
        "made/**",
        "--",
        "sh",
        "-c",
        "mkdir -p made; ls > made/list; cat notes.md",
      ],
      "run there",
    );
    const episodeId = await offload(
      client,
      "box",
      command(["sh", "-c", "ls -R; cat .env.local deploy.pem private/customers.csv || true"]),
    );
    await finished(client, episodeId);
    await typed(["receipt", "export", episodeId], "receipt export");
    await typed(["request", episodeId], "request");
    await typed(["run", "--", "sh", "-c", "true"], "run here");
  }
  await printedInTwo(bench, client, planted);
  await typed(["run", "--", "sh", "print-in-two.sh"], "run here and print what is secret in two");
  // Denied, staged, and a policy that is none because a secret stands where a comma should.
  const waiting = await client.call(METHODS.startEpisode, { request: command(["make"]), on: "box" });
  await typed(["egress", "show", waiting.previewId ?? ""], "egress show");
  await typed(["egress", "deny", waiting.previewId ?? ""], "egress deny");
  mkdirSync(join(bench.workspace, ".arw"));
  writeFileSync(join(bench.workspace, ".arw", "policy.jsonc"), `{ "version": 1 ${token} "rules": [] }`);
  await typed(["policy", "show"]);
  await typed(["policy", "check", ".arw/policy.jsonc"]);
  await typed(["run", "--on", "box", "--yes", "--", "true"], "run under a broken policy");
  await bench.cli(["offloads", "pause"]);
  await bench.cli(["offloads", "resume"], { ARW_OWNER_SECRET: "arw-owner-wrong" });
  await typed(["staged", "list"]);
  // A worker that dies, and a Home that does.
  await worker.program.kill();
  await nodeInState(client, "box", "unreachable");
  for (const words of [
    ["doctor"],
    ["nodes"],
    ["episodes"],
    ["timeline"],
    ["leases"],
    ["egress"],
    ["egress", "export"],
    ["journal", "verify"],
    ["policy", "history"],
  ]) {
    await typed(words);
  }
  const told = JSON.stringify(await timeline(client));
  await home.kill();
  const again = await bench.serve();
  await until("the journal to be read", async () => (await bench.cli(["timeline"])).exitCode === 0 || undefined);

  // The search finds what is there: the files that they were put into, and what was printed for the owner alone.
  assert.equal(pathsWithSecrets(bench.workspace, inFiles).length, 7);
  assert.equal(holdsSecret(Buffer.from(home.stderr), [bench.ownerSecret]), true);
  assert.equal(holdsSecret(Buffer.from(JSON.stringify({ note: `x${value}` })), [value]), true);

  const sinks: ReadonlyMap<string, string> = new Map([
    ...printed,
    ["the timeline", told],
    ["the Home's standard output", home.stdout],
    // The owner secret is shown once, to whoever starts the Home first.
    ["the Home's standard error", home.stderr.replaceAll(bench.ownerSecret, "")],
    ["the second Home", again.stdout + again.stderr],
    ["the worker", worker.program.stdout + worker.program.stderr],
    ["the Home's log", readFileSync(join(bench.homeFolder, "home.log"), "utf8")],
  ]);
  assert.ok(sinks.size > 40 || noSandbox !== undefined);
  assert.deepEqual(
    [...sinks].flatMap(([name, text]) => (holdsSecret(Buffer.from(text), all) ? [name] : [])),
    [],
  );
  // Nothing of it reached the other machine; it has its own identity and the invite that it was given, in files of its own.
  assert.ok(filesBelow(worker.state).length > 5);
  assert.deepEqual(pathsWithSecrets(worker.state, [...inFiles, ...ofHome]), []);
  for (const folder of ["journal", "outputs", "blobs"]) {
    assert.deepEqual(pathsWithSecrets(join(bench.homeFolder, folder), [...ofHome, ...workerIdentity]), [], folder);
  }
});

/**
 * A program that prints two secrets, each cut in two by a pause: all is there and can be asked for, and no view of it has a
 * part of them, as it is followed or wherever a page of it begins.
 */
async function printedInTwo(bench: Bench, client: HomeClient, { token, value }: Canaries): Promise<void> {
  const text = readFileSync(join(bench.workspace, "notes.md"), "utf8");
  const [first, second] = [text.indexOf(token) + 11, 24];
  writeFileSync(
    join(bench.workspace, "print-in-two.sh"),
    [
      `head -c ${first} notes.md; sleep 0.3; tail -c +${first + 1} notes.md`,
      `head -c ${second} .env.local; sleep 0.3; tail -c +${second + 1} .env.local`,
    ].join("\n"),
  );
  const { stdout } = await bench.cli(["run", "--", "sh", "print-in-two.sh"]);
  assert.match(stdout, /GITHUB_TOKEN=\[REDACTED:[a-z-]+:[a-p]{8}\]\n[^]*SESSION_SECRET='\[REDACTED:/u);
  const halves = [token.slice(0, 11), token.slice(11), value.slice(0, 8), value.slice(8)];
  assert.equal(holdsSecret(Buffer.from(stdout), halves), false);
  const [episode] = (await client.call(METHODS.listEpisodes, {})).episodes;
  assert.ok(episode?.attemptId !== undefined);
  const entries = await timeline(client, episode.episodeId);
  assert.ok(entries.filter(({ output }) => output !== undefined).length >= 3, "it was printed in pieces");
  const exact = await outputOf(client, episode);
  assert.ok(exact.includes(token) && exact.includes(value));
  for (let fromByte = 0; fromByte < Buffer.byteLength(exact); fromByte += 3) {
    const params = METHODS.readOutput.params.parse({ attemptId: episode.attemptId, stream: "stdout", fromByte });
    const bytes = Buffer.from((await client.call(METHODS.readOutput, params)).base64, "base64");
    assert.equal(holdsSecret(bytes, [...halves, token, value]), false, `from byte ${fromByte}`);
  }
}

/** The secret of each identity file, and nothing else of it. */
function identitiesBelow(folder: string): readonly string[] {
  return filesBelow(folder).flatMap(
    ({ bytes }) => /^arw-identity-v1 (\S{43})\n$/u.exec(bytes.toString("latin1"))?.[1] ?? [],
  );
}
