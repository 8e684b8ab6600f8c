// Finds secrets and regulated data in text and in files, by @secretlint's recommended rules and by our own patterns.
// It says which rule and which line, and must never return, log or keep a byte of the secret itself.
// Known limits: secrets of unknown form, secrets in base64 or in archives, passwords that are plain words.
import { setImmediate as nextTurn } from "node:timers/promises";
import { lintSource } from "@secretlint/core";
import { secretLintProfiler } from "@secretlint/profiler";
import { rules as recommendedRules } from "@secretlint/secretlint-rule-preset-recommend";
import type { Digest } from "#protocol/digest.ts";
import { REGULATED_PATTERNS } from "./regulatedPatterns.ts";
import { SECRET_PATTERNS } from "./secretPatterns.ts";

/** Something that looks like a secret. `message` never holds it. */
export interface Finding {
  /** Who found it and by which rule: `secretlint/github` or `arw/private-key`. */
  readonly rule: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Where findings about bytes already scanned are kept. */
export interface FindingsMemory {
  get(digest: Digest): readonly Finding[] | undefined;
  set(digest: Digest, findings: readonly Finding[]): void;
}

export interface SecretDetector {
  ofText(text: string, signal: AbortSignal): Promise<readonly Finding[]>;
  /** `digest` is that of the bytes. The same bytes are scanned once, whatever their name. */
  ofFile(bytes: Uint8Array, digest: Digest, signal: AbortSignal): Promise<readonly Finding[]>;
}

/** Text is scanned in windows of this many characters: one takes about 10 ms of the Home's thread. */
export const WINDOW_CHARACTERS = 1_048_576;
/** How far windows overlap. Longer than any secret we know the form of, a private key of 8,192 bits included. */
export const OVERLAP_CHARACTERS = 16_384;
/** A file with this many findings is not read on: it stays here anyway. */
export const FINDINGS_MAX = 16;
/** Grows when the rules do, so that remembered findings of older rules are dropped. */
export const DETECTOR_VERSION = 3;
/** Where binary files show themselves, as git has it. */
const SNIFFED_BYTES = 8_192;

// The profiler of secretlint keeps a hundred marks a call for good: a Home that scans every preview would grow for ever.
secretLintProfiler.mark = () => undefined;

// A comment in a workspace must not switch the detector off, so `secretlint-disable` has no meaning here.
const RULES = recommendedRules
  .filter((rule) => rule.meta.id !== "@secretlint/secretlint-rule-filter-comments")
  .map((rule) => ({ id: rule.meta.id, rule }));

export function createSecretDetector(memory: FindingsMemory): SecretDetector {
  return {
    ofText: detectSecrets,
    async ofFile(bytes, digest, signal) {
      const known = memory.get(digest);
      if (known !== undefined) return known;
      const findings = await detectSecrets(textOf(bytes), signal);
      memory.set(digest, findings);
      return findings;
    },
  };
}

/** The findings in a text, sorted by line, at most FINDINGS_MAX. Rejects with the signal's reason when it is aborted. */
export async function detectSecrets(text: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const found = new Map<string, Finding>();
  let lineOfWindow = 1;
  for (let start = 0; start === 0 || start + OVERLAP_CHARACTERS < text.length; ) {
    signal.throwIfAborted();
    const window = text.slice(start, start + WINDOW_CHARACTERS);
    for (const finding of await findingsIn(window, lineOfWindow)) found.set(`${finding.rule} ${finding.line}`, finding);
    if (found.size >= FINDINGS_MAX) break;
    const step = WINDOW_CHARACTERS - OVERLAP_CHARACTERS;
    lineOfWindow += lineBreaks(window, step);
    start += step;
    await nextTurn();
  }
  return [...found.values()].sort((left, right) => left.line - right.line).slice(0, FINDINGS_MAX);
}

async function findingsIn(window: string, lineOfWindow: number): Promise<readonly Finding[]> {
  const lineAt = (index: number): number => lineOfWindow + lineBreaks(window, index);
  const findings: Finding[] = [];
  for (const { rule, what, pattern, confirms } of [...SECRET_PATTERNS, ...REGULATED_PATTERNS]) {
    for (const match of window.matchAll(pattern)) {
      if (confirms !== undefined && !confirms(match)) continue;
      findings.push({ rule: `arw/${rule}`, line: lineAt(match.index), message: `looks like ${what}` });
      if (findings.length >= FINDINGS_MAX) return findings;
    }
  }
  // Without a file path every rule looks at every file; as `.json` also the rule for service accounts does.
  const source = { content: window, filePath: "", ext: ".json", contentType: "text" as const };
  const options = { config: { rules: RULES }, maskSecrets: true, noPhysicFilePath: true };
  const { messages } = await lintSource({ source, options });
  // Its own message text is dropped: it quotes what it found.
  return [
    ...findings,
    ...messages.slice(0, FINDINGS_MAX).map(({ ruleId, messageId, range }) => ({
      rule: `secretlint/${ruleId.replace(/^.*secretlint-rule-/u, "")}`,
      line: lineAt(range[0]),
      message: `looks like a secret of the kind ${messageId}`,
    })),
  ];
}

function lineBreaks(text: string, end: number): number {
  let count = 0;
  for (let index = text.indexOf("\n"); index !== -1 && index < end; index = text.indexOf("\n", index + 1)) count++;
  return count;
}

/** Binary files are scanned too, byte for character: a key inside a database or a program is a key. */
function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nulBytes = buffer.subarray(0, SNIFFED_BYTES).reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  if (nulBytes === 0) return buffer.toString("utf8");
  const text = buffer.toString("latin1");
  // A quarter of NULs and more is UTF-16 or UTF-32: without them its ASCII reads as it was written.
  return nulBytes * 4 >= Math.min(buffer.length, SNIFFED_BYTES) ? text.replaceAll("\0", "") : text;
}
