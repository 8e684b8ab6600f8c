// arw-home proposal show, apply: the files that a job changed, as a diff, and the one way they get into the workspace.
// It must never write into the workspace itself: the Home applies, after the owner said yes to this proposal's digest.
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { proposalId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type Bind, readOptions, readWord } from "../commandLine.ts";
import { proposalDiff } from "../proposalDiff.ts";
import { countText } from "../render/amounts.ts";
import { plainLines } from "../render/style.ts";
import { proposalLines } from "../render/views.ts";

const yesSchema: z.ZodType<{ readonly yes?: boolean | undefined }> = z.looseObject({ yes: z.boolean().optional() });

export function addProposalCommands(program: Command, bind: Bind): void {
  const proposal = program.command("proposal").description("files that a job changed; nothing is written by itself");
  bind(proposal.command("show <proposal>").description("list the changes, and their diff"), async (session, [word]) => {
    const id = readWord(proposalId.schema, word, "proposal");
    const home = await session.home();
    const view = await home.call(METHODS.showProposal, { proposalId: id });
    await session.terminal.emit("proposal", { proposal: view });
    if (session.terminal.json) return;
    await session.terminal.print(proposalLines(view, session.terminal.style));
    const { folder } = await session.workspace();
    await session.terminal.print(["", plainLines(await proposalDiff(home, view, folder))]);
  });
  const apply = proposal
    .command("apply <proposal>")
    .description("write the changes into the workspace")
    .option("-y, --yes", "without being asked");
  bind(apply, async (session, [word], raw) => {
    const id = readWord(proposalId.schema, word, "proposal");
    const { terminal } = session;
    const home = await session.home();
    const view = await home.call(METHODS.showProposal, { proposalId: id });
    await terminal.say(...proposalLines(view, terminal.errorStyle));
    if (view.proposal.changes.length === 0) {
      await terminal.say("None of its files could be taken, so there is nothing to write.");
      return;
    }
    const yes = readOptions(yesSchema, raw).yes === true;
    if (!yes && !terminal.canAsk) {
      throw new ArwError("approval-needed", "Nobody is here to approve these edits.", "Run it again with --yes.");
    }
    if (
      !yes &&
      !(await terminal.confirm(`Write ${countText(view.proposal.changes.length, "change")} into the workspace?`))
    ) {
      await terminal.say("Nothing was written.");
      return;
    }
    const { files } = await home.call(METHODS.applyProposal, { proposalId: id, digest: view.digest });
    await terminal.emit("proposal-applied", { proposalId: id, files });
    await terminal.print([`Wrote ${countText(files, "file")}.`]);
  });
}
