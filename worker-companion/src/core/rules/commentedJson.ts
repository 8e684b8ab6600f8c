// Reads JSON that people write: with comments and trailing commas, and with the line of everything that is wrong.
// It is as strict as it can be: a key twice, or a key that is no plain name, is an error and never a guess.
/** A rules file nests four levels deep. */
export const COMMENTED_JSON_DEPTH_MAX = 16;

export interface TextPlace {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export type CommentedJson =
  | { readonly ok: true; readonly value: unknown; readonly placeOf: (path: readonly PropertyKey[]) => TextPlace }
  | { readonly ok: false; readonly place: TextPlace; readonly problem: string };

export function parseCommentedJson(text: string): CommentedJson {
  const reader = new Reader(text);
  try {
    const value = reader.document();
    return { ok: true, value, placeOf: (path) => placeAt(text, reader.offsetOf(path)) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, place: placeAt(text, error.offset), problem: error.message };
  }
}

class Unreadable extends Error {
  readonly offset: number;
  constructor(offset: number, problem: string) {
    super(problem);
    this.offset = offset;
  }
}

const STRING = /"(?:[^"\\]|\\[\s\S])*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const WORD = /(?:true|false|null)\b/y;
const BLANK = /(?:[\s\uFEFF]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;

class Reader {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value([]);
    this.#skipBlank();
    if (this.#at < this.#text.length) throw this.#unreadable("nothing may follow the end of the document");
    return value;
  }

  /** Of the longest part of the path that is in the text. */
  offsetOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsets.get(keyOf(path.slice(0, length)));
      if (offset !== undefined) return offset;
    }
    return this.#offsets.get(keyOf([])) ?? 0;
  }

  #value(path: readonly PropertyKey[]): unknown {
    this.#skipBlank();
    if (path.length > COMMENTED_JSON_DEPTH_MAX) throw this.#unreadable("this is nested too deep");
    this.#offsets.set(keyOf(path), this.#at);
    const next = this.#text[this.#at];
    if (next === "{") return this.#object(path);
    if (next === "[") return this.#array(path);
    const plain = next === '"' ? this.#match(STRING) : (this.#match(NUMBER) ?? this.#match(WORD));
    if (plain !== undefined) return this.#parse(plain);
    throw this.#unreadable(next === undefined ? "the text ends too early" : `a value cannot begin with ${next}`);
  }

  #object(path: readonly PropertyKey[]): unknown {
    const members = new Map<string, unknown>();
    this.#list("}", () => {
      const begin = this.#at;
      const quoted = this.#match(STRING);
      if (quoted === undefined) throw this.#unreadable('a key in double quotes is expected here, or "}"');
      const key = String(this.#parse(quoted));
      if (members.has(key)) throw new Unreadable(begin, `the key "${key}" is here twice`);
      if (key === "__proto__") throw new Unreadable(begin, "this key is not allowed");
      this.#skipBlank();
      if (!this.#take(":")) throw this.#unreadable(`":" is expected after the key "${key}"`);
      members.set(key, this.#value([...path, key]));
    });
    return Object.fromEntries(members);
  }

  #array(path: readonly PropertyKey[]): unknown {
    const items: unknown[] = [];
    this.#list("]", () => items.push(this.#value([...path, items.length])));
    return items;
  }

  /** From the opening bracket to the closing one; a comma may stand before the closing one. */
  #list(closing: "}" | "]", item: () => void): void {
    this.#at += 1;
    for (;;) {
      this.#skipBlank();
      if (this.#take(closing)) return;
      item();
      this.#skipBlank();
      if (this.#take(",")) continue;
      if (this.#take(closing)) return;
      throw this.#unreadable(`"," or "${closing}" is expected here`);
    }
  }

  /** Of one word, number or text, which has just been passed. */
  #parse(plain: string): unknown {
    try {
      return JSON.parse(plain);
    } catch {
      throw new Unreadable(this.#at - plain.length, "this text holds a line break, or a backslash that means nothing");
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #skipBlank(): void {
    this.#match(BLANK);
    if (this.#text.startsWith("/*", this.#at)) throw this.#unreadable('a comment has no end: "*/" is missing');
  }

  #unreadable(problem: string): Unreadable {
    return new Unreadable(this.#at, problem);
  }
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
