// arw-home receipt: the receipt of an episode as a file that anybody can check, and the check, without a Home.
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { episodeId } from "#protocol/ids.ts";
import { RECEIPT_CHARACTERS_MAX, verifyReceipt } from "#protocol/ledger/receiptFile.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type Bind, readOptions, readWord, usage } from "../commandLine.ts";
import { readNamedFile } from "../namedFile.ts";
import { receiptReportLines } from "../render/ledgerReport.ts";

const outSchema: z.ZodType<{ readonly out?: string | undefined }> = z.looseObject({ out: z.string().optional() });

export function addReceiptCommands(program: Command, bind: Bind): void {
  const receipt = program.command("receipt").description("what workers signed for: export a receipt, and check one");
  const exported = receipt
    .command("export <episode>")
    .description("the receipt of an episode that ran elsewhere, with the proofs of its record and settlement")
    .option("--out <file>", "write it here instead of to standard output");
  bind(exported, async (session, [word], raw) => {
    const id = readWord(episodeId.schema, word, "episode");
    const { out } = readOptions(outSchema, raw);
    const { text } = await (await session.home()).call(METHODS.showReceipt, { episodeId: id });
    if (out === undefined) return session.terminal.write("stdout", text);
    const path = session.path(out);
    await writeFile(path, text, { mode: 0o600 });
    await session.terminal.emit("receipt-exported", { path });
    await session.terminal.print([`Wrote it to ${path}. Anybody can check it: arw-home receipt verify ${out}`]);
  });
  const verify = receipt
    .command("verify <file>")
    .description("check a receipt, without a Home: both signatures, and that both sides signed for the same bytes");
  bind(verify, async (session, [word]) => {
    if (word === undefined) throw usage("no file is named");
    const report = verifyReceipt(await readNamedFile(session.path(word), RECEIPT_CHARACTERS_MAX));
    await session.terminal.emit("receipt-report", { report });
    await session.terminal.print(receiptReportLines(report, session.terminal.style));
    if (report.valid) return;
    throw new ArwError(
      "receipt-altered",
      "This is not what the worker and the Home signed.",
      "Keep the file as it is, and ask for the receipt again: arw-home receipt export.",
    );
  });
}
