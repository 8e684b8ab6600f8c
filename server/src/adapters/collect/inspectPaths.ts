// Says of single files what would become of them in a collection for another machine, and why, without collecting anything.
// It judges by the very rules that a collection has, stores nothing, and never returns a byte of what it reads.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { PathClass } from "#protocol/classes.ts";
import { digestOf } from "#protocol/digest.ts";
import type { InspectedFile } from "#protocol/wire/egressViews.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { WorkspacePath } from "#protocol/workspacePath.ts";
import { atOnce } from "./atOnce.ts";
import { explainClass } from "./explainClass.ts";
import { findingReason, whyUnreadable, withoutSecretNames, workspaceRoot } from "./inputTree.ts";
import type { Finding, SecretDetector } from "./secretDetector.ts";
import { readSteadyFile } from "./steadyFile.ts";
import { treeCandidates } from "./treeCandidates.ts";
import { FILE_BYTES_MAX } from "./treeLimits.ts";

export interface InspectRequest {
  readonly workspaceFolder: string;
  readonly paths: readonly WorkspacePath[];
  readonly neverLeaves: readonly string[];
  readonly classOf: (path: string) => PathClass;
  readonly detector: SecretDetector;
}

const FILES_AT_ONCE = 4;

/** One answer a path, in the order they were asked for. Throws ArwError `git-failed` or `folder-missing`. */
export async function inspectPaths(request: InspectRequest, signal: AbortSignal): Promise<readonly InspectedFile[]> {
  const root = await workspaceRoot(request.workspaceFolder);
  const only = new Set<string>(request.paths);
  const candidates = await treeCandidates(
    { ...request, root, folder: ".", dependencies: { kind: "nothing" }, leaveOut: [], destination: "remote", only },
    signal,
  );
  const named = await withoutSecretNames(candidates.entries, "remote", signal);
  const going = new Set<string>(named.entries.map(({ path }) => path));
  const listed = new Set<string>(candidates.entries.map(({ path }) => path));
  const staying = new Map(candidates.leftOut.map(({ path, reason }) => [path, reason]));
  const inspected = new Map<string, InspectedFile>();
  const inspectOne = async (path: WorkspacePath): Promise<void> => {
    const content = await readContent(root, path, request.detector, signal);
    const reason =
      staying.get(path) ??
      (listed.has(path)
        ? going.has(path)
          ? content.reason
          : "secret: its name holds one"
        : await whyNotListed(root, path));
    inspected.set(path, {
      path,
      ...classAndWhy(request, path, content.findings),
      ...content.shown,
      ...leaving(reason),
    });
  };
  await atOnce([...new Set(request.paths)], FILES_AT_ONCE, inspectOne, signal);
  return request.paths.flatMap((path) => inspected.get(path) ?? []);
}

interface Content {
  readonly shown: Pick<InspectedFile, "findings" | "bytes">;
  readonly findings: readonly Finding[];
  /** Why its content alone keeps it here. */
  readonly reason?: string;
}

const NOTHING: Content = { shown: { findings: [] }, findings: [] };

async function readContent(
  root: string,
  path: WorkspacePath,
  detector: SecretDetector,
  signal: AbortSignal,
): Promise<Content> {
  const found = await lstat(join(root, path)).catch(() => undefined);
  if (found?.isFile() !== true) return NOTHING;
  const read = await readSteadyFile(join(root, path), FILE_BYTES_MAX).catch(whyUnreadable);
  switch (read.kind) {
    case "gone":
      return NOTHING;
    case "refused":
      return { ...NOTHING, reason: read.reason };
    case "too-large":
      return {
        shown: { findings: [], bytes: byteCount(read.fileBytes) },
        findings: [],
        reason: "larger than a file that is sent may be",
      };
    case "file": {
      const findings = await detector.ofFile(read.bytes, digestOf(read.bytes), signal);
      const [first] = findings;
      return {
        shown: { findings, bytes: byteCount(read.bytes.length) },
        findings,
        ...(first === undefined ? {} : { reason: findingReason(first) }),
      };
    }
  }
}

/** Git does not list it, or nothing is there. */
async function whyNotListed(root: string, path: WorkspacePath): Promise<string> {
  const found = await lstat(join(root, path)).catch(() => undefined);
  if (found === undefined) return "there is no such file";
  if (found.isDirectory()) return "a folder: ask about the files in it";
  return "ignored by git, or part of a repository of its own";
}

function classAndWhy(
  { classOf }: InspectRequest,
  path: WorkspacePath,
  findings: readonly Finding[],
): Pick<InspectedFile, "classification" | "why"> {
  const { classification, reasons } = explainClass(path, findings, classOf(path));
  return { classification, why: reasons.map(({ text }) => text).join("; ") };
}

function leaving(reason: string | undefined): Pick<InspectedFile, "leaves" | "reason"> {
  return reason === undefined ? { leaves: true } : { leaves: false, reason };
}
