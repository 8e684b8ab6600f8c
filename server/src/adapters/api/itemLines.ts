// Takes lines out of the items of a preview and puts them back: always from the bytes that were collected, by the union of
// all that was cut, so that no order of cuts matters and nothing that was never shown comes in. It stores, and sends nothing.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decodeJson } from "#protocol/decode.ts";
import type { PreviewItem } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { type ChatMessage, chatMessagesSchema } from "#protocol/job.ts";
import {
  alsoCut,
  CUT_BYTES_MAX,
  CUT_RANGES_MAX,
  cutLines,
  cutMessages,
  lineCount,
  type LineRange,
  messageLineCount,
} from "#protocol/lineCut.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { givingWay } from "#platform/givingWay.ts";
import type { Redactor, Removed } from "#platform/redaction/redactor.ts";
import { PROMPT_ITEM } from "../collect/promptItem.ts";
import { detectSecrets } from "../collect/secretDetector.ts";

/** Looked through at a time. */
const STEP_CHARACTERS: number = 256 * 1024;

export interface CutServices {
  readonly blobs: BlobStore;
  /** It knows the workspace's secrets as they are now. */
  readonly redactor: Redactor;
}

/** The item without these lines of what it shows now; its new bytes are stored. */
export async function withoutLines(
  item: PreviewItem,
  shown: readonly LineRange[],
  { blobs, redactor }: CutServices,
  signal: AbortSignal,
): Promise<PreviewItem | Refusal> {
  const whole = item.cut?.whole ?? item.digest;
  const wholeBytes = item.cut?.wholeBytes ?? item.bytes;
  if (wholeBytes > CUT_BYTES_MAX) return cannotCut(item, "it is larger than 5 MiB");
  const text = await blobs.read(whole, byteCount(0), CUT_BYTES_MAX);
  if (!isText(text)) return cannotCut(item, "it is not text");
  const messages = item.path === PROMPT_ITEM ? messagesOf(text) : undefined;
  const read = messages?.map(({ content }) => Buffer.from(content)) ?? [text];
  const lines = alsoCut(read, item.cut?.lines ?? [], shown);
  if (lines.length > CUT_RANGES_MAX)
    return cannotCut(item, `more than ${CUT_RANGES_MAX} ranges of it would be missing`);
  const cut = messages === undefined ? fileWithout(text, lines) : promptWithout(messages, lines);
  if (cut.kind === "no-such-line") {
    return refuse(
      "preview-lines-unknown",
      `${plainText(item.path)} has no such lines in this preview.`,
      "Count them as the preview shows the item: arw-home egress show <preview> --item <path>.",
    );
  }
  if (cut.kind === "nothing-left") {
    return refuse(
      "preview-item-needed",
      `Nothing would be left of ${plainText(item.path)}.`,
      "Deny it, or take the item out.",
    );
  }
  // What two halves make together was never looked through.
  const [finding] = await detectSecrets(Buffer.from(cut.left).toString("utf8"), signal);
  if (finding !== undefined) return cannotCut(item, `what is left ${finding.message} at line ${finding.line}`);
  const joined = await joinedSecret(cut, redactor);
  if (joined !== undefined) {
    return cannotCut(item, `what is left would have a secret in it that the whole has not (${joined})`);
  }
  const { bytes, digest } = await blobs.put(cut.left);
  return { ...item, bytes, digest, cut: { whole, wholeBytes, lines } };
}

/** The item as it was collected. */
export function withAllLines({ cut, ...item }: PreviewItem): PreviewItem | Refusal {
  if (cut !== undefined) return { ...item, digest: cut.whole, bytes: cut.wholeBytes };
  return refuse(
    "preview-item-whole",
    `No lines were taken out of ${plainText(item.path)}.`,
    "See which items are shortened: arw-home egress show <preview>.",
  );
}

interface CutText {
  readonly kind: "cut";
  readonly left: Uint8Array;
  /** What it says, before and after: a text each of what is read on its own. */
  readonly textsBefore: readonly string[];
  readonly textsLeft: readonly string[];
}

type Cut = CutText | { readonly kind: "no-such-line" } | { readonly kind: "nothing-left" };

function fileWithout(text: Uint8Array, lines: readonly LineRange[]): Cut {
  if ((lines.at(-1)?.to ?? 0) > lineCount(text)) return { kind: "no-such-line" };
  const left = cutLines(text, lines);
  if (left.length === 0) return { kind: "nothing-left" };
  const [textsBefore, textsLeft] = [[Buffer.from(text).toString("utf8")], [Buffer.from(left).toString("utf8")]];
  return { kind: "cut", left, textsBefore, textsLeft };
}

function messagesOf(prompt: Uint8Array): readonly ChatMessage[] {
  const messages = decodeJson(chatMessagesSchema, Buffer.from(prompt).toString("utf8"));
  if (!messages.ok) throw new Error(`the stored prompt ${messages.path} ${messages.problem}`);
  return messages.value;
}

/** What leaves is canonical JSON again, of messages that are shorter. */
function promptWithout(messages: readonly ChatMessage[], lines: readonly LineRange[]): Cut {
  if ((lines.at(-1)?.to ?? 0) > messageLineCount(messages)) return { kind: "no-such-line" };
  const left = cutMessages(messages, lines);
  const asks = left.findLast(({ role }) => role === "user");
  if (asks === undefined || asks.content.trim() === "") return { kind: "nothing-left" };
  const [textsBefore, textsLeft] = [messages, left].map((each) => each.map(({ content }) => content));
  return {
    kind: "cut",
    left: Buffer.from(canonicalJson(left)),
    textsBefore: textsBefore ?? [],
    textsLeft: textsLeft ?? [],
  };
}

/** The rule of a secret that stands in what is left more often than in the whole: its parts stood around what was cut. */
async function joinedSecret({ textsBefore, textsLeft }: CutText, redactor: Redactor): Promise<string | undefined> {
  const before = await secretsIn(textsBefore, redactor);
  for (const [key, { rule, times }] of await secretsIn(textsLeft, redactor)) {
    if (times > (before.get(key)?.times ?? 0)) return rule;
  }
  return undefined;
}

async function secretsIn(texts: readonly string[], redactor: Redactor): Promise<ReadonlyMap<string, Removed>> {
  const found = new Map<string, Removed>();
  for (const text of texts) {
    for (const one of await givingWay(removedFrom(text, redactor))) {
      const key = `${one.rule} ${one.tag}`;
      found.set(key, { ...one, times: one.times + (found.get(key)?.times ?? 0) });
    }
  }
  return found;
}

function* removedFrom(text: string, redactor: Redactor): Generator<void, readonly Removed[]> {
  const stream = redactor.open();
  for (let from = 0; from < text.length; from += STEP_CHARACTERS) {
    stream.write(text.slice(from, from + STEP_CHARACTERS));
    yield;
  }
  stream.end();
  return stream.removed;
}

function cannotCut({ path }: PreviewItem, why: string): Refusal {
  return refuse(
    "preview-item-uncuttable",
    `Lines cannot be taken out of ${plainText(path)}: ${why}.`,
    "Take the whole item out, or send it as it is.",
  );
}

export function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
