// The commands that look after a machine: doctor, drain, logs, engines and service.
// Long work says how far it is, and Ctrl-C ends it with a word; nothing here decides what the actions can decide.
import { type Command, InvalidArgumentError } from "commander";
import { ArwError } from "#protocol/errors.ts";
import type { CheckReport } from "../core/doctor/checks.ts";
import type { EngineGpu } from "../core/engine.ts";
import type { Output } from "./output.ts";
import { type RunFlags, withRunFlags, wholeNumber } from "./runFlags.ts";
import { attempts, engineSentence, findingSentence, ledgerSentence, logSentence } from "./sentences.ts";
import type { ServiceOptions, WorkerActions } from "./workerActions.ts";

const LINES_USUAL = 50;
const LINES_MAX = 100_000;
const MODES: readonly EngineGpu[] = ["cpu", "cuda", "vulkan"];

type AddCommand = (words: string, description: string) => Command;

export function addMachineCommands(command: AddCommand, actions: WorkerActions, output: Output): void {
  command("doctor", "look whether this machine can do its work, and say what to mend").action(() =>
    cancellable((signal) => doctor(actions, output, signal)),
  );
  command("drain", "let the running worker end its jobs and leave").action(() =>
    cancellable((signal) => drain(actions, output, signal)),
  );
  command("logs", "show what the worker noted")
    .option("--follow", "go on with what it notes next")
    .option("--lines <number>", "how many of the last lines", (text) => wholeNumber(text, LINES_MAX), LINES_USUAL)
    .action(({ follow, lines }: { readonly follow?: boolean; readonly lines: number }) =>
      logs(actions, output, lines, follow === true),
    );
  command("ledger", "show what this worker saw of its Home's egress ledger: a checkpoint, as evidence")
    .option("--accept", "forget it, and take the ledger as it is now; ends an alarm")
    .action(({ accept }: { readonly accept?: boolean }) => ledger(actions, output, accept === true));
  addEngineCommands(command("engines", "list, add or remove engines"), actions, output);
  addServiceCommands(command("service", "keep the worker running with systemd"), actions, output);
}

async function doctor(actions: WorkerActions, output: Output, signal: AbortSignal): Promise<void> {
  const reports = await actions.doctor(signal);
  for (const report of reports) output.say(findingSentence(report), { kind: "check", ...report });
  const count = (state: CheckReport["state"]): number => reports.filter((report) => report.state === state).length;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed === 0) {
    const sentence = warned === 0 ? "This machine is ready." : `This machine works; ${warned} to look at.`;
    return output.say(sentence, { kind: "doctor", failed, warned });
  }
  output.say("", { kind: "doctor", failed, warned });
  const names = reports.flatMap(({ state, check }) => (state === "fail" ? [check] : []));
  throw new ArwError(
    "doctor-failed",
    `${failed} of ${reports.length} checks failed: ${names.join(", ")}.`,
    "Do what stands beside each of them, then: arw-worker doctor",
  );
}

async function ledger(actions: WorkerActions, output: Output, accept: boolean): Promise<void> {
  const { alarm, ...held } = await actions.ledger(accept);
  output.say(ledgerSentence({ ...held, ...(alarm === undefined ? {} : { alarm }) }, accept), {
    kind: "ledger",
    ...held,
    ...(alarm === undefined ? {} : { alarm: { code: alarm.code, message: alarm.message, advice: alarm.advice } }),
  });
}

async function drain(actions: WorkerActions, output: Output, signal: AbortSignal): Promise<void> {
  await actions.drain((running) => {
    const sentence = running === 0 ? "Nothing runs any more." : `${attempts(running)} still running …`;
    output.say(sentence, { kind: "draining", running });
  }, signal);
  output.say("The worker has left.", { kind: "left" });
}

async function logs(actions: WorkerActions, output: Output, lines: number, follow: boolean): Promise<void> {
  const ended = new AbortController();
  // The usual end of following is no error.
  const end = (): void => ended.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  process.stdout.once("error", end);
  try {
    await actions.logs(lines, follow, (line) => output.line(logSentence(line), line), ended.signal);
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}

function addEngineCommands(engines: Command, actions: WorkerActions, output: Output): void {
  const { engines: own } = actions;
  engines
    .command("list")
    .description("say which engines this machine has")
    .exitOverride()
    .action(() =>
      cancellable(async (signal) => {
        for (const listing of await own.list(signal)) {
          output.say(engineSentence(listing), { kind: "engine", ...listing });
        }
      }),
    );
  engines
    .command("add <engine>")
    .description("install an engine for this user: llama")
    .option("--gpu <build>", "the build to install: cpu, cuda or vulkan", buildOf, "cpu")
    .exitOverride()
    .action((engine: string, { gpu }: { readonly gpu: EngineGpu }) =>
      cancellable(async (signal) => {
        requireLlama(engine);
        const folder = await own.addLlama(gpu, (line) => output.say(line, { kind: "progress", line }), signal);
        const sentence = `The llama engine is installed in ${folder}. A worker that runs offers it when it connects next.`;
        output.say(sentence, { kind: "engine-added", engine, gpu, folder });
      }),
    );
  engines
    .command("remove <engine>")
    .description("remove an engine that was added")
    .exitOverride()
    .action(async (engine: string) => {
      requireLlama(engine);
      const { wasThere, filesStay } = await own.removeLlama();
      const removed = wasThere ? "The llama engine is removed." : "No llama engine was installed here.";
      const later = filesStay ? " A program still has it loaded: its files go with the next add, remove or start." : "";
      output.say(`${removed}${later}`, { kind: "engine-removed", engine, wasThere, filesStay });
    });
}

interface ServiceFlags {
  readonly user?: boolean;
}

function addServiceCommands(service: Command, actions: WorkerActions, output: Output): void {
  const { service: own } = actions;
  const verb = (words: string, description: string): Command =>
    service
      .command(words)
      .description(description)
      .exitOverride()
      .option("--user", "a service of this user, also as root");
  const onStep = (step: string): void => output.say(`  ${step}`, { kind: "step", step });

  withRunFlags(verb("install", "start the worker with this machine or user, now and from now on"))
    .option("--dry-run", "only print the unit")
    .action(async (flags: RunFlags & ServiceFlags & { readonly dryRun?: boolean }) => {
      const { slots } = flags;
      const options: ServiceOptions = { slots, unsandboxed: flags.unsandboxed === true, user: flags.user === true };
      const { path, text } = await own.plan(options);
      if (flags.dryRun === true) return output.say(`# ${path}\n${text.trimEnd()}`, { kind: "unit", path, text });
      await own.install(options, onStep);
      output.say("The worker runs as a service. Look: arw-worker service status", { kind: "service-installed", path });
    });
  verb("uninstall", "stop the service once its jobs have ended, and remove it").action(async (flags: ServiceFlags) => {
    const wasThere = await own.uninstall({ user: flags.user === true }, onStep);
    const sentence = wasThere
      ? "The service is removed; the worker still belongs to its Home."
      : "There is no service here.";
    output.say(sentence, { kind: "service-removed", wasThere });
  });
  verb("status", "say whether the service is installed and runs").action(async (flags: ServiceFlags) => {
    const status = await own.status({ user: flags.user === true });
    const sentence = status.installed
      ? `The service ${status.path} is ${status.active}, and ${status.enabled} for the next start.`
      : "No service is installed. Install it with: arw-worker service install";
    output.say(sentence, { kind: "service", ...status });
  });
}

/** Ctrl-C ends the work with a word of its own. */
async function cancellable(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const cancelled = new AbortController();
  const cancel = (): void => cancelled.abort(new ArwError("cancelled", "It was cancelled.", "Try again."));
  process.once("SIGINT", cancel).once("SIGTERM", cancel);
  try {
    await work(cancelled.signal);
  } finally {
    process.off("SIGINT", cancel).off("SIGTERM", cancel);
  }
}

function requireLlama(engine: string): void {
  if (engine === "llama") return;
  throw new ArwError("usage", `There is no engine "${engine}" to add or remove.`, "The one there is: llama");
}

function buildOf(text: string): EngineGpu {
  const build = MODES.find((mode) => mode === text);
  if (build !== undefined) return build;
  throw new InvalidArgumentError(`It must be one of ${MODES.join(", ")}.`);
}
