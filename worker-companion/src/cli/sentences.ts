// The sentences in which the worker's commands report: one a fact, in the words of the glossary.
// Nothing here decides anything.
import type { IdleStatus, WorkerStatus } from "../core/workerStatus.ts";
import type { WorkerChange } from "./workerActions.ts";

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
      : `No worker runs. This machine is ${status.name ?? status.nodeId} in the Home ${status.homeId}. Start it with: arw-worker run`;
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
    ...engines,
  ].join("\n");
}

function attempts(count: number): string {
  return count === 1 ? "1 attempt" : `${count} attempts`;
}
