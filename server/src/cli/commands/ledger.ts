// arw-home egress export and verify: the whole ledger as a file that anybody can check, and the check, without a Home.
// The check reads one file and nothing else; it must never call a ledger whole that it could not read to its end.
import { createReadStream, type ReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { type NodeId, nodeId } from "#protocol/ids.ts";
import { CHECKPOINT_CHARACTERS_MAX } from "#protocol/ledger/checkpointNote.ts";
import { readLeaf } from "#protocol/ledger/egressLeaf.ts";
import {
  headerLine,
  leafLine,
  LEDGER_LINE_CHARACTERS_MAX,
  type LedgerReport,
  LedgerVerifier,
} from "#protocol/ledger/ledgerFile.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { boundedLines } from "../boundedLines.ts";
import { type Bind, readOptions, readWord, usage } from "../commandLine.ts";
import type { HomeClient } from "../homeClient.ts";
import { fileUnreadable, readNamedFile } from "../namedFile.ts";
import { ledgerReportLines } from "../render/ledgerReport.ts";

const outSchema: z.ZodType<{ readonly out?: string | undefined }> = z.looseObject({ out: z.string().optional() });
interface VerifyOptions {
  readonly home?: string | undefined;
  readonly checkpoint?: string | undefined;
}
const verifySchema: z.ZodType<VerifyOptions> = z.looseObject({
  home: z.string().optional(),
  checkpoint: z.string().optional(),
});

export function addLedgerCommands(egress: Command, bind: Bind): void {
  const exported = egress
    .command("export")
    .description("the whole ledger with its checkpoint and proofs, one JSON object a line")
    .option("--out <file>", "write it here instead of to standard output");
  bind(exported, async (session, _words, raw) => {
    const { out } = readOptions(outSchema, raw);
    const lines = exportedLines(await session.home());
    if (out === undefined) {
      for await (const line of lines) await session.terminal.write("stdout", `${line}\n`);
      return;
    }
    const path = session.path(out);
    const entries = await writeLines(path, lines);
    await session.terminal.emit("ledger-exported", { path, entries });
    await session.terminal.print([
      `Wrote ${entries} entries to ${path}. Anybody can check them: arw-home egress verify ${out}`,
    ]);
  });
  const verify = egress
    .command("verify <file>")
    .description("check an exported ledger, without a Home: nothing changed, added, moved or missing")
    .option("--home <node>", "the Home that it must be of, e.g. node_…")
    .option("--checkpoint <file>", "a checkpoint that was seen before, from which it must go on");
  bind(verify, async (session, [word], raw) => {
    if (word === undefined) throw usage("no file is named");
    const { home, checkpoint } = readOptions(verifySchema, raw);
    const report = await verifyFile(session.path(word), {
      ...(home === undefined ? {} : { homeId: readWord(nodeId.schema, home, "node") }),
      ...(checkpoint === undefined
        ? {}
        : { earlier: await readNamedFile(session.path(checkpoint), CHECKPOINT_CHARACTERS_MAX) }),
    });
    await session.terminal.emit("ledger-report", { report });
    await session.terminal.print(ledgerReportLines(report, session.terminal.style));
    if (report.whole) return;
    throw new ArwError(
      "ledger-altered",
      `This is not the ledger that its Home signed: ${countedProblems(report)}.`,
      "Keep the file as it is, and ask the Home's owner for a new export: arw-home egress export.",
    );
  });
}

/** All of one checkpoint: records that are made meanwhile are not in it. */
async function* exportedLines(home: HomeClient): AsyncGenerator<string> {
  const { workspaceId } = home.hello;
  const { homeId, homeKey, checkpoint, size } = await home.call(METHODS.showLedger, {});
  yield headerLine({ kind: "arw-egress-ledger", v: 1, workspaceId, homeId, homeKey, checkpoint });
  for (let from = 0; from < size; ) {
    const { leaves } = await home.call(METHODS.readLeaves, { size, from });
    if (leaves.length === 0) throw incomplete(`entry ${from} of ${size} did not come`);
    for (const { index, leaf, proof } of leaves) {
      const read = readLeaf(leaf);
      if (!read.ok) throw incomplete(`entry ${index}'s ${read.path} ${read.problem}`);
      yield leafLine({ index, leaf: read.value, proof });
    }
    from += leaves.length;
  }
}

/** The file is there whole, or not at all. Resolves with how many entries it has. */
async function writeLines(path: string, lines: AsyncIterable<string>): Promise<number> {
  const unfinished = `${path}.unfinished`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(unfinished, "w", 0o600);
    let count = 0;
    try {
      for await (const line of lines) {
        await file.write(`${line}\n`);
        count++;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    return Math.max(0, count - 1);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

interface Expected {
  readonly homeId?: NodeId;
  readonly earlier?: string;
}

async function verifyFile(path: string, expected: Expected): Promise<LedgerReport> {
  const verifier = new LedgerVerifier(expected);
  const stream = createReadStream(path, { encoding: "utf8" });
  try {
    for await (const line of boundedLines(textOf(stream), LEDGER_LINE_CHARACTERS_MAX)) verifier.take(line);
  } catch (error) {
    throw fileUnreadable(path, error);
  } finally {
    stream.destroy();
  }
  return verifier.end();
}

async function* textOf(stream: ReadStream): AsyncGenerator<string> {
  for await (const chunk of stream) yield String(chunk);
}

function countedProblems({ problems, moreProblems }: LedgerReport): string {
  const count = problems.length + moreProblems;
  return count === 1 ? "one thing is wrong" : `${count} things are wrong`;
}

function incomplete(what: string): ArwError {
  return new ArwError("ledger-incomplete", `The Home did not give its whole ledger: ${what}.`, "Export it again.");
}
