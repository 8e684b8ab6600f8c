// The policy as lines for a terminal: the document as its owner wrote it, findings with line and column, decisions with every
// rule that fits. Text of files is shown without what could move a cursor.
import { placeText, type PolicyFinding } from "#protocol/policyFinding.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { CheckPolicyResult, ExplainPolicyResult, PolicyView } from "#protocol/wire/policyViews.ts";
import { countText, timeText } from "./amounts.ts";
import type { Style } from "./style.ts";

export function policyLines(view: PolicyView, style: Style): readonly string[] {
  const { name, epoch, adopted, file, edited, problem, findings, workspace } = view;
  const since =
    adopted === undefined ? "as the Home began" : `adopted ${timeText(adopted.at)} by ${plainText(adopted.by)}`;
  const own = [
    `${style.bold(plainText(name))} (epoch ${epoch}, ${since})`,
    `${style.dim("file")}  ${file}`,
    ...(problem === undefined ? [] : [style.red(`Nothing leaves: ${plainText(problem)}`)]),
    ...(edited && problem === undefined
      ? ["The file was edited since. To make it count: arw-home policy adopt <file>"]
      : []),
    ...findingLines(file, findings, style),
  ];
  const theirs =
    workspace === undefined
      ? []
      : [
          `${style.dim("workspace")}  ${workspace.file} ${
            workspace.problem === undefined
              ? `makes it stricter: ${plainText(workspace.name ?? "")}`
              : style.red(`Nothing leaves: ${plainText(workspace.problem)}`)
          }`,
          ...(workspace.unconfirmed === undefined ? [] : [unconfirmedLine(workspace.unconfirmed)]),
          ...findingLines(workspace.file, workspace.findings, style),
        ];
  return [
    ...own,
    ...theirs,
    "",
    ...view.text
      .trimEnd()
      .split(/\r\n|\r|\n/)
      .map((text) => plainText(text)),
  ];
}

function unconfirmedLine(what: "removed" | "changed"): string {
  const how = what === "removed" ? "The file is gone" : "The file forbids less than before";
  return `${how}. What it forbade counts until you adopt a policy: arw-home policy adopt <file>`;
}

export function findingLines(file: string, findings: readonly PolicyFinding[], style: Style): readonly string[] {
  return findings.map(({ severity, range, message, advice }) => {
    const word = severity === "error" ? style.red("error") : style.yellow("warning");
    return `${placeText(file, range)} ${word} ${plainText(message)}. ${plainText(advice)}`;
  });
}

export function changedLines({ changed, looked }: CheckPolicyResult): readonly string[] {
  if (looked === 0) return ["There are no offloads yet that it could have changed."];
  return [
    `It would have decided ${changed.length} of the last ${countText(looked, "offload")} otherwise.`,
    ...changed.map(({ at, title, destination, before, after, explanation }) => {
      const what = `${timeText(at)}  ${plainText(title)} to ${plainText(destination)}`;
      return `  ${what}: ${before} → ${after}. ${plainText(explanation)}`;
    }),
  ];
}

export function decisionLines(decision: ExplainPolicyResult, style: Style): readonly string[] {
  const { effect, rules, explanation, obligations } = decision;
  const { bytesMax, sandbox, redact, reviewResult } = obligations;
  const duties = [
    ...(bytesMax === undefined ? [] : [`at most ${bytesMax} bytes`]),
    ...(sandbox === undefined ? [] : [`a sandbox that is ${sandbox}`]),
    ...(redact === true ? ["redacted"] : []),
    ...(reviewResult === true ? ["what comes back is reviewed"] : []),
  ];
  return [
    `${style.bold(effect)}  ${plainText(explanation)}`,
    `${style.dim("rules")}  ${rules.map((text) => plainText(text)).join(", ")}`,
    ...(duties.length === 0 ? [] : [`${style.dim("with")}   ${duties.join(", ")}`]),
  ];
}
