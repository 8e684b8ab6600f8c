// How a node and what it can do look in the Nodes view: state as word, shape and colour first, then since when and why.
// It derives no permission: what a node may do is the Home's word.
import * as vscode from "vscode";
import type { EngineAdvert, Gpu, NodeCapabilities, NodeLoad, Sandbox } from "#protocol/node.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import type { LeaseView, NodeView } from "#protocol/wire/clientViews.ts";
import { agoText } from "./ago.ts";
import { dotted, type ItemIcon, type ItemLook, plainLabel, type TooltipLine } from "./itemLook.ts";
import type { Clock } from "./rowTree.ts";

/** Workers send a heartbeat every two seconds and count as lost after six. */
export const HEARTBEAT_AMBER_MS = 3_000;
export const HEARTBEAT_RED_MS = 5_000;

/** `readMs`: when the Home said this. Ages are counted to then, for nobody has looked since. */
export function nodeLook(node: NodeView, readMs: number): ItemLook {
  const { compareWords, keyWords, local, nodeId, state } = node;
  const name = nodeName(node);
  const tooltip: readonly TooltipLine[] = [
    [name, stateWord(node)],
    [vscode.l10n.t("Since"), agoText(node.since, readMs, vscode.env.language)],
    [vscode.l10n.t("Why"), node.reason],
    ...(local ? [] : [[vscode.l10n.t("Key"), keyWords.join(" ")] as const]),
    ...(compareWords === undefined
      ? []
      : [[vscode.l10n.t("Compare these words with the other screen"), compareWords.join(" ")] as const]),
    ...(node.lastHeardAt === undefined
      ? []
      : [[vscode.l10n.t("Last heard"), agoText(node.lastHeardAt, readMs, vscode.env.language)] as const]),
  ];
  return {
    id: `node/${nodeId}`,
    label: name,
    description: nodeDescription(node, readMs),
    icon: nodeIcon(node, readMs),
    tooltip,
    contextValue: ["node", state, ...(local ? ["local"] : isPractice(node) ? ["practice"] : [])].join("."),
    children: state === "pending" || state === "revoked" ? "none" : "closed",
  };
}

export function nodeName({ local, name }: Pick<NodeView, "local" | "name">): string {
  return local ? vscode.l10n.t("This machine") : plainLabel(name);
}

/** The second worker on this machine. Its name is given by us, and a worker that takes it gains nothing. */
function isPractice({ name }: NodeView): boolean {
  return name === "practice";
}

function stateWord({ state }: NodeView): string {
  switch (state) {
    case "pending":
      return vscode.l10n.t("waits for you");
    case "ready":
      return vscode.l10n.t("ready");
    case "unreachable":
      return vscode.l10n.t("unreachable");
    case "revoked":
      return vscode.l10n.t("revoked");
  }
}

function nodeDescription(node: NodeView, readMs: number): string {
  const { compareWords, local, running, since, state } = node;
  const word = stateWord(node);
  switch (state) {
    case "pending":
      return dotted(word, compareWords?.join(" "));
    case "revoked":
    case "unreachable":
      return dotted(word, agoText(since, readMs, vscode.env.language), plainLabel(node.reason));
    case "ready": {
      const late = !local && heartbeatAgeMs(node, readMs) >= HEARTBEAT_AMBER_MS;
      return dotted(
        word,
        late && node.lastHeardAt !== undefined
          ? vscode.l10n.t("last heard {0}", agoText(node.lastHeardAt, readMs, vscode.env.language))
          : undefined,
        running > 0 ? vscode.l10n.t("{0} running", running) : undefined,
        ...modelEngines(node.capabilities),
      );
    }
  }
}

function nodeIcon(node: NodeView, readMs: number): ItemIcon {
  const shape = node.local ? "home" : "server";
  switch (node.state) {
    case "pending":
      return { shape: "bell-dot", color: "attention" };
    case "revoked":
      return { shape: "circle-slash", color: "quiet" };
    case "unreachable":
      return { shape: "debug-disconnect", color: "bad" };
    case "ready": {
      const ageMs = node.local ? 0 : heartbeatAgeMs(node, readMs);
      if (ageMs >= HEARTBEAT_RED_MS) return { shape: "error", color: "bad" };
      if (ageMs >= HEARTBEAT_AMBER_MS) return { shape: "warning", color: "attention" };
      return { shape, color: "good" };
    }
  }
}

function heartbeatAgeMs({ lastHeardAt }: NodeView, readMs: number): number {
  return lastHeardAt === undefined ? 0 : readMs - lastHeardAt;
}

function modelEngines(capabilities: NodeCapabilities | undefined): readonly string[] {
  const engines = capabilities?.engines ?? [];
  return engines.filter(({ kind, state }) => kind !== "command" && state === "ready").map(({ kind }) => kind);
}

/** The rows below a node: engines, machine, sandbox, key and load. */
export function nodeFactLooks(node: NodeView): readonly ItemLook[] {
  const { capabilities, keyWords, load, local, nodeId } = node;
  const fact = (key: string, shape: string, label: string, description: string): ItemLook => ({
    id: `node/${nodeId}/${key}`,
    label,
    description: plainLabel(description),
    icon: { shape },
    tooltip: [[label, description]],
    children: "none",
  });
  return [
    ...(capabilities?.engines ?? []).map((engine) => engineLook(nodeId, engine)),
    ...(capabilities === undefined
      ? []
      : [
          fact("machine", "circuit-board", vscode.l10n.t("Machine"), machineText(capabilities)),
          ...(capabilities.gpus.length === 0
            ? []
            : [fact("gpu", "chip", vscode.l10n.t("GPU"), capabilities.gpus.map(gpuText).join(", "))]),
          fact("sandbox", "shield", vscode.l10n.t("Sandbox"), sandboxText(capabilities.sandbox)),
        ]),
    ...(load === undefined ? [] : [fact("load", "dashboard", vscode.l10n.t("Load"), loadText(load))]),
    ...(local ? [] : [fact("key", "key", vscode.l10n.t("Key"), keyWords.join(" "))]),
  ];
}

function engineLook(nodeId: string, engine: EngineAdvert): ItemLook {
  const id = `node/${nodeId}/engine/${engine.kind}`;
  const label = engine.kind === "command" ? vscode.l10n.t("Commands") : engine.kind;
  if (engine.state === "absent") {
    const description = vscode.l10n.t("absent: {0}", plainLabel(engine.reason));
    return {
      id,
      label,
      description,
      icon: { shape: "circle-slash", color: "quiet" },
      tooltip: [
        [label, description],
        [vscode.l10n.t("What helps"), engine.advice],
      ],
      children: "none",
    };
  }
  const models =
    engine.kind === "command"
      ? []
      : engine.models.map(({ demo, name }) => (demo ? vscode.l10n.t("{0} (demo model)", name) : name));
  const description = dotted(vscode.l10n.t("ready"), plainLabel(models.join(", ")));
  return {
    id,
    label,
    description,
    icon: { shape: engine.kind === "command" ? "terminal" : "sparkle", color: "good" },
    tooltip: [[label, vscode.l10n.t("ready")], ...models],
    children: "none",
  };
}

function machineText({ architecture, cpuCount, cpuModel, memoryBytes, os, slots }: NodeCapabilities): string {
  return dotted(
    `${os} ${architecture}`,
    vscode.l10n.t("cores: {0}", cpuCount),
    vscode.l10n.t("{0} memory", amountsIn(vscode.env.language).bytes(memoryBytes)),
    vscode.l10n.t("jobs at once: {0}", slots),
    cpuModel,
  );
}

function gpuText({ memoryBytes, name }: Gpu): string {
  return memoryBytes === undefined ? name : `${name} ${amountsIn(vscode.env.language).bytes(memoryBytes)}`;
}

function sandboxText(sandbox: Sandbox): string {
  switch (sandbox.kind) {
    case "none":
      return vscode.l10n.t("none: {0}", sandbox.reason);
    case "bubblewrap":
      // The names of the rules are the node's own words, as in the timeline.
      return `${sandbox.kind} ${sandbox.version}: ${sandbox.enforces.join(", ")}`;
  }
}

function loadText({ diskFreeBytes, load1Milli, memoryFreeBytes, running }: NodeLoad): string {
  const { language } = vscode.env;
  return dotted(
    vscode.l10n.t("{0} running", running),
    vscode.l10n.t("load {0}", new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(load1Milli / 1_000)),
    vscode.l10n.t("{0} memory free", amountsIn(language).bytes(memoryFreeBytes)),
    diskFreeBytes === undefined ? undefined : vscode.l10n.t("{0} disk free", amountsIn(language).bytes(diskFreeBytes)),
  );
}

/** A lease that lets something leave for this node without a question. Its time is counted from when it was read. */
export function leaseLook(view: LeaseView, { readMs, nowMs }: Clock): ItemLook {
  const { language } = vscode.env;
  const { bytesLeft, inUse, lease, state, usesLeft } = view;
  const scope =
    lease.scope.kind !== "scoped" ? vscode.l10n.t("this job only") : plainLabel(lease.scope.paths.join(", "));
  // A clock that was set back in between adds nothing.
  const remainingMs = Math.max(0, view.remainingMs - Math.max(0, nowMs - readMs));
  const minutesLeft = Math.ceil(remainingMs / 60_000);
  return {
    id: `lease/${lease.leaseId}`,
    label: vscode.l10n.t("Lease: {0}", scope),
    description: dotted(
      vscode.l10n.t("uses left: {0}", usesLeft),
      amountsIn(language).bytes(bytesLeft),
      vscode.l10n.t("{0} min left", minutesLeft),
    ),
    icon: { shape: "key", color: inUse > 0 ? "busy" : "attention" },
    tooltip: [
      [vscode.l10n.t("Lease"), lease.leaseId],
      [vscode.l10n.t("For"), view.node],
      [vscode.l10n.t("Covers"), scope],
      [vscode.l10n.t("Attempts under it now"), String(inUse)],
      [vscode.l10n.t("Why"), lease.reason],
    ],
    contextValue: `lease.${state}`,
    children: "none",
  };
}
