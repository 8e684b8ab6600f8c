// The sentences in which the worker's commands report: one a fact, in the words of the glossary.
// Nothing here decides anything.
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import type { CheckReport } from "../core/doctor/checks.ts";
import type { BudgetLine } from "../core/rules/dailyUse.ts";
import type { HeldLedger } from "../core/heldLedger.ts";
import type { IdleStatus, RulesStatus, WorkerStatus } from "../core/workerStatus.ts";
import type { EngineListing, InstalledEngine, WorkerChange } from "./workerActions.ts";

/** Undefined for what only `--json` and logs care about. */
export function changeSentence(change: WorkerChange): string | undefined {
  switch (change.kind) {
    case "running":
      return `Worker ${change.joined.name} (${change.joined.nodeId}) is running with ${change.slots} slots. Ctrl-C drains it, a second Ctrl-C stops it now.`;
    case "connected":
      return "Connected to the Home.";
    case "disconnected":
      return `Not connected any more: ${change.reason}. Dialling again.`;
    case "waiting":
      return `${change.error.message} Trying again for as long as it takes.\n  ${change.error.advice}`;
    case "draining":
      return change.running === 0
        ? "Leaving."
        : `Taking no more work; leaving when ${attempts(change.running)} ended. Once more stops now.`;
    case "stopping":
      return "Stopping now: every job is being ended.";
    case "log":
      return undefined;
  }
}

export function statusSentence(status: WorkerStatus | IdleStatus): string {
  if (status.state === "stopped") {
    return status.homeId === undefined
      ? `No worker runs, and this machine (${status.nodeId}) belongs to no Home. Join one with: arw-worker join <invite>`
      : [
          ...(status.alarm === undefined ? [] : [`ALARM: ${status.alarm}`]),
          `No worker runs. This machine is ${status.name ?? status.nodeId} in the Home ${status.homeId}. Start it with: arw-worker run`,
          ...rulesSentences(status.rules),
        ].join("\n");
  }
  const engines = status.engines.map((engine) => {
    if (engine.state === "absent") return `  ${engine.kind}: absent (${engine.reason}); fix: ${engine.advice}`;
    if (engine.kind === "command") return "  command: ready";
    const models = engine.models.map(({ name, demo }) => (demo ? `${name} (demo model)` : name));
    return `  llama: ready with ${models.join(", ") || "no model"}`;
  });
  const link = status.link === "connected" ? "connected to" : "dialling";
  const leaving = status.leaving ? ", leaving" : "";
  return [
    `Worker ${status.name} (${status.nodeId}) is ${link} the Home ${status.homeId}${leaving}.`,
    `  ${attempts(status.running)} running, ${status.slots} slots, process ${status.pid}, version ${status.version}`,
    ...(status.ledgerSize === undefined ? [] : [`  ledger: ${status.ledgerSize} entries, checked`]),
    ...engines,
    ...rulesSentences(status.rules),
  ].join("\n");
}

function rulesSentences(rules: RulesStatus): readonly string[] {
  switch (rules.state) {
    case "absent":
      return [];
    case "unreadable":
      return [`  rules: every job is refused, ${rules.path} cannot be read: ${rules.problem}`];
    case "read": {
      const left = rules.budget.map(({ name, limit, left: rest }) => `${rest} of ${limit} ${UNITS[name]}`);
      const budget = left.length === 0 ? "" : `; left today: ${left.join(", ")}`;
      return [`  rules: ${rules.rules} in ${rules.path}${budget}`];
    }
  }
}

const UNITS: Readonly<Record<BudgetLine["name"], string>> = {
  "daily.jobs": "jobs",
  "daily.busyMinutes": "busy minutes",
  "daily.bytes": "bytes",
};

export function attempts(count: number): string {
  return count === 1 ? "1 attempt" : `${count} attempts`;
}

const MARKS: Readonly<Record<CheckReport["state"], string>> = { ok: "✔", warn: "!", fail: "✖" };

export function findingSentence({ check, state, cause, fix }: CheckReport): string {
  const found = `${MARKS[state]} ${check.padEnd(13)} ${cause}`;
  return fix === undefined ? found : `${found}\n  ${" ".repeat(13)} fix: ${fix}`;
}

/** The checkpoint as it is, so that it can be kept as a file and given to `arw-home egress verify --checkpoint`. */
export function ledgerSentence({ seen, alarm, shown, path, receipts }: HeldLedger, accepted: boolean): string {
  if (accepted) return "Forgotten. The next connection begins with the Home's egress ledger as it is then.";
  if (seen === undefined && alarm === undefined) return "No egress ledger of this Home was seen yet.";
  const alarmed = alarm === undefined ? [] : [`ALARM: ${alarm.message}`, alarm.advice, `Evidence: ${path}`, ""];
  const held = seen === undefined ? [] : [seen.checkpoint];
  const evidence = shown === undefined ? [] : ["The Home then showed:", shown];
  const kept = receipts.count === 0 ? [] : ["", `Receipts that the Home took: ${receipts.count} in ${receipts.folder}`];
  return [...alarmed, ...held.map((note) => note.trimEnd()), ...evidence, ...kept].join("\n").trimEnd();
}

export function engineSentence(listing: EngineListing): string {
  if (listing.state === "absent") {
    const { engine, installed, reason, fix } = listing;
    const state = installed === undefined ? "absent" : `of no use here, though installed: ${buildOf(installed)}`;
    return `${engine}: ${state} (${reason}); fix: ${fix}`;
  }
  return listing.engine === "command" ? "command: ready" : `llama: ready, ${buildOf(listing)}`;
}

function buildOf({ version, gpu, folder, bytes }: InstalledEngine): string {
  const where = folder === "" ? "" : `, ${Math.round(bytes / 1024 ** 2)} MiB in ${folder}`;
  return `${version}, ${gpu} build${where}`;
}

/** A line of the log for a person; one that cannot be read is shown as it is. */
export function logSentence(line: string): string {
  const decoded = decodeJson(logLineSchema, line);
  if (!decoded.ok) return line;
  const { at, fact, ...detail } = decoded.value;
  const words = Object.entries(detail).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [at.replace("T", " ").replace(/\.\d+Z$/u, "Z"), fact, ...words].join("  ");
}

const logLineSchema = z.looseObject({ at: z.string(), fact: z.string() });
