// The command line of `arw-worker`: reads words, asks the worker for what they mean, and says what came of it.
// Every failure is one sentence with its cause, one with the fix, and an exit code of its own.
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { ArwError } from "#protocol/errors.ts";
import { PRODUCT_VERSION } from "#platform/productVersion.ts";
import { EXIT_OK, exitCodeOf, exitCodesHelp } from "./exitCodes.ts";
import { inviteOf } from "./inviteInput.ts";
import { addMachineCommands } from "./machineCommands.ts";
import { createOutput, explain, type Output } from "./output.ts";
import { changeSentence, statusSentence } from "./sentences.ts";
import { type RunFlags, withRunFlags } from "./runFlags.ts";
import type { WorkerActions } from "./workerActions.ts";

const NAME_CHARACTERS_MAX = 64;

/** Runs one command line; resolves with the exit code. `useState` is told the folder of --state before anything is read. */
export async function runCommandLine(
  argv: readonly string[],
  actions: WorkerActions,
  useState: (folder: string) => void,
): Promise<number> {
  const program = new Command("arw-worker");
  const output = createOutput(() => program.opts<GlobalOptions>().json === true, {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
  });
  // Whoever reads may go at any time (`arw-worker logs | head`): that must end no worker.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  describe(program, actions, output);
  program.hook("preAction", () => {
    const { state } = program.opts<GlobalOptions>();
    if (state !== undefined) useState(state);
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return EXIT_OK;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_OK;
    const failure = error instanceof CommanderError ? usageError(error) : explain(error);
    output.fail(failure);
    return exitCodeOf(failure.code);
  }
}

interface GlobalOptions {
  readonly json?: boolean;
  readonly state?: string;
}

interface LeaveFlags {
  readonly yes?: boolean;
  readonly newIdentity?: boolean;
}

function describe(program: Command, actions: WorkerActions, output: Output): void {
  program
    .description("Lends this machine to one Home: it runs what the Home's owner sends, in a sandbox, and nothing else.")
    .version(PRODUCT_VERSION)
    .option("--json", "one JSON object a line")
    .option("--state <folder>", "keep identity, engines and jobs in this folder")
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .helpCommand(false)
    .showSuggestionAfterError(true);
  const command = (words: string, description: string): Command =>
    program.command(words).description(description).exitOverride();

  withRunFlags(
    command("join <invite>", "join the Home that made this invite, then run; - reads it from standard input"),
  )
    .option("--name <name>", "what the Home's owner calls this machine", nameOf)
    .option("--no-run", "only join")
    .action(async (invite: string, flags: RunFlags & { readonly name?: string; readonly run: boolean }) => {
      await join(actions, output, invite, flags.name);
      if (flags.run) await run(actions, output, flags);
    });
  withRunFlags(command("run", "connect to the Home and take its jobs")).action((flags: RunFlags) =>
    run(actions, output, flags),
  );
  command("status", "say what the worker of this machine is doing").action(async () => {
    const status = await actions.status();
    output.say(statusSentence(status), { kind: "status", ...status });
  });
  command("leave", "leave the Home and forget everything it sent")
    .option("--yes", "do not ask")
    .option("--new-identity", "be another node from now on, as a Home that revoked this one asks for")
    .action((flags: LeaveFlags) => leave(actions, output, flags));
  addMachineCommands(command, actions, output);
  command("help [topic]", "help on a command, or the list of exit codes: help exit-codes").action((topic?: string) => {
    if (topic === "exit-codes") return void process.stdout.write(exitCodesHelp());
    const found = program.commands.find((candidate) => candidate.name() === topic);
    if (topic !== undefined && found === undefined) throw usage(`There is no help on ${topic}.`);
    (found ?? program).outputHelp();
  });
}

async function join(actions: WorkerActions, output: Output, invite: string, name: string | undefined): Promise<void> {
  const cancelled = new AbortController();
  const cancel = (): void => cancelled.abort(new ArwError("cancelled", "Joining was cancelled.", "Join again."));
  process.once("SIGINT", cancel).once("SIGTERM", cancel);
  try {
    const onWords = (words: readonly string[]): void =>
      output.say(
        `Compare these four words with the Home's screen: ${words.join(" ")}\nWaiting for the Home's owner to confirm …`,
        { kind: "words", words },
      );
    const joined = await actions.join(
      await inviteOf(invite),
      { ...(name === undefined ? {} : { name }), onWords },
      cancelled.signal,
    );
    output.say(`Joined the Home ${joined.homeId} as ${joined.name}.`, { kind: "joined", ...joined });
  } finally {
    process.off("SIGINT", cancel).off("SIGTERM", cancel);
  }
}

async function run(actions: WorkerActions, output: Output, flags: RunFlags): Promise<void> {
  const worker = await actions.run({
    slots: flags.slots,
    unsandboxed: flags.unsandboxed === true,
    onChange: (change) => {
      const sentence = changeSentence(change);
      const { kind } = change;
      if (change.kind === "waiting") {
        const { code, message, advice } = change.error;
        output.say(sentence ?? kind, { kind, code, message, advice });
      } else if (sentence !== undefined) output.say(sentence, { ...change });
      else process.stderr.write(`${JSON.stringify(change)}\n`);
    },
  });
  let signals = 0;
  const onSignal = (): void => {
    signals += 1;
    if (signals === 1) worker.drain();
    else worker.stop();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    await worker.done;
    output.say("The worker has left.", { kind: "left" });
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

async function leave(actions: WorkerActions, output: Output, flags: LeaveFlags): Promise<void> {
  if (flags.yes !== true && !(await confirm("Leave the Home, end what runs, and forget everything it sent? [y/N] "))) {
    throw new ArwError("cancelled", "Nothing was changed.", "Answer y, or use --yes.");
  }
  const left = await actions.leave({ newIdentity: flags.newIdentity === true });
  const sentence =
    left === undefined
      ? "This machine belonged to no Home."
      : `Left the Home ${left.homeId}. Its owner can also forget this machine with: arw-home revoke ${left.nodeId}`;
  const renewed = flags.newIdentity === true ? " It will be a new node from now on." : "";
  output.say(`${sentence}${renewed}`, { kind: "left", ...left, newIdentity: flags.newIdentity === true });
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new ArwError("confirmation-needed", "Leaving needs a yes, and there is no terminal to ask on.", "Use --yes.");
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const closed = once(terminal, "close").then(() => "");
    return /^y(es)?$/iu.test((await Promise.race([terminal.question(question), closed])).trim());
  } finally {
    terminal.close();
  }
}

function nameOf(text: string): string {
  const name = text.trim();
  if (name.length >= 1 && name.length <= NAME_CHARACTERS_MAX) return name;
  throw new InvalidArgumentError(`It must have 1 to ${NAME_CHARACTERS_MAX} characters.`);
}

function usageError(error: CommanderError): ArwError {
  if (error.code === "commander.help") return usage("A command is needed.");
  const sentence = error.message.replace(/^error: /u, "").replace(/\s*\n\s*/gu, " ");
  return usage(sentence.charAt(0).toUpperCase() + sentence.slice(1));
}

function usage(message: string): ArwError {
  return new ArwError("usage", message, "See the commands and their options with: arw-worker help");
}
