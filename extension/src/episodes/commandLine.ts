// Splits a command line into words as a shell does, and says where a shell would have done more: no shell runs a command here.
// It never expands anything: what it does not know as a quote or a backslash stays as it was typed.

export type SplitCommandLine =
  | {
      readonly kind: "words";
      readonly words: readonly string[];
      /** What a shell would have acted on, each once, in the order it was typed. */
      readonly unshelled: readonly string[];
    }
  | { readonly kind: "empty" }
  | { readonly kind: "open-quote"; readonly quote: "'" | '"' }
  | { readonly kind: "open-backslash" };

const BLANK = /\s/u;
/** Inside double quotes a backslash is one unless one of these follows. */
const ESCAPED_IN_DOUBLE_QUOTES = /["\\$`]/u;
/** Longest first, so that `&&` is not two `&`. */
const ACTED_ON = /^(?:&&|\|\||>>|<<|[|&;<>`*?])|^\$(?:[A-Za-z_{(?#!@*0-9]|\w+)/u;
const WORD_SAFE = /^[\w@%+=:,./-]+$/u;

export function splitCommandLine(line: string): SplitCommandLine {
  const words: string[] = [];
  const unshelled = new Set<string>();
  let word: string | undefined;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    if (BLANK.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(line, index, character);
      if (quoted === undefined) return { kind: "open-quote", quote: character };
      for (const found of quoted.unshelled) unshelled.add(found);
      word = (word ?? "") + quoted.text;
      index = quoted.end;
    } else if (character === "\\") {
      if (index + 1 >= line.length) return { kind: "open-backslash" };
      word = (word ?? "") + line.charAt(++index);
    } else {
      const acted = actedOn(line.slice(index), word === undefined);
      if (acted !== undefined) unshelled.add(acted);
      const taken = acted === undefined || acted.startsWith("$") || acted === "~" ? character : acted;
      word = (word ?? "") + taken;
      index += taken.length - 1;
    }
  }
  if (word !== undefined) words.push(word);
  return words.length === 0 ? { kind: "empty" } : { kind: "words", words, unshelled: [...unshelled] };
}

/** A line that splits into exactly these words. */
export function commandLineOf(words: readonly string[]): string {
  return words.map((word) => (WORD_SAFE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

interface Quoted {
  readonly text: string;
  /** Where the closing quote stands. */
  readonly end: number;
  readonly unshelled: readonly string[];
}

function readQuoted(line: string, start: number, quote: "'" | '"'): Quoted | undefined {
  const unshelled: string[] = [];
  let text = "";
  for (let index = start + 1; index < line.length; index++) {
    const character = line.charAt(index);
    if (character === quote) return { text, end: index, unshelled };
    const next = line.charAt(index + 1);
    if (quote === '"' && character === "\\" && ESCAPED_IN_DOUBLE_QUOTES.test(next)) {
      text += next;
      index++;
      continue;
    }
    // Single quotes keep everything; double quotes would still have let a shell see these two.
    const acted = quote === '"' && /[$`]/u.test(character) ? actedOn(line.slice(index), false) : undefined;
    if (acted !== undefined) unshelled.push(acted);
    text += character;
  }
  return undefined;
}

function actedOn(rest: string, startsWord: boolean): string | undefined {
  if (startsWord && /^~(?:\/|\s|$)/u.test(rest)) return "~";
  const found = ACTED_ON.exec(rest)?.[0];
  // A variable is named whole, so that whoever reads the hint recognises it.
  return found?.startsWith("$") === true ? (/^\$(?:\w+|.)/u.exec(rest)?.[0] ?? found) : found;
}
