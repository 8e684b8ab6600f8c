// arw-home egress: the ledger of what left, and the previews that wait: show one, take something out, approve or deny it.
// It must never approve anything but the preview that it has just shown.
import type { Command } from "commander";
import * as z from "zod";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import { previewId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { pagesOf } from "#protocol/wire/listPage.ts";
import type { InspectedFile } from "#protocol/wire/egressViews.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { type Bind, collect, readOptions, readWord, usage } from "../commandLine.ts";
import { approve } from "../episodeFlow.ts";
import type { HomeClient } from "../homeClient.ts";
import { LEASE_OPTION_HELP, leaseWish } from "../leaseTerms.ts";
import { bytesText } from "../render/amounts.ts";
import { previewCardLines, shortenedRows } from "../render/previewCard.ts";
import { ledgerLines } from "../render/views.ts";
import { addChanges, leaveOutOf } from "./leaveOut.ts";
import { addLedgerCommands } from "./ledger.ts";
import type { CliSession } from "../session.ts";

interface AnswerOptions {
  readonly lease?: string | undefined;
  readonly yes?: boolean | undefined;
}
const answerSchema: z.ZodType<AnswerOptions> = z.looseObject({
  lease: z.string().optional(),
  yes: z.boolean().optional(),
});
const onSchema: z.ZodType<{ readonly on?: string | undefined }> = z.looseObject({ on: z.string().optional() });
const itemSchema: z.ZodType<{ readonly item?: string | undefined }> = z.looseObject({ item: z.string().optional() });
interface ReviseOptions {
  readonly leaveOut: readonly string[];
  readonly putBack: readonly string[];
}
const reviseSchema: z.ZodType<ReviseOptions> = z.looseObject({
  leaveOut: z.array(z.string()),
  putBack: z.array(z.string()),
});

export function addEgressCommands(program: Command, bind: Bind): void {
  const egress = program.command("egress").description("the ledger of what left this machine and what was denied");
  bind(egress, async (session) => {
    const home = await session.home();
    for await (const { rows } of pagesOf((page) => home.call(METHODS.listEgress, page))) {
      for (const record of rows) await session.terminal.emit("egress-record", { record });
      await session.terminal.print(ledgerLines(rows, session.terminal.style));
    }
  });
  const answer = egress
    .command("approve <preview>")
    .description("look at a waiting preview and approve exactly that")
    .option("--lease <terms>", LEASE_OPTION_HELP)
    .option("-y, --yes", "without being asked");
  bind(answer, async (session, [word], raw) => {
    const id = readWord(previewId.schema, word, "preview");
    const { lease, yes } = readOptions(answerSchema, raw);
    const answer = { yes: yes === true, ...(lease === undefined ? {} : { lease: leaseWish(lease) }) };
    await approve(session, await session.home(), id, answer);
    await session.terminal.print(["Approved. Watch it: arw-home timeline --follow"]);
  });
  const deny = egress.command("deny <preview>").description("deny a waiting preview; nothing leaves");
  bind(deny, async (session, [word]) => {
    const id = readWord(previewId.schema, word, "preview");
    await (await session.home()).call(METHODS.denyEgress, { previewId: id, reason: "denied at the terminal" });
    await session.terminal.emit("egress-denied", { previewId: id });
    await session.terminal.print(["Denied; nothing left this machine."]);
  });
  addShow(egress, bind);
  addChanges(egress, bind);
  addRevise(egress, bind);
  addInspect(egress, bind);
  addLedgerCommands(egress, bind);
}

function addShow(egress: Command, bind: Bind): void {
  const show = egress
    .command("show <preview>")
    .description("what a preview shows, waiting or answered; with --item the very bytes of one item")
    .option("--item <path>", "write this item to standard output, byte for byte as it is sent");
  bind(show, async (session, [word], raw) => {
    const id = readWord(previewId.schema, word, "preview");
    const home = await session.home();
    const shown = await home.call(METHODS.readPreview, { previewId: id });
    const { item } = readOptions(itemSchema, raw);
    if (item !== undefined) return writeItem(session, home, shown.preview, item);
    await session.terminal.emit("egress-preview", shown);
    const { digest, leaseUnfit, preview, replacedBy, state } = shown;
    const unfit = leaseUnfit === undefined ? {} : { leaseUnfit };
    const replaced = replacedBy === undefined ? "" : `; ${replacedBy} took its place`;
    await session.terminal.print([
      ...previewCardLines(preview, digest, { sandbox: undefined, ...unfit }, session.terminal.style),
      `This preview is ${state}${replaced}.`,
    ]);
  });
}

async function writeItem(
  session: CliSession,
  home: HomeClient,
  { items, previewId: id }: EgressPreview,
  path: string,
): Promise<void> {
  const item = items.find((candidate) => candidate.path === path);
  if (item === undefined) {
    throw new ArwError(
      "preview-item-unknown",
      `The preview has no item ${path}.`,
      `See what it has: arw-home egress show ${id}.`,
    );
  }
  for (let fromByte = 0; ; ) {
    const page = await home.call(METHODS.readPreviewItem, {
      previewId: id,
      digest: item.digest,
      fromByte: byteCount(fromByte),
    });
    const bytes = Buffer.from(page.base64, "base64");
    if (bytes.length === 0) return;
    await session.terminal.write("stdout", bytes);
    fromByte += bytes.length;
  }
}

function addRevise(egress: Command, bind: Bind): void {
  const revise = egress
    .command("revise <preview>")
    .description("take items, or lines of them, out of a waiting preview; what is left waits for a new answer")
    .option(
      "--leave-out <path>",
      "an item of the preview, a folder of items, lines of an item (src/a.ts:10-20,35), or changes of it since the last commit (src/a.ts@2; see egress changes) (repeatable)",
      collect,
      [],
    )
    .option("--put-back <path>", "put back the lines that were taken out of an item (repeatable)", collect, []);
  bind(revise, async (session, [word], raw) => {
    const id = readWord(previewId.schema, word, "preview");
    const { leaveOut: words, putBack } = readOptions(reviseSchema, raw);
    if (words.length + putBack.length === 0)
      throw usage("nothing is named to take out", "Name it: --leave-out <path>.");
    const home = await session.home();
    const { digest, preview } = await home.call(METHODS.readPreview, { previewId: id });
    const wish = { ...(await leaveOutOf(home, preview, words)), ...(putBack.length === 0 ? {} : { putBack }) };
    const revised = await home.call(METHODS.reviseEgress, { previewId: id, digest, ...wish });
    const shown = await home.call(METHODS.readPreview, { previewId: revised.previewId });
    await session.terminal.emit("egress-revised", { ...revised, revises: id });
    await session.terminal.print([
      ...shortenedRows(shown.preview),
      `${words.length === 0 ? "Put it back" : "Took it out"}. ${revised.previewId} waits in its place: arw-home egress approve ${revised.previewId}`,
    ]);
  });
}

function addInspect(egress: Command, bind: Bind): void {
  const inspect = egress
    .command("inspect <path...>")
    .description("what would leave of these files, and why; nothing is started or sent")
    .option("--on <node>", "the worker it would go to (default: the first that is ready)");
  bind(inspect, async (session, words, raw) => {
    const paths = words.map((word) => readWord(workspacePathSchema, word, "path"));
    const { on } = readOptions(onSchema, raw);
    const home = await session.home();
    const { destination, files } = await home.call(METHODS.inspectPaths, {
      paths,
      ...(on === undefined ? {} : { on }),
    });
    for (const file of files) {
      await session.terminal.emit("inspected-file", { file, ...(destination === undefined ? {} : { destination }) });
    }
    const where =
      destination === undefined
        ? "No worker is ready that it could go to."
        : `It would go to ${plainText(destination.name)} · key ${plainText(destination.keyWords.join(" "))}.`;
    await session.terminal.print([...files.flatMap(inspectedLines), where]);
  });
}

function inspectedLines({
  path,
  bytes,
  classification,
  why,
  findings,
  leaves,
  reason,
}: InspectedFile): readonly string[] {
  const size = bytes === undefined ? "" : `, ${bytesText(bytes)}`;
  return [
    `${plainText(path)}: ${leaves ? "would leave" : `stays here (${plainText(reason ?? "")})`}${size}, ${classification}: ${plainText(why)}`,
    ...findings.map(({ rule, line, message }) => `  line ${line}: ${plainText(message)} (${plainText(rule)})`),
  ];
}
