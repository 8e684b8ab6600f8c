// arw-home's command line: every command, and the one place where an error becomes words and an exit code.
// It must never end the process itself: main.ts sets the code that `runCli` resolves to.
import { Command, CommanderError } from "commander";
import { ArwError, messageOf } from "#protocol/errors.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import type { CliHost } from "./cliHost.ts";
import { binder, usage } from "./commandLine.ts";
import { addClassifyCommands } from "./commands/classify.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addEgressCommands } from "./commands/egress.ts";
import { addEpisodeCommands } from "./commands/episodes.ts";
import { addHomeCommands } from "./commands/home.ts";
import { addLeaseCommands } from "./commands/leases.ts";
import { addNeverLeavesCommands } from "./commands/neverLeaves.ts";
import { addNodeCommands } from "./commands/nodes.ts";
import { addOffloadCommands } from "./commands/offloads.ts";
import { addPolicyCommands } from "./commands/policy.ts";
import { addProposalCommands } from "./commands/proposals.ts";
import { addResultCommands } from "./commands/results.ts";
import { addRecordCommands } from "./commands/records.ts";
import { addReceiptCommands } from "./commands/receipts.ts";
import { addRequestCommand } from "./commands/requests.ts";
import { addStagedCommands } from "./commands/staged.ts";
import { EXIT_OK, exitCodeOf, exitCodesHelp } from "./exitCodes.ts";
import { StdoutClosed, Terminal } from "./terminal.ts";

/** Runs one command line (without node and script). Never rejects. */
export async function runCli(argv: readonly string[], host: CliHost): Promise<number> {
  let exitCode = EXIT_OK;
  const program = programOf(host, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof StdoutClosed) return EXIT_OK;
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_OK;
    return report(argv, host, asArwError(error));
  }
}

function programOf(host: CliHost, finish: (exitCode: number) => void): Command {
  const program = new Command("arw-home");
  program
    .description("Your Home: runs episodes here, and on other machines only after you have seen what leaves.")
    .version(`protocol ${PROTOCOL_VERSION}`, "-V, --version")
    .option("--workspace <folder>", "the workspace (default: the nearest git root, else the current folder)")
    .option("--json", "one JSON object a line, for programs")
    .option("--no-color", "no colours")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      // Errors are worded by `report`; a missing subcommand prints help here, and that is an error's help.
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .helpCommand(false)
    .showSuggestionAfterError(true);
  const bind = binder(host, finish);
  addEpisodeCommands(program, bind);
  addNodeCommands(program, bind);
  addRecordCommands(program, bind);
  addRequestCommand(program, bind);
  addEgressCommands(program, bind);
  addOffloadCommands(program, bind);
  addNeverLeavesCommands(program, bind);
  addClassifyCommands(program, bind);
  addPolicyCommands(program, bind);
  addLeaseCommands(program, bind);
  addProposalCommands(program, bind);
  addResultCommands(program, bind);
  addReceiptCommands(program, bind);
  addStagedCommands(program, bind);
  addHomeCommands(program, bind);
  addDoctorCommand(program, bind);
  program
    .command("help [command...]")
    .description("help for a command; help exit-codes lists the exit codes")
    .action((names: readonly string[]) => void host.stdout.write(helpText(program, names)));
  return program;
}

function helpText(program: Command, names: readonly string[]): string {
  if (names.length === 1 && names[0] === "exit-codes") return exitCodesHelp();
  let command = program;
  for (const name of names) {
    const inner = command.commands.find((candidate) => candidate.name() === name);
    if (inner === undefined) throw usage(`there is no command ${names.join(" ")}`, "arw-home help lists all commands.");
    command = inner;
  }
  return command.helpInformation();
}

async function report(argv: readonly string[], host: CliHost, error: ArwError): Promise<number> {
  const end = argv.indexOf("--");
  const json = argv.slice(0, end < 0 ? argv.length : end).includes("--json");
  const { advice, code, message } = error;
  const terminal = new Terminal(host, { json, colour: !argv.includes("--no-color") });
  const style = terminal.errorStyle;
  try {
    await terminal.emit("error", { code, message, advice });
    // A worker's words may stand in a message.
    await terminal.say(`${style.red("error:")} ${plainText(message)}`, `${style.bold("fix:")} ${plainText(advice)}`);
  } catch (failure) {
    // Whoever read our output has gone; the exit code still tells.
    if (!(failure instanceof StdoutClosed)) throw failure;
  }
  return exitCodeOf(code);
}

function asArwError(error: unknown): ArwError {
  if (error instanceof ArwError) return error;
  if (error instanceof CommanderError) return usageErrorOf(error);
  const message = messageOf(error);
  return new ArwError(
    "internal-error",
    `arw-home failed for a reason of its own: ${message}`,
    "Report it with the command you typed.",
    { cause: error },
  );
}

/** commander's message is "error: unknown option '--foo'", with a suggestion on a line of its own. */
function usageErrorOf(error: CommanderError): ArwError {
  if (error.code === "commander.help") return usage("a command is missing", "arw-home help lists all commands.");
  const [problem = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const guess = suggestion?.replace(/^\(|\)$/g, "");
  const dashes = "Put -- before a command that has options of its own: arw-home run -- <command>.";
  const general = problem.startsWith("unknown option") ? `${dashes} arw-home help lists ours.` : undefined;
  return usage(problem, guess ?? general);
}
