// arw-home staged list, show, approve, reject, revise, withdraw, batch: what waits for the owner, and the owner's answers.
// Nothing is approved that was not shown: the digest of what was printed is what is sent.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { type StagedId, stagedId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { pagesOf } from "#protocol/wire/listPage.ts";
import {
  type NewContent,
  STAGED_EDIT_BYTES_MAX,
  type StagedChange,
  type StagedResult,
  type StagedView,
  type WaitingView,
} from "#protocol/wire/stagingViews.ts";
import { workspacePathSchema, type WorkspacePath } from "#protocol/workspacePath.ts";
import { type Bind, collect, readOptions, readWord, usage } from "../commandLine.ts";
import { exitCodeOf } from "../exitCodes.ts";
import { leaseWish, termsAlone } from "../leaseTerms.ts";
import { confirmText, preflightLines, resultLine, stagedLines, waitingLines } from "../render/stagedLines.ts";
import type { CliSession } from "../session.ts";

const allSchema: z.ZodType<{ readonly all?: boolean | undefined }> = z.looseObject({ all: z.boolean().optional() });
const yesSchema: z.ZodType<{ readonly yes?: boolean | undefined }> = z.looseObject({ yes: z.boolean().optional() });
const reasonSchema: z.ZodType<{ readonly reason?: string | undefined }> = z.looseObject({
  reason: z.string().max(1_024).optional(),
});
interface ReviseOptions {
  readonly file: readonly string[];
  readonly glob: readonly string[];
  readonly lease?: string | undefined;
  readonly policy?: string | undefined;
}
const reviseSchema: z.ZodType<ReviseOptions> = z.looseObject({
  file: z.array(z.string()),
  glob: z.array(z.string()),
  lease: z.string().optional(),
  policy: z.string().optional(),
});

export function addStagedCommands(program: Command, bind: Bind): void {
  const staged = program
    .command("staged")
    .description("actions that wait for the owner; nothing of them is done before");
  const list = staged
    .command("list")
    .description("what waits, previews of sends included, the oldest first")
    .option("--all", "those of late that were decided as well");
  bind(list, async (session, _words, raw) => {
    const decided = readOptions(allSchema, raw).all === true;
    const home = await session.home();
    const items: WaitingView[] = [];
    for await (const page of pagesOf((of) => home.call(METHODS.listStaged, { decided, ...of })))
      items.push(...page.items);
    for (const item of items) await session.terminal.emit("waiting", { item });
    await session.terminal.print(waitingLines(items, Date.now(), session.terminal.style));
  });
  bind(
    staged.command("show <staged>").description("all of one, and whether it could still be done"),
    async (session, [word]) => {
      const [view] = await shown(session, [readWord(stagedId.schema, word, "staged action")]);
      if (view === undefined) return;
      await session.terminal.emit("staged", { staged: view });
      await session.terminal.print(stagedLines(view, Date.now(), session.terminal.style));
    },
  );
  const approve = staged
    .command("approve <staged>")
    .description("do exactly what is shown, once")
    .option("-y, --yes", "without being asked");
  bind(approve, async (session, [word], raw) => {
    const views = await shown(session, [readWord(stagedId.schema, word, "staged action")]);
    for (const view of views) await session.terminal.say(...stagedLines(view, Date.now(), session.terminal.errorStyle));
    return approveShown(session, views, readOptions(yesSchema, raw).yes === true);
  });
  const batch = staged
    .command("batch <staged...>")
    .description("look at several of one kind in a table, then do them one after the other")
    .option("-y, --yes", "without being asked");
  bind(batch, async (session, words, raw) => {
    const ids = words.map((word) => readWord(stagedId.schema, word, "staged action"));
    const views = await shown(session, ids);
    await session.terminal.say(...preflightLines(views, session.terminal.errorStyle));
    return approveShown(session, views, readOptions(yesSchema, raw).yes === true);
  });
  addAnswers(staged, bind);
}

function addAnswers(staged: Command, bind: Bind): void {
  const reject = staged
    .command("reject <staged>")
    .description("do not do it")
    .option("--reason <text>", "for whoever asked");
  bind(reject, async (session, [word], raw) => {
    const [view] = await shown(session, [readWord(stagedId.schema, word, "staged action")]);
    if (view === undefined) return;
    const { digest, stagedId: id } = view;
    const reason = readOptions(reasonSchema, raw).reason ?? "";
    await (await session.home()).call(METHODS.rejectStaged, { stagedId: id, digest, reason });
    await session.terminal.emit("staged-rejected", { stagedId: id, reason });
    await session.terminal.print([`Rejected ${id}. Nothing was done.`]);
  });
  const withdraw = staged
    .command("withdraw <staged>")
    .description("take it back")
    .option("--reason <text>", "for the journal");
  bind(withdraw, async (session, [word], raw) => {
    const id = readWord(stagedId.schema, word, "staged action");
    const reason = readOptions(reasonSchema, raw).reason ?? "";
    await (await session.home()).call(METHODS.withdrawStaged, { stagedId: id, reason });
    await session.terminal.emit("staged-withdrawn", { stagedId: id, reason });
    await session.terminal.print([`Took ${id} back. Nothing was done.`]);
  });
  const revise = staged
    .command("revise <staged> [command...]")
    .description("propose a change: a revision takes its place, and endorsements of the old one are void")
    .option(
      "--file <path>",
      "only this file of a proposal, or path=file for what it should hold (repeatable)",
      collect,
      [],
    )
    .option("--policy <file>", "the text of this file as the policy")
    .option("--lease <terms>", "these terms of a lease, e.g. uses=5,minutes=60")
    .option("--glob <glob>", "only this mark (repeatable)", collect, []);
  bind(revise, async (session, [word, ...argv], raw) => {
    const [view] = await shown(session, [readWord(stagedId.schema, word, "staged action")]);
    if (view === undefined) return;
    const { digest, stagedId: id } = view;
    const change = await changeOf(session, view, argv, readOptions(reviseSchema, raw));
    const next = await (await session.home()).call(METHODS.reviseStaged, { stagedId: id, digest, change });
    await session.terminal.emit("staged-revised", { stagedId: id, replacedBy: next.stagedId, digest: next.digest });
    await session.terminal.print([
      `${next.stagedId} waits in its place. Read it: arw-home staged show ${next.stagedId}`,
    ]);
  });
}

async function shown(session: CliSession, stagedIds: readonly StagedId[]): Promise<readonly StagedView[]> {
  return (await (await session.home()).call(METHODS.showStaged, { stagedIds })).items;
}

/** The code of the first that was not done, or 0. */
async function approveShown(session: CliSession, views: readonly StagedView[], yes: boolean): Promise<number> {
  const { terminal } = session;
  if (!yes && !terminal.canAsk) {
    throw new ArwError("approval-needed", "Nobody is here to approve this.", "Run it again with --yes.");
  }
  if (!yes && !(await terminal.confirm(confirmText(views)))) {
    await terminal.say("Nothing was done, and it still waits.");
    return 0;
  }
  const items = views.map(({ digest, stagedId: id }) => ({ stagedId: id, digest }));
  const { results } = await (await session.home()).call(METHODS.approveStaged, { items });
  for (const result of results) await terminal.emit("staged-result", { result });
  await terminal.print(results.map(resultLine));
  return Math.max(0, ...results.map(exitCodeOfResult));
}

/** `path=file` gives a content, `path` alone says that only what is named is written. */
async function changedFiles(
  session: CliSession,
  { proposalId }: Extract<StagedView["action"], { readonly kind: "apply-proposal" }>,
  words: readonly string[],
): Promise<StagedChange> {
  const { proposal } = await (await session.home()).call(METHODS.showProposal, { proposalId });
  const proposed = new Set<string>(proposal.changes.map(({ path }) => path));
  const paths: WorkspacePath[] = [];
  const contents: NewContent[] = [];
  let only = false;
  for (const word of words) {
    const { path, source } = fileWord(word, proposed);
    paths.push(readWord(workspacePathSchema, path, "path"));
    if (source === undefined) only = true;
    else contents.push({ path: readWord(workspacePathSchema, path, "path"), base64: await contentOf(session, source) });
  }
  return {
    kind: "apply-proposal",
    ...(only ? { paths } : {}),
    ...(contents.length === 0 ? {} : { contents }),
  };
}

/** A path may itself hold an equals sign: what is proposed under the whole word is that file. */
function fileWord(
  word: string,
  proposed: ReadonlySet<string>,
): { readonly path: string; readonly source?: string | undefined } {
  if (proposed.has(word)) return { path: word };
  const cuts = [...word.matchAll(/=/gu)].map(({ index }) => index);
  const cut = cuts.find((index) => proposed.has(word.slice(0, index))) ?? cuts[0];
  return cut === undefined ? { path: word } : { path: word.slice(0, cut), source: word.slice(cut + 1) };
}

async function contentOf(session: CliSession, file: string): Promise<string> {
  const bytes = await bytesOf(session, file);
  if (bytes.length <= STAGED_EDIT_BYTES_MAX) return bytes.toString("base64");
  throw new ArwError(
    "staged-content-too-large",
    `${file} has ${bytes.length} bytes; the contents of one revision have at most ${STAGED_EDIT_BYTES_MAX}.`,
    "Leave the file out, and write it in the workspace yourself.",
  );
}

async function bytesOf(session: CliSession, file: string): Promise<Buffer> {
  try {
    return await readFile(session.path(file));
  } catch (error) {
    throw new ArwError("file-unreadable", `${file} cannot be read.`, "Name a file that is there.", { cause: error });
  }
}

function exitCodeOfResult({ code, outcome }: StagedResult): number {
  return outcome === "done" ? 0 : exitCodeOf(code ?? `staged-outcome-${outcome}`);
}

async function changeOf(
  session: CliSession,
  { action }: StagedView,
  argv: readonly string[],
  { file, glob, lease, policy }: ReviseOptions,
): Promise<StagedChange> {
  if (action.kind === "apply-proposal" && file.length > 0) return changedFiles(session, action, file);
  if (action.kind === "run-command" && argv.length > 0) return { kind: "run-command", argv };
  if (action.kind === "grant-lease" && lease !== undefined) {
    return { kind: "grant-lease", terms: termsAlone(leaseWish(lease)) };
  }
  if (action.kind === "change-setting" && glob.length > 0) return { kind: "unmark-never-leaves", globs: glob };
  if (action.kind === "adopt-policy" && policy !== undefined) {
    return { kind: "adopt-policy", text: (await bytesOf(session, policy)).toString("utf8") };
  }
  throw usage(
    "it does not say what is to be different",
    "Name --file, --lease, --glob, --policy, or a command after --.",
  );
}
