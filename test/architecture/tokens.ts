// Splits TypeScript source into the words, strings and signs that the architecture test reads.
// It decides what is code and what is comment, text or regular expression. It must never guess past the end of a
// literal: source it cannot follow throws with the line, because a check that skips code silently cannot fail.

/** A piece of code. `text` of a string or template is its content; a template with `${}` is of kind `mixed`. */
export interface Token {
  readonly kind: "word" | "string" | "mixed" | "number" | "regularExpression" | "sign";
  readonly text: string;
  readonly line: number;
}

/** After these words a slash opens a regular expression; after any other word or a closing bracket it divides. */
const WORDS_BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  "return typeof case in of do else void delete throw new await yield instanceof extends default".split(" "),
);

/** All tokens of a file, comments left out, the code inside `${}` included. Throws where a literal never ends. */
export function tokenize(source: string): readonly Token[] {
  return new Reader(source).all();
}

class Reader {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  all(): readonly Token[] {
    if (this.#source.startsWith("#!")) this.#skipTo("\n");
    this.#readCode(false);
    return this.#tokens;
  }

  /** Reads until the end, or, inside a template, until the brace that closes the `${`. */
  #readCode(insideTemplate: boolean): void {
    let depth = 0;
    while (this.#at < this.#source.length) {
      const character = this.#peek();
      const pair = this.#source.slice(this.#at, this.#at + 2);
      if (/\s/u.test(character)) this.#advance(1);
      else if (pair === "//") this.#skipTo("\n");
      else if (pair === "/*") this.#skipTo("*/", 2);
      else if (character === '"' || character === "'") this.#readString(character);
      else if (character === "`") this.#readTemplate();
      else if (character === "/" && this.#expectsExpression()) this.#readRegularExpression();
      else if (/[\p{ID_Start}$_#@]/u.test(character)) this.#readMatch("word", /[#@]?[\p{ID_Continue}$\u200c\u200d]*/uy);
      else if (/[0-9]/u.test(character)) this.#readMatch("number", /[0-9][\w.]*/uy);
      else {
        if (character === "{") depth += 1;
        if (character === "}") {
          if (insideTemplate && depth === 0) return;
          depth -= 1;
        }
        this.#push("sign", character);
        this.#advance(1);
      }
    }
    if (insideTemplate) throw this.#unfinished("a template");
  }

  #readString(quote: string): void {
    const line = this.#line;
    let text = "";
    this.#advance(1);
    while (this.#peek() !== quote) {
      if (this.#at >= this.#source.length || this.#peek() === "\n") throw this.#unfinished("a string");
      text += this.#readCharacterOfLiteral();
    }
    this.#advance(1);
    this.#tokens.push({ kind: "string", text, line });
  }

  #readTemplate(): void {
    const line = this.#line;
    let text = "";
    let mixed = false;
    this.#advance(1);
    // The token comes before those of its own expressions, as in the source.
    const index = this.#tokens.push({ kind: "mixed", text, line }) - 1;
    while (this.#peek() !== "`") {
      if (this.#at >= this.#source.length) throw this.#unfinished("a template");
      if (this.#source.startsWith("${", this.#at)) {
        mixed = true;
        this.#advance(2);
        this.#readCode(true);
        this.#advance(1);
      } else text += this.#readCharacterOfLiteral();
    }
    this.#advance(1);
    this.#tokens[index] = { kind: mixed ? "mixed" : "string", text, line };
  }

  #readRegularExpression(): void {
    const start = this.#at;
    let insideClass = false;
    this.#advance(1);
    while (insideClass || this.#peek() !== "/") {
      const character = this.#peek();
      if (character === "" || character === "\n") throw this.#unfinished("a regular expression");
      if (character === "[") insideClass = true;
      if (character === "]") insideClass = false;
      this.#advance(character === "\\" ? 2 : 1);
    }
    this.#advance(1);
    this.#push("regularExpression", this.#source.slice(start, this.#at));
    while (/[a-z]/u.test(this.#peek())) this.#advance(1);
  }

  #readMatch(kind: "word" | "number", pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0] ?? "";
    if (text === "") throw this.#unfinished("a name");
    this.#push(kind, text);
    this.#advance(text.length);
  }

  /** One character of a string or template, its escape undone as far as module names need it. */
  #readCharacterOfLiteral(): string {
    if (this.#peek() !== "\\") {
      const character = this.#peek();
      this.#advance(1);
      return character;
    }
    // A module name spelled in escapes would hide from the table, so the common spellings are undone.
    const escape = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]+)\})/iuy;
    escape.lastIndex = this.#at;
    const found = escape.exec(this.#source);
    if (found !== null) {
      this.#advance(found[0].length);
      return String.fromCodePoint(Number.parseInt(found[1] ?? found[2] ?? found[3] ?? "0", 16));
    }
    const escaped = this.#source[this.#at + 1] ?? "";
    this.#advance(2);
    return escaped === "\n" ? "" : escaped;
  }

  #expectsExpression(): boolean {
    const previous = this.#tokens.at(-1);
    if (previous === undefined) return true;
    switch (previous.kind) {
      case "word":
        return WORDS_BEFORE_EXPRESSION.has(previous.text);
      case "sign":
        return ![")", "]", "}"].includes(previous.text);
      case "string":
      case "mixed":
      case "number":
      case "regularExpression":
        return false;
    }
  }

  #peek(): string {
    return this.#source[this.#at] ?? "";
  }

  #push(kind: Token["kind"], text: string): void {
    this.#tokens.push({ kind, text, line: this.#line });
  }

  #advance(count: number): void {
    for (let step = 0; step < count; step += 1) {
      if (this.#source[this.#at] === "\n") this.#line += 1;
      this.#at += 1;
    }
  }

  #skipTo(end: string, from = 0): void {
    const found = this.#source.indexOf(end, this.#at + from);
    if (found === -1 && end !== "\n") throw this.#unfinished("a comment");
    this.#advance((found === -1 ? this.#source.length : found + end.length) - this.#at);
  }

  #unfinished(what: string): Error {
    return new Error(`line ${this.#line}: ${what} never ends`);
  }
}
