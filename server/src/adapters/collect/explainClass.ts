// Puts together all that says of what class a path is: its name, its content, what a person marked and what it was written from.
// The highest counts. A mark that says less than name or content is told so, and changes nothing.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { derivedText, highestClass, markText, type PathClass, WORKSPACE_ROOT } from "#protocol/classes.ts";
import type { Classification } from "#protocol/egress.ts";
import { digestOf } from "#protocol/digest.ts";
import type { ClassReason, ExplainedClass } from "#protocol/wire/markViews.ts";
import { atOnce } from "./atOnce.ts";
import { classifySource } from "./classify.ts";
import { whyUnreadable, workspaceRoot } from "./inputTree.ts";
import { classOfRule } from "./regulatedPatterns.ts";
import type { Finding, SecretDetector } from "./secretDetector.ts";
import { readSteadyFile } from "./steadyFile.ts";
import { FILE_BYTES_MAX } from "./treeLimits.ts";

export interface ExplainRequest {
  readonly workspaceFolder: string;
  readonly paths: readonly string[];
  readonly classOf: (path: string) => PathClass;
  readonly detector: SecretDetector;
}

const FILES_AT_ONCE = 4;

/** One answer a path, in the order they were asked for. Nothing is stored, and no byte of what is read is answered. */
export async function explainClasses(request: ExplainRequest, signal: AbortSignal): Promise<readonly ExplainedClass[]> {
  const root = await workspaceRoot(request.workspaceFolder);
  const explained = new Map<string, ExplainedClass>();
  const explainOne = async (path: string): Promise<void> => {
    const findings = await findingsOf(root, path, request.detector, signal);
    explained.set(path, { path, ...explainClass(path, findings, request.classOf(path)) });
  };
  await atOnce([...new Set(request.paths)], FILES_AT_ONCE, explainOne, signal);
  return request.paths.flatMap((path) => explained.get(path) ?? []);
}

/** The class of a path by all that is known of it, and every reason, the one that decides first. */
export function explainClass(
  path: string,
  findings: readonly Finding[],
  { derived, mark }: PathClass,
): { readonly classification: Classification; readonly reasons: readonly ClassReason[] } {
  const name = classifySource(path);
  // The higher class counts, whatever was found first.
  const found = findings.find(({ rule }) => classOfRule(rule) === "regulated") ?? findings[0];
  const reasons: ClassReason[] = [];
  if (name.reason !== undefined)
    reasons.push({ source: "name", classification: name.classification, text: `its name: ${name.reason}` });
  if (found !== undefined) {
    const text = `its content: ${found.message}`;
    reasons.push({ source: "content", classification: classOfRule(found.rule), text });
  }
  if (derived !== undefined) {
    const { classification } = derived;
    reasons.push({ source: "derivation", classification, text: derivedText(derived, path) });
  }
  if (mark !== undefined)
    reasons.push({ source: "mark", classification: mark.classification, text: markText(mark, path) });
  // Without a mark, and beside what it was written from, everything is internal at least.
  if (mark === undefined)
    reasons.push({ source: "unknown", classification: "internal", text: "nothing says that it is anything else" });
  const classification = highestClass(reasons.map((reason) => reason.classification));
  const decides = reasons.filter((reason) => reason.classification === classification);
  const others = reasons.filter((reason) => reason.classification !== classification && reason.source !== "unknown");
  return { classification, reasons: [...decides.filter(isSaid(decides)), ...others] };
}

/** That nothing says anything is worth a line only where it is the whole truth. */
function isSaid(decides: readonly ClassReason[]): (reason: ClassReason) => boolean {
  return ({ source }) => source !== "unknown" || decides.length === 1;
}

async function findingsOf(
  root: string,
  path: string,
  detector: SecretDetector,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (path === WORKSPACE_ROOT) return [];
  const found = await lstat(join(root, path)).catch(() => undefined);
  if (found?.isFile() !== true) return [];
  const read = await readSteadyFile(join(root, path), FILE_BYTES_MAX).catch(whyUnreadable);
  return read.kind === "file" ? detector.ofFile(read.bytes, digestOf(read.bytes), signal) : [];
}
