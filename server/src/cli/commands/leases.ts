// arw-home leases, lease grant, lease revoke: what the owner has granted, what is left of it, and the way to take it back.
// It shows what the Home says is left; it works nothing out itself.
import type { Command } from "commander";
import * as z from "zod";
import { leaseId } from "#protocol/ids.ts";
import type { JobKind } from "#protocol/job.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type Bind, readOptions, readWord } from "../commandLine.ts";
import { leaseWish, termsAlone } from "../leaseTerms.ts";
import { leaseLines } from "../render/leaseLines.ts";

const allSchema: z.ZodType<{ readonly all?: boolean | undefined }> = z.looseObject({ all: z.boolean().optional() });
const reasonSchema: z.ZodType<{ readonly reason?: string | undefined }> = z.looseObject({
  reason: z.string().max(1_024).optional(),
});
const grantSchema: z.ZodType<{ readonly for: JobKind; readonly reason?: string | undefined }> = z.looseObject({
  for: z.enum(["command", "ask"]),
  reason: z.string().max(1_024).optional(),
});

export function addLeaseCommands(program: Command, bind: Bind): void {
  const leases = program
    .command("leases")
    .description("what may leave without a question, to which node, and how much of it is left")
    .option("--all", "those that are spent, revoked or over as well, and once leases");
  bind(leases, async (session, _words, raw) => {
    const { terminal } = session;
    const { epoch, leases: all } = await (await session.home()).call(METHODS.listLeases, {});
    const shown = readOptions(allSchema, raw).all === true;
    const chosen = all.filter(({ lease, state }) => shown || (state === "live" && lease.scope.kind === "scoped"));
    for (const view of chosen) await terminal.emit("lease", { epoch, lease: view });
    await terminal.print(leaseLines(chosen, terminal.style));
  });
  const lease = program.command("lease").description("grant or revoke a lease");
  const revoke = lease
    .command("revoke <lease>")
    .description("end a lease at once: nothing more is sent under it, and what runs under it is cancelled")
    .option("--reason <text>", "for the journal");
  bind(revoke, async (session, [word], raw) => {
    const id = readWord(leaseId.schema, word, "lease");
    const reason = readOptions(reasonSchema, raw).reason ?? "revoked at the terminal";
    await (await session.home()).call(METHODS.revokeLease, { leaseId: id, reason });
    await session.terminal.emit("lease-revoked", { leaseId: id, reason });
    await session.terminal.print([`Revoked ${id}. Nothing more leaves under it.`]);
  });
  const grant = lease
    .command("grant <node> <terms>")
    .description("let jobs go to a node without a question; terms as of --lease, e.g. uses=5,minutes=60,bytes=5MB")
    .requiredOption("--for <kind>", "the kind of job: command or ask")
    .option("--reason <text>", "for the journal");
  bind(grant, async (session, [name = "", text = ""], raw) => {
    const options = readOptions(grantSchema, raw);
    const terms = termsAlone(leaseWish(text));
    const node = await session.node(name);
    const reason = options.reason ?? "granted at the terminal";
    const params = { nodeId: node.nodeId, job: options.for, terms, reason };
    const granted = await (await session.home()).call(METHODS.grantLease, params);
    await session.terminal.emit("lease-granted", { ...granted, ...params });
    await session.terminal.print([
      `Granted ${granted.leaseId} for ${plainText(node.name)}. See it: arw-home leases. Take it back: arw-home lease revoke.`,
    ]);
  });
}
