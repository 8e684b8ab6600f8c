// What a check of a ledger or a receipt found, for a person: first whether it holds, then whose it is, then what is wrong.
import type { LedgerReport } from "#protocol/ledger/ledgerFile.ts";
import type { ReceiptReport } from "#protocol/ledger/receiptFile.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { bytesText, countText, durationText } from "./amounts.ts";
import type { Style } from "./style.ts";

export function ledgerReportLines(report: LedgerReport, style: Style): readonly string[] {
  const { whole, header, head, records, settlements, words } = report;
  const counts = `${countText(records, "record")}, ${countText(settlements, "settlement")}`;
  const verdict = whole
    ? `${style.green("egress verify: whole")} — ${counts}; nothing was changed, added, moved or left out`
    : `${style.red("egress verify: NOT WHOLE")} — ${counts} could be read`;
  const whose =
    header === undefined
      ? []
      : [
          `signed by Home ${header.homeId} · key ${words.join(" ")}`,
          ...(head === undefined
            ? []
            : [`checkpoint: ${head.size === 1 ? "1 entry" : `${head.size} entries`}, root ${head.root}`]),
        ];
  const problems = report.problems.map(({ line, problem }) =>
    line === undefined ? `  ${plainText(problem)}` : `  line ${line} ${plainText(problem)}`,
  );
  const more = report.moreProblems === 0 ? [] : [`  and ${report.moreProblems} more`];
  const trust = whole
    ? ["Whoever owns a Home can sign what they like: compare the key with the one that its owner shows you."]
    : [];
  return [verdict, ...whose, ...problems, ...more, ...trust];
}

export function receiptReportLines(
  { valid, problems, file, homeWords, nodeWords }: ReceiptReport,
  style: Style,
): readonly string[] {
  if (file === undefined)
    return [`${style.red("receipt verify: NOT VALID")}`, ...problems.map((each) => `  ${plainText(each)}`)];
  const { receipt } = file.receipt;
  const verdict = valid
    ? `${style.green("receipt verify: valid")} — the worker received exactly what the Home recorded`
    : style.red("receipt verify: NOT VALID");
  return [
    verdict,
    ...problems.map((each) => `  ${plainText(each)}`),
    `worker ${receipt.nodeId} · key ${nodeWords.join(" ")}`,
    `Home ${file.homeId} · key ${homeWords.join(" ")}`,
    `job ${receipt.jobId}, attempt ${receipt.attemptId}`,
    `received ${bytesText(receipt.receivedBytes)} as ${receipt.received}`,
    `busy ${durationText(receipt.usage.busy.durationMs)} (${plainText(receipt.usage.busy.method)}), result ${receipt.result}`,
  ];
}
