// Turns the bytes that an attempt printed into text for a terminal of this window: UTF-8 across pages, line ends as a
// terminal wants them, colours and cursor moves kept. It must never let another machine's output do more than print:
// no clipboard, no titles, no other screen, no questions that the terminal would answer, no links but web links.
import { oneLine } from "#protocol/text/plainText.ts";

/** A sequence longer than this is none that a program prints on purpose: it is dropped, and what follows is shown. */
export const SEQUENCE_CHARACTERS_MAX = 4_096;

/** Colours and styles, cursor moves, erasing, scrolling, inserting and deleting within the screen. */
const PRINTING_CSI = /^[0-9;:]*[@A-HJKLMPSTXdfmsu]$/u;
/** Shows and hides the cursor. */
const CURSOR_CSI = /^\?25[hl]$/u;
const WEB_LINK = /^8;[^;]*;(?:https?:\/\/[^\s\p{Cc}]*)?$/u;

const ESCAPE = 0x1b;
const BELL = 0x07;

/** What is held back until its end is known. */
type Pending =
  | { readonly kind: "text" }
  | { readonly kind: "escape" }
  | { readonly kind: "csi"; readonly body: string }
  /** An operating system command, or a string of another kind, which is dropped whole. */
  | { readonly kind: "string"; readonly osc: boolean; readonly body: string; readonly escaped: boolean };

/** One stream of one attempt; its state goes on from page to page. */
export class TerminalText {
  readonly #decoder = new TextDecoder("utf-8");
  #pending: Pending = { kind: "text" };
  #afterReturn = false;

  /** What the next bytes of the stream look like. */
  append(bytes: Uint8Array): string {
    return this.#filter(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The end of the stream: half a character is shown as one that is missing. */
  end(): string {
    const rest = this.#filter(this.#decoder.decode());
    this.#pending = { kind: "text" };
    return rest;
  }

  #filter(text: string): string {
    let shown = "";
    for (const character of text) shown += this.#next(character);
    return shown;
  }

  #next(character: string): string {
    const pending = this.#pending;
    switch (pending.kind) {
      case "text":
        return this.#plain(character);
      case "escape":
        return this.#afterEscape(character);
      case "csi":
        return this.#inCsi(pending.body, character);
      case "string":
        return this.#inString(pending, character);
    }
  }

  #plain(character: string): string {
    const code = character.codePointAt(0) ?? 0;
    const afterReturn = this.#afterReturn;
    this.#afterReturn = character === "\r";
    if (character === "\n") return afterReturn ? "\n" : "\r\n";
    if (code === ESCAPE) {
      this.#pending = { kind: "escape" };
      return "";
    }
    if (character === "\r" || character === "\t" || character === "\b") return character;
    // Other control characters, those with the high bit included, start sequences or ring bells.
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ? "" : character;
  }

  #afterEscape(character: string): string {
    switch (character) {
      case "[":
        this.#pending = { kind: "csi", body: "" };
        return "";
      case "]":
        this.#pending = { kind: "string", osc: true, body: "", escaped: false };
        return "";
      case "P":
      case "X":
      case "^":
      case "_":
        this.#pending = { kind: "string", osc: false, body: "", escaped: false };
        return "";
      case "\u001B":
        return "";
    }
    const code = character.codePointAt(0) ?? 0;
    // Intermediate bytes, as in the choice of a character set, have a final byte still to come.
    if (code < 0x20 || code > 0x2f) this.#pending = { kind: "text" };
    return "";
  }

  #inCsi(body: string, character: string): string {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0x20 && code <= 0x3f && body.length < SEQUENCE_CHARACTERS_MAX) {
      this.#pending = { kind: "csi", body: body + character };
      return "";
    }
    this.#pending = { kind: "text" };
    const isFinal = code >= 0x40 && code <= 0x7e;
    // A sequence that breaks off is dropped; what broke it off is text, or the start of the next one.
    if (!isFinal) return this.#plain(character);
    const sequence = body + character;
    return PRINTING_CSI.test(sequence) || CURSOR_CSI.test(sequence) ? `\u001B[${sequence}` : "";
  }

  #inString({ body, escaped, osc }: Pending & { kind: "string" }, character: string): string {
    const code = character.codePointAt(0) ?? 0;
    if (code === BELL || code === 0x9c || (escaped && character === "\\")) {
      this.#pending = { kind: "text" };
      return osc && WEB_LINK.test(body) ? `\u001B]${body}\u001B\\` : "";
    }
    if (escaped) {
      // Not a string's end but another sequence's start: the string is broken off and dropped.
      this.#pending = { kind: "escape" };
      return this.#afterEscape(character);
    }
    const tooLong = body.length >= SEQUENCE_CHARACTERS_MAX;
    // A line end is in no such string: a program died within one, and what follows is to be seen.
    if (tooLong || character === "\n") {
      this.#pending = { kind: "text" };
      return this.#plain(character);
    }
    this.#pending = { kind: "string", osc, body: code === ESCAPE ? body : body + character, escaped: code === ESCAPE };
    return "";
  }
}

/** One line of our own, dimmed; names and titles of other machines are shown without their control characters. */
export function noteLine(text: string): string {
  return `\u001B[2m${oneLine(text)}\u001B[0m\r\n`;
}

/** The same for what went wrong. */
export function errorLine(text: string): string {
  return `\u001B[31m${oneLine(text)}\u001B[0m\r\n`;
}
