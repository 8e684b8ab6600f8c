// arw-home run, ask, episodes, cancel: episodes from the terminal.
// It turns words into a request; where a job goes and what may leave, the Home decides.
import type { Command } from "commander";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { episodeId } from "#protocol/ids.ts";
import type { Dependencies } from "#protocol/job.ts";
import { durationMs } from "#protocol/quantities.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { pagesOf } from "#protocol/wire/listPage.ts";
import { PROMPT_CHARACTERS_MAX, type StartEpisodeParams } from "#protocol/wire/clientViews.ts";
import { workspacePathSchema, type WorkspacePath } from "#protocol/workspacePath.ts";
import { type Bind, collect, readOptions, readWord, usage } from "../commandLine.ts";
import { type RunAnswer, runEpisode } from "../episodeFlow.ts";
import { LEASE_OPTION_HELP, leaseWish } from "../leaseTerms.ts";
import { episodeLines } from "../render/views.ts";

const MINUTE_MS = 60_000;
/** A title is for lists; the whole command is in the job. */
const TITLE_CHARACTERS_MAX = 80;

const EXACT_OPTION_HELP = "show the output byte for byte, with what looks like a secret; for pipes and files";

interface RunOptions {
  readonly on?: string | undefined;
  readonly output: readonly string[];
  readonly with: readonly string[];
  readonly install?: string | undefined;
  readonly leaveOut: readonly string[];
  readonly minutes?: number | undefined;
  readonly lease?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly exact?: boolean | undefined;
}
const words = z.array(z.string());
const runOptionsSchema: z.ZodType<RunOptions> = z.looseObject({
  on: z.string().optional(),
  output: words,
  with: words,
  install: z.string().optional(),
  leaveOut: words,
  minutes: z.coerce.number().positive().max(1_440).optional(),
  lease: z.string().optional(),
  yes: z.boolean().optional(),
  exact: z.boolean().optional(),
});

interface AskOptions {
  readonly on?: string | undefined;
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly seed?: number | undefined;
  readonly lease?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly exact?: boolean | undefined;
}
const askOptionsSchema: z.ZodType<AskOptions> = z.looseObject({
  on: z.string().optional(),
  model: z.string().optional(),
  system: z.string().optional(),
  maxTokens: z.coerce.number().int().min(1).max(1_000_000).optional(),
  temperature: z.coerce.number().min(0).max(2).optional(),
  seed: z.coerce.number().int().min(0).max(0xffff_ffff).optional(),
  lease: z.string().optional(),
  yes: z.boolean().optional(),
  exact: z.boolean().optional(),
});

export function addEpisodeCommands(program: Command, bind: Bind): void {
  addRun(program, bind);
  addAsk(program, bind);
  bind(program.command("episodes").description("list the episodes of this workspace"), async (session) => {
    const home = await session.home();
    for await (const { episodes } of pagesOf((page) => home.call(METHODS.listEpisodes, page))) {
      for (const episode of episodes) await session.terminal.emit("episode", { episode });
      await session.terminal.print(episodeLines(episodes, session.terminal.style));
    }
  });
  const cancel = program.command("cancel <episode>").description("stop a running episode, or withdraw a waiting one");
  bind(cancel, async (session, [word]) => {
    const id = readWord(episodeId.schema, word, "episode");
    await (await session.home()).call(METHODS.cancelEpisode, { episodeId: id });
    await session.terminal.emit("episode-cancelled", { episodeId: id });
    await session.terminal.print([`Cancelled ${id}.`]);
  });
}

function addRun(program: Command, bind: Bind): void {
  const run = program
    .command("run <command...>")
    .usage("[options] -- <command...>")
    .description("run a command here or on another node; its files come back as a proposal")
    .option("--on <node>", "where: local, a node's name or its id (default: here if it can)")
    .option("--output <glob>", "files that come back as a proposal (repeatable)", collect, [])
    .option(
      "--with <folder>",
      "a folder that git ignores and the command needs, such as node_modules (repeatable)",
      collect,
      [],
    )
    .option(
      "--install <command>",
      "a shell command that runs first in the same sandbox, which has no network: to unpack or build dependencies",
    )
    .option("--leave-out <glob>", "files that this once are not sent (repeatable)", collect, [])
    .option("--minutes <n>", "end it after so many minutes")
    .option("--lease <terms>", LEASE_OPTION_HELP)
    .option("--exact", EXACT_OPTION_HELP)
    .option("-y, --yes", "approve what the preview shows without being asked");
  bind(run, async (session, argv, raw) => {
    const options = readOptions(runOptionsSchema, raw);
    const request: StartEpisodeParams["request"] = {
      kind: "command",
      argv,
      folder: await session.folderInWorkspace(),
      outputs: options.output,
      dependencies: dependenciesOf(options),
      ...(options.minutes === undefined ? {} : { wallMs: durationMs(Math.round(options.minutes * MINUTE_MS)) }),
      ...(options.leaveOut.length === 0 ? {} : { leaveOut: options.leaveOut }),
    };
    return runEpisode(session, { request, ...shared(options.on, argv.join(" ")) }, answerOf(options));
  });
}

function addAsk(program: Command, bind: Bind): void {
  const ask = program
    .command("ask <prompt...>")
    .description("ask a model here or on another node; the answer streams to stdout")
    .option("--on <node>", "where: local, a node's name or its id (default: here if it can)")
    .option("--model <name>", "a model's name or digest (default: the first that the node has)")
    .option("--system <text>", "the system prompt")
    .option("--max-tokens <n>", "stop after so many tokens")
    .option("--temperature <t>", "0 to 2")
    .option("--seed <n>", "the same seed gives the same answer")
    .option("--lease <terms>", LEASE_OPTION_HELP)
    .option("--exact", EXACT_OPTION_HELP)
    .option("-y, --yes", "approve what the preview shows without being asked");
  bind(ask, async (session, prompt, raw) => {
    const options = readOptions(askOptionsSchema, raw);
    const text = prompt.join(" ");
    if (text.length > PROMPT_CHARACTERS_MAX) {
      throw usage(`the prompt has ${text.length} characters, more than ${PROMPT_CHARACTERS_MAX}`, "Ask about less.");
    }
    const { maxTokens, model, seed, system, temperature } = options;
    const request: StartEpisodeParams["request"] = {
      kind: "ask",
      prompt: text,
      ...(system === undefined ? {} : { system }),
      ...(model === undefined ? {} : { model }),
      ...(maxTokens === undefined ? {} : { outputTokensMax: maxTokens }),
      ...(temperature === undefined ? {} : { temperatureMilli: Math.round(temperature * 1_000) }),
      ...(seed === undefined ? {} : { seed }),
    };
    return runEpisode(session, { request, ...shared(options.on, text) }, answerOf(options));
  });
}

/** What was said beforehand about a send, and about its output. */
function answerOf({ exact, lease, yes }: Pick<RunOptions, "exact" | "lease" | "yes">): RunAnswer {
  return { exact: exact === true, yes: yes === true, ...(lease === undefined ? {} : { lease: leaseWish(lease) }) };
}

function dependenciesOf({ install, with: folders }: RunOptions): Dependencies {
  if (install !== undefined && folders.length > 0) {
    throw usage("--install and --with exclude each other", "Send the folders, or install inside the sandbox.");
  }
  if (install !== undefined) return { kind: "install-step", argv: ["sh", "-c", install] };
  if (folders.length === 0) return { kind: "nothing" };
  const paths = folders.map(workspaceFolder);
  return { kind: "folders", paths };
}

function workspaceFolder(text: string): WorkspacePath {
  const decoded = decode(workspacePathSchema, text.replace(/^\.\//, "").replace(/\/+$/, ""));
  if (decoded.ok) return decoded.value;
  throw new ArwError(
    "path-outside-workspace",
    `${text} is no folder of the workspace: it ${decoded.problem}.`,
    "Name a folder inside the workspace, relative to it.",
  );
}

function shared(on: string | undefined, text: string): Pick<StartEpisodeParams, "on" | "title"> {
  const line = text.replace(/\s+/g, " ").trim();
  const title = line.length > TITLE_CHARACTERS_MAX ? `${line.slice(0, TITLE_CHARACTERS_MAX - 1)}…` : line;
  return { ...(on === undefined ? {} : { on }), ...(title === "" ? {} : { title }) };
}
