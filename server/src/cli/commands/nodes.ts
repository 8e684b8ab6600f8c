// arw-home invite, nodes, revoke, clustering on, off: which machines may help.
// It must never approve a node whose four words nobody compared, unless --yes says so out loud.
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { sequence } from "#protocol/quantities.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import { type Bind, collect, readOptions, usage } from "../commandLine.ts";
import { listenForInterrupts } from "../episodeFlow.ts";
import { EXIT_CANCELLED } from "../exitCodes.ts";
import type { HomeClient } from "../homeClient.ts";
import { timeText } from "../render/amounts.ts";
import { nodeLines } from "../render/views.ts";
import type { CliSession } from "../session.ts";
import { followTimeline } from "../timelineFollower.ts";
import { pausedText } from "./offloads.ts";

interface InviteOptions {
  readonly listen?: string | undefined;
  readonly address: readonly string[];
  readonly wait?: boolean | undefined;
  readonly yes?: boolean | undefined;
}
const inviteOptionsSchema: z.ZodType<InviteOptions> = z.looseObject({
  listen: z.string().optional(),
  address: z.array(z.string()),
  wait: z.boolean().optional(),
  yes: z.boolean().optional(),
});
const reasonSchema: z.ZodType<{ readonly reason?: string | undefined }> = z.looseObject({
  reason: z.string().max(1_024).optional(),
});

export function addNodeCommands(program: Command, bind: Bind): void {
  addInvite(program, bind);
  addNodes(program, bind);
  const revoke = program
    .command("revoke <node>")
    .description("end a node's membership at once: its link is cut, its leases end")
    .option("--reason <text>", "for the journal");
  bind(revoke, async (session, [word = ""], raw) => {
    const node = await session.node(word);
    const reason = readOptions(reasonSchema, raw).reason ?? "revoked at the terminal";
    await (await session.home()).call(METHODS.revokeNode, { nodeId: node.nodeId, reason });
    await session.terminal.emit("node-revoked", { nodeId: node.nodeId, reason });
    await session.terminal.print([`Revoked ${plainText(node.name)}. It gets nothing more from this workspace.`]);
  });
  const clustering = program.command("clustering").description("whether other machines can reach this Home");
  const on = clustering
    .command("on")
    .description("let the workers that are enrolled reach this Home again, where they did");
  bind(on, async (session) => {
    const listening = await (await session.home()).call(METHODS.turnClusteringOn, {});
    await session.terminal.emit("clustering-on", { ...listening });
    const { host, port } = listening;
    await session.terminal.print([`Clustering is on at ${host}:${port}. Workers come back by themselves.`]);
  });
  const off = clustering.command("off").description("close every listener and link; work goes on locally");
  bind(off, async (session) => {
    await (await session.home()).call(METHODS.turnClusteringOff, {});
    await session.terminal.emit("clustering-off", {});
    await session.terminal.print([
      "Clustering is off. The rest works as before. arw-home clustering on turns it on again.",
    ]);
  });
}

/** Why no other machine can help, where the owner wants that they can. */
function blockedLines(reason: string | undefined): readonly string[] {
  return reason === undefined ? [] : ["", reason];
}

function addNodes(program: Command, bind: Bind): void {
  const nodes = program.command("nodes").description("list the nodes of this workspace and their state");
  bind(nodes, async (session) => {
    const home = await session.home();
    const { nodes: views } = await home.call(METHODS.listNodes, {});
    const { clustering, offloadsPaused: paused } = home.hello;
    const blocked = clustering.on ? undefined : clustering.reason;
    for (const node of views) await session.terminal.emit("node", { node });
    if (blocked !== undefined) await session.terminal.emit("clustering-blocked", { reason: blocked });
    if (paused !== undefined) await session.terminal.emit("offloads-paused", { ...paused });
    await session.terminal.print([
      ...nodeLines(views, session.terminal.style),
      ...blockedLines(blocked),
      ...blockedLines(paused === undefined ? undefined : pausedText(paused)),
    ]);
  });
  const yes = ["-y, --yes", "without being asked"] as const;
  const approve = nodes
    .command("approve <node>")
    .description("admit a node whose four words match")
    .option(...yes);
  bind(approve, async (session, [word = ""], raw) => {
    const node = await session.node(word);
    await admit(session, await session.home(), node, readOptions(inviteYesSchema, raw).yes === true);
  });
  const refuse = nodes
    .command("refuse <node>")
    .description("turn a waiting node away")
    .option("--reason <text>", "why");
  bind(refuse, async (session, [word = ""], raw) => {
    const node = await session.node(word);
    const reason = readOptions(reasonSchema, raw).reason ?? "refused at the terminal";
    await turnAway(session, await session.home(), node, reason);
  });
}
const inviteYesSchema: z.ZodType<{ readonly yes?: boolean | undefined }> = z.looseObject({
  yes: z.boolean().optional(),
});

function addInvite(program: Command, bind: Bind): void {
  const invite = program
    .command("invite")
    .description("make a one-time invite for a worker, and admit the worker that uses it")
    .option("--listen <host:port>", "where this Home listens (default: where it did last, else for this machine only)")
    .option(
      "--address <host:port>",
      "where the worker reaches it (repeatable; default: this machine's addresses)",
      collect,
      [],
    )
    .option("--wait", "wait for the worker (the default on a terminal)")
    .option("--no-wait", "only print the invite")
    .option("-y, --yes", "admit the first worker that uses the invite without being asked");
  bind(invite, async (session, _words, raw) => {
    const { address, listen, wait, yes } = readOptions(inviteOptionsSchema, raw);
    const { terminal } = session;
    const home = await session.home();
    const invitation = await home.call(METHODS.createInvite, {
      ...(listen === undefined ? {} : listenAddress(listen)),
      ...(address.length === 0 ? {} : { addresses: address }),
    });
    const command = `arw-worker join ${invitation.text}`;
    await terminal.emit("invite", { invite: invitation, command });
    await terminal.say(
      `Type this on the other machine, once, before ${timeText(invitation.expiresAt)} (reaches ${invitation.addresses.join(", ")}):`,
    );
    await terminal.print([command]);
    if (wait ?? (!terminal.json || yes === true)) {
      return awaitWorker(session, home, invitation.expiresAt, yes === true);
    }
    return undefined;
  });
}

/** Waits for the next worker that asks to be admitted, and asks the owner. */
async function awaitWorker(session: CliSession, home: HomeClient, expiresAt: number, yes: boolean): Promise<number> {
  const { terminal } = session;
  await terminal.say(`Waiting for it; Ctrl-C stops waiting, the invite stays good.`);
  const over = new AbortController();
  let interrupted = false;
  using _interrupts = listenForInterrupts(session, () => {
    interrupted = true;
    over.abort();
  });
  const expiry = setTimeout(() => over.abort(), Math.max(0, expiresAt - Date.now()));
  try {
    const fromSequence = sequence(home.hello.lastSequence + 1);
    for await (const entry of followTimeline(home, { fromSequence }, over.signal)) {
      if (entry.kind !== "EnrolmentRequested") continue;
      const { nodes } = await home.call(METHODS.listNodes, {});
      const waiting = nodes.find(
        (node) => node.state === "pending" && (entry.where === undefined || node.nodeId === entry.where.nodeId),
      );
      if (waiting === undefined) continue;
      await admit(session, home, waiting, yes);
      return 0;
    }
  } finally {
    clearTimeout(expiry);
  }
  if (interrupted) return EXIT_CANCELLED;
  throw new ArwError("invite-expired", "Nobody used the invite before it expired.", "Make another: arw-home invite.");
}

/** Shows the four words and admits the node after a yes. Throws ArwError `approval-needed` where nobody can compare them. */
async function admit(session: CliSession, home: HomeClient, node: NodeView, yes: boolean): Promise<void> {
  const { terminal } = session;
  await terminal.emit("enrolment-requested", { nodeId: node.nodeId, name: node.name, compareWords: node.compareWords });
  const name = plainText(node.name);
  if (node.compareWords !== undefined) {
    await terminal.say(`${name} asks to join. The same four words must stand on its screen:`, "");
    await terminal.say(`    ${terminal.errorStyle.bold(plainText(node.compareWords.join(" ")))}`, "");
  }
  if (!yes && !terminal.canAsk) {
    throw new ArwError(
      "approval-needed",
      `${name} waits to be admitted, and nobody is here to compare the words.`,
      `Compare them, then: arw-home nodes approve ${node.nodeId} --yes (or nodes refuse).`,
    );
  }
  if (!yes && !(await terminal.confirm("Are they the same?"))) {
    await turnAway(session, home, node, "the words were not confirmed at the terminal");
    throw new ArwError(
      "enrolment-refused",
      `${name} was turned away.`,
      "If the words differed, somebody is in between.",
    );
  }
  await home.call(METHODS.approveNode, { nodeId: node.nodeId });
  await terminal.emit("node-approved", { nodeId: node.nodeId, name: node.name });
  await terminal.say(`${name} may help from now on. Try: arw-home run --on ${name} -- <command>`);
}

async function turnAway(session: CliSession, home: HomeClient, node: NodeView, reason: string): Promise<void> {
  await home.call(METHODS.refuseNode, { nodeId: node.nodeId, reason });
  await session.terminal.emit("node-refused", { nodeId: node.nodeId, reason });
  await session.terminal.say(`Turned ${plainText(node.name)} away.`);
}

function listenAddress(text: string): { readonly listenHost: string; readonly listenPort: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (host !== undefined && port <= 65_535) return { listenHost: host, listenPort: port };
  throw usage(`--listen ${text} is not host:port`, "Write for example --listen 0.0.0.0:7411 or --listen '[::]:7411'.");
}
