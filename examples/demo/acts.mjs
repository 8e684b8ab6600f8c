// The acts of the demo, in order. Each types a command, shows what it says, and keeps what the checks will need.
// What is shown comes from the programs; what is checked is read again with --json.
import { cpSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkAll } from "./checks.mjs";

const EXAMPLE = resolve(import.meta.dirname, "..", "tally");
const WORKER = "box";
const TESTS = ["npm", "test"];
/** The exit code of arw-home for a no to what would leave. */
const EXIT_DENIED = 75;

/** The person said no. That is an answer, and the end of the demo. */
export class Declined extends Error {}

export class Demo {
  #story;
  #programs;
  #workspace;
  #homeState;
  #workerState;
  #secrets = [];
  #ownerSecret = "";
  /** Why commands cannot run in a sandbox here, if they cannot. */
  #noSandbox;
  #worker;
  #here;
  #there;
  #log = "";
  #answers = {};

  constructor(story, programs) {
    this.#story = story;
    this.#programs = programs;
    this.#workspace = join(programs.folder, "tally");
    this.#homeState = join(programs.folder, "home");
    this.#workerState = join(programs.folder, "worker");
  }

  /** A copy of the project under git, with secrets in it, and a Home. */
  async prepare() {
    this.#story.step("A project and its Home");
    cpSync(EXAMPLE, this.#workspace, { recursive: true });
    const git = ["-c", "user.name=Demo", "-c", "user.email=demo@example.invalid", "-c", "commit.gpgsign=false"];
    for (const words of [
      ["init", "-q"],
      ["add", "."],
      ["commit", "-q", "-m", "Begin"],
    ])
      await this.#must("git", [...git, ...words]);
    const { plantSecrets } = await import(pathToFileURL(join(this.#workspace, "plant.mjs")).href);
    const { files, secrets } = plantSecrets(this.#workspace);
    this.#secrets = secrets;
    this.#story.say(
      `tally is a small shop's till with 28 tests; ${files.join(" and ")} now hold secrets, made up for this demo.`,
    );
    mkdirSync(this.#homeState, { mode: 0o700 });
    mkdirSync(this.#workerState, { mode: 0o700 });
    this.#story.command("arw-home serve");
    const home = this.#programs.start("arw-home", ["serve", "--json"], {
      folder: this.#workspace,
      environment: { ARW_STATE_HOME: this.#homeState },
    });
    this.#ownerSecret = await home.line((line) => /^ *(arw-owner-\w+)$/u.exec(line)?.[1]);
    await home.line((line) => (line.includes('"home-ready"') ? true : undefined));
    this.#story.say("The Home is ready, and this terminal holds its owner secret: nothing leaves without it.");
    const nodes = await this.#facts(["nodes"], "node");
    const command = nodes
      .find(({ node }) => node.local)
      ?.node.capabilities?.engines.find(({ kind }) => kind === "command");
    if (command?.state === "absent") this.#noSandbox = command.reason;
  }

  async runHere() {
    this.#story.step("Run the tests here");
    if (this.#noSandbox !== undefined) {
      this.#story.skipped("the test run in a sandbox", this.#noSandbox);
      this.#story.say("The tests run without a Home instead, for the log that the model will read.");
      this.#log = (
        await this.#programs.run(process.execPath, ["scripts/test.mjs"], { folder: this.#workspace, show: true })
      ).stdout;
      return;
    }
    this.#here = await this.#shown(["run", "--", ...TESTS]);
    this.#log = this.#here.stdout;
    this.#story.say("Two of the tests fail for real; that is what makes the log worth reading.");
  }

  async pair() {
    this.#story.step("Pair a worker: another process with its own identity and its own folder");
    this.#story.command("arw-home invite");
    const [{ invite }] = await this.#facts(["invite", "--no-wait"], "invite");
    this.#story.command(`arw-worker join ${invite.text.slice(0, 12)}… --name ${WORKER}`);
    this.#worker = this.#programs.start("arw-worker", ["join", invite.text, "--name", WORKER, "--json"], {
      folder: this.#programs.folder,
      environment: { ARW_STATE_HOME: this.#workerState },
    });
    const workerWords = await this.#worker.line((line) => factOf(line, "words")?.words.join(" "));
    const asks = (await this.#facts(["nodes"], "node"))
      .map(({ node }) => node)
      .find(({ state }) => state === "pending");
    const homeWords = asks?.compareWords?.join(" ") ?? "none";
    this.#story.say(`the worker's screen:  ${workerWords}`);
    this.#story.say(`the Home's screen:    ${homeWords}`);
    this.#story.check("the four words are the same on both screens: nobody is in between", workerWords === homeWords);
    if (workerWords !== homeWords) throw new Error("the words differ, so the worker is not let in");
    this.#story.command(`arw-home nodes approve ${WORKER}`);
    await this.#facts(["nodes", "approve", WORKER, "--yes"], "node-approved");
    await this.#worker.line((line) => factOf(line, "connected"));
    await this.#shown(["nodes"]);
  }

  async runThere() {
    this.#story.step(
      "Run the same tests on the worker: first what would leave, then a yes, then the output as it comes",
    );
    if (this.#noSandbox !== undefined) return this.#story.skipped("the offloaded test run", this.#noSandbox);
    this.#there = await this.#sent(["run", "--on", WORKER, ...this.#yes(), "--", ...TESTS]);
  }

  async askHere() {
    this.#story.step("Ask the demo model here what the log says");
    this.#answers.here = (await this.#shown(["ask", "--on", "local", this.#question()])).stdout;
  }

  async askThere() {
    this.#story.step("Ask the demo model on the worker the same");
    this.#answers.there = (await this.#sent(["ask", "--on", WORKER, ...this.#yes(), this.#question()])).stdout;
  }

  async showRecords() {
    this.#story.step("One timeline of both machines: ▲ left this machine, ▼ came back");
    for (const episode of (await this.#episodes()).filter(({ target }) => !target.local)) {
      await this.#shown(["timeline", episode.episodeId]);
    }
    this.#story.step("The egress ledger: one record for each crossing, written before the first byte");
    await this.#shown(["egress"]);
    this.#story.step("What was used, and how each figure was measured");
    for (const episode of await this.#episodes()) this.#story.say(usageText(episode));
    this.#story.step("The journal, checked frame by frame");
    await this.#shown(["journal", "verify"]);
  }

  async check() {
    this.#story.step("The demo checks itself");
    checkAll(this.#story, {
      here: this.#here,
      there: this.#there,
      log: this.#log,
      answers: this.#answers,
      timeline: (await this.#facts(["timeline"], "timeline-entry")).map(({ entry }) => entry),
      records: (await this.#facts(["egress"], "egress-record")).map(({ record }) => record),
      report: (await this.#facts(["journal", "verify"], "journal-report"))[0]?.report,
      secrets: this.#secrets,
      workspace: this.#workspace,
      homeState: this.#homeState,
      workerState: this.#workerState,
      printed: Buffer.concat(this.#programs.printed),
    });
    if (this.#noSandbox !== undefined)
      this.#story.skipped("the comparison of local and offloaded output", this.#noSandbox);
  }

  /** Without a terminal there is nobody to ask: the demo approves what the preview shows. */
  #yes() {
    return process.stdin.isTTY === true && process.stderr.isTTY === true ? [] : ["--yes"];
  }

  #question() {
    return `Read this test log as JSON: ${this.#log.trimEnd().split("\n").at(-1)}`;
  }

  /** The oldest first. */
  async #episodes() {
    const facts = await this.#facts(["episodes"], "episode");
    return facts.map(({ episode }) => episode).sort((left, right) => left.startedAt - right.startedAt);
  }

  /** A command that shows what would leave and asks. Throws Declined after a no. */
  async #sent(words) {
    const ended = await this.#shown(words, true);
    if (ended.exitCode === EXIT_DENIED) throw new Declined();
    return ended;
  }

  /** Types a command of arw-home and shows it with all that it says. */
  async #shown(words, asks = false) {
    this.#story.command(["arw-home", ...words].map((word) => (/[\s:]/u.test(word) ? `"${word}"` : word)).join(" "));
    return await this.#programs.run("arw-home", words, { ...this.#atHome(), show: true, asks });
  }

  /** What a command of arw-home says with --json: its facts of one kind. */
  async #facts(words, kind) {
    const { exitCode, stdout, stderr } = await this.#programs.run("arw-home", [...words, "--json"], this.#atHome());
    if (exitCode !== 0) throw new Error(`arw-home ${words.join(" ")} ended with ${exitCode}: ${stdout}${stderr}`);
    return stdout.split("\n").flatMap((line) => factOf(line, kind) ?? []);
  }

  async #must(program, words) {
    const { exitCode, stderr } = await this.#programs.run(program, words, { folder: this.#workspace });
    if (exitCode !== 0) throw new Error(`${program} ${words.join(" ")}: ${stderr}`);
  }

  #atHome() {
    return {
      folder: this.#workspace,
      environment: { ARW_STATE_HOME: this.#homeState, ARW_OWNER_SECRET: this.#ownerSecret },
    };
  }
}

/** The fact on a line of --json output, if it is of this kind. */
function factOf(line, kind) {
  try {
    const fact = JSON.parse(line);
    return fact?.kind === kind ? fact : undefined;
  } catch {
    return undefined;
  }
}

function usageText({ title, target, usage }) {
  const parts = [
    ...(usage?.tokensIn === undefined
      ? []
      : [`${usage.tokensIn.tokens} tokens in, ${usage.tokensOut.tokens} out (${usage.tokensIn.method})`]),
    ...(usage === undefined
      ? ["nothing metered"]
      : [
          `${(usage.busy.durationMs / 60_000).toFixed(4)} tool minutes (${usage.busy.method})`,
          `${usage.bytesIn.bytes} bytes in, ${usage.bytesOut.bytes} out (${usage.bytesIn.method})`,
        ]),
  ];
  const name = title.length > 28 ? `${title.slice(0, 27)}…` : title;
  return `${(target.local ? "here" : target.name).padEnd(5)} ${name.padEnd(28)}  ${parts.join(" · ")}`;
}
