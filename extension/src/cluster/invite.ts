// An invite for one worker: the person chooses under which address it reaches this machine, the Home makes the rest.
import { networkInterfaces } from "node:os";
import * as vscode from "vscode";
import { METHODS, type ResultOf } from "#protocol/wire/client.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import { Dismissed } from "../commandRunner.ts";
import { confirm } from "../confirm.ts";
import type { Home } from "../home/home.ts";
import {
  type AddressKind,
  type ListenPlan,
  type ListenSettings,
  type Listening,
  listenPlan,
  rankAddresses,
} from "./addresses.ts";

export type Invite = ResultOf<"createInvite">;

/** Asks for the address and makes the invite. Throws Dismissed, or the Home's ArwError, such as a port that is taken. */
export async function inviteWorker(home: Home): Promise<Invite> {
  const current = await listening(home);
  const { nodes } = await home.call(METHODS.listNodes, {});
  const hasWorkers = nodes.some(({ local, state }) => !local && (state === "ready" || state === "unreachable"));
  const address = await pickAddress(current);
  const plan = listenPlan(current, hasWorkers, address, listenSettings());
  if (plan.widened) await confirmWidening(current?.host ?? "");
  return createInvite(home, plan);
}

export async function createInvite(home: Home, { addresses, listenHost, listenPort }: ListenPlan): Promise<Invite> {
  return home.call(METHODS.createInvite, {
    ...(listenHost === undefined ? {} : { listenHost }),
    ...(listenPort === undefined ? {} : { listenPort }),
    ...(addresses === undefined ? {} : { addresses }),
  });
}

/** Where the Home listens now; undefined where clustering is off. */
export async function listening(home: Home): Promise<Listening | undefined> {
  const { clustering } = await home.call(METHODS.hello, { v: PROTOCOL_VERSION, client: "editor" });
  return clustering.on ? { host: clustering.host, port: clustering.port } : undefined;
}

function listenSettings(): ListenSettings {
  const listenHost = vscode.workspace.getConfiguration("arw").get<string>("home.listenHost") ?? "";
  const listenPort = vscode.workspace.getConfiguration("arw").get<number>("home.listenPort") ?? 0;
  return { listenHost: listenHost.trim(), listenPort };
}

async function pickAddress(current: Listening | undefined): Promise<string> {
  const items = rankAddresses(networkInterfaces()).map(({ address, interfaceName, kind }) => ({
    label: address,
    description: vscode.l10n.t("{0} · {1}", kindText(kind), interfaceName),
    detail: whyText(kind),
    iconPath: new vscode.ThemeIcon(kind === "loopback" ? "home" : "radio-tower"),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Pair a Worker: Under Which Address Does the Other Machine Reach This One?"),
    placeHolder:
      current === undefined
        ? vscode.l10n.t("The Home listens there from then on; it listens nowhere now.")
        : vscode.l10n.t("The Home listens on {0} now.", current.host),
    ignoreFocusOut: true,
    matchOnDescription: true,
  });
  if (picked === undefined) throw new Dismissed();
  return picked.label;
}

async function confirmWidening(host: string): Promise<void> {
  await confirm({
    question: vscode.l10n.t("Listen on every address of this machine?"),
    detail: vscode.l10n.t(
      "Your workers reach this Home at {0}, and the new one cannot. To keep both, the Home listens on every address, at the same port. Only paired workers and unused invites get past its door.",
      host,
    ),
    button: vscode.l10n.t("Listen on Every Address"),
  });
}

function kindText(kind: AddressKind): string {
  switch (kind) {
    case "network":
      return vscode.l10n.t("local network");
    case "vpn":
      return vscode.l10n.t("VPN");
    case "public":
      return vscode.l10n.t("public address");
    case "virtual":
      return vscode.l10n.t("containers and virtual machines");
    case "link-local":
      return vscode.l10n.t("direct cable");
    case "loopback":
      return vscode.l10n.t("this machine only");
  }
}

function whyText(kind: AddressKind): string {
  switch (kind) {
    case "network":
      return vscode.l10n.t("Machines of the same network reach it. The usual choice.");
    case "vpn":
      return vscode.l10n.t("Machines of the same VPN reach it, wherever they are.");
    case "public":
      return vscode.l10n.t("Reachable from the internet, unless a firewall is in between.");
    case "virtual":
      return vscode.l10n.t("Only containers and virtual machines on this machine reach it.");
    case "link-local":
      return vscode.l10n.t("Only a machine on the same cable reaches it.");
    case "loopback":
      return vscode.l10n.t("No other machine reaches it: for a second worker here, or an SSH tunnel.");
  }
}
