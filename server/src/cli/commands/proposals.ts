// arw-home proposal show, apply: the files that a job changed, as a diff, and the one way they get into the workspace.
// It must never write into the workspace itself: the Home applies, after the owner said yes to this proposal's digest.
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { proposalId } from "#protocol/ids.ts";
import { plainLines } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { ProposalView } from "#protocol/wire/clientViews.ts";
import { type WorkspacePath, workspacePathSchema } from "#protocol/workspacePath.ts";
import { type Bind, collect, readOptions, readWord } from "../commandLine.ts";
import { proposalDiff } from "../proposalDiff.ts";
import { countText } from "../render/amounts.ts";
import { proposalLines } from "../render/views.ts";

interface ApplyOptions {
  readonly file: readonly WorkspacePath[];
  readonly yes?: boolean | undefined;
}
const applySchema: z.ZodType<ApplyOptions> = z.looseObject({
  file: z.array(workspacePathSchema),
  yes: z.boolean().optional(),
});

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
    .option("--file <path>", "only this file; the rest stays proposed (repeatable)", collect, [])
    .option("-y, --yes", "without being asked");
  bind(apply, async (session, [word], raw) => {
    const id = readWord(proposalId.schema, word, "proposal");
    const { terminal } = session;
    const home = await session.home();
    const view = await home.call(METHODS.showProposal, { proposalId: id });
    await terminal.say(...proposalLines(view, terminal.errorStyle));
    const { file: paths, yes = false } = readOptions(applySchema, raw);
    if (view.proposal.changes.length === 0) {
      await terminal.say("None of its files could be taken, so there is nothing to write.");
      return;
    }
    if (!yes && !terminal.canAsk) {
      throw new ArwError("approval-needed", "Nobody is here to approve these edits.", "Run it again with --yes.");
    }
    if (
      !yes &&
      !(await terminal.confirm(`Write ${countText(changesToWrite(view, paths), "change")} into the workspace?`))
    ) {
      await terminal.say("Nothing was written.");
      return;
    }
    const { files } = await home.call(METHODS.applyProposal, {
      proposalId: id,
      digest: view.digest,
      ...(paths.length === 0 ? {} : { paths }),
    });
    await terminal.emit("proposal-applied", { proposalId: id, files });
    await terminal.print([`Wrote ${countText(files, "file")}.`]);
  });
}

function changesToWrite({ appliedPaths = [], proposal }: ProposalView, paths: readonly string[]): number {
  const left = proposal.changes.filter(({ path }) => !appliedPaths.includes(path));
  return paths.length === 0 ? left.length : left.filter(({ path }) => paths.some((chosen) => chosen === path)).length;
}
