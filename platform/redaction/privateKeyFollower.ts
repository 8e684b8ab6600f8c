// Follows a private key in PEM or PGP armour by state: its label, what stands before the key, the key, its END line.
// A header alone is no key: code that handles keys names it. From the first characters of the key on, all is eaten.
import { type Follower, type Match, STRENGTHS } from "./matches.ts";
import { membersTable } from "./runFollower.ts";

/** What the automaton looks for; a label follows it. */
export const PRIVATE_KEY_BEGIN = "-----BEGIN ";
const END = "-----END ";
const LABEL_CHARACTERS_MAX = 64;
/** Between the header and the key: line ends, and the header lines of PGP and of old PEM. */
const PREAMBLE_CHARACTERS_MAX = 400;
/** So many characters of base64 in a row are a key. */
const KEY_CHARACTERS_MIN = 40;
/** A longer key is eaten on as one token, to the first character that is not of base64. */
export const BLOCK_CHARACTERS_MAX = 65_536;

const LABEL = membersTable("A-Z0-9 ");
const BASE64 = membersTable("A-Za-z0-9+/=");
const PREAMBLE = membersTable("\\s\\\\A-Za-z0-9+/=\\-,.:\"'#*|@>");
/** With the quotes, escapes and plus signs of a key that stands in code. */
const BODY = membersTable("\\s\\\\A-Za-z0-9+/=\\-,:\"'#*|>");
const HYPHEN = 45;
const LABEL_END = /^[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?$/;

type State = "label" | "label-hyphens" | "preamble" | "body" | "end-label" | "end-hyphens" | "eaten";

export class PrivateKeyFollower implements Follower {
  readonly #found: (match: Match) => void;
  #state: State = "label";
  #start = 0;
  #from = 0;
  #label = "";
  #count = 0;
  #ended = 0;
  #match: Match | undefined;

  constructor(found: (match: Match) => void) {
    this.#found = found;
  }

  /** `-----BEGIN ` stood at `start`; the label begins at `from`. Inside a key it is part of what is eaten. */
  expect(start: number, from: number): void {
    if (this.#match !== undefined) return;
    this.#state = "label";
    this.#start = start;
    this.#from = from;
    this.#label = "";
    this.#count = 0;
    this.#ended = 0;
  }

  step(code: number, at: number): boolean {
    if (at < this.#from) return true;
    if (this.#goesOn(code, at)) return true;
    this.finish(at);
    return false;
  }

  finish(at: number): void {
    if (this.#match !== undefined) this.#match.end = at;
    this.#match = undefined;
    this.#start = Number.POSITIVE_INFINITY;
  }

  held(): number {
    return this.#match === undefined ? this.#start : Number.POSITIVE_INFINITY;
  }

  #goesOn(code: number, at: number): boolean {
    switch (this.#state) {
      case "label":
        if (LABEL[code] === 1) return this.#labelled(String.fromCharCode(code));
        return code === HYPHEN && LABEL_END.test(this.#label) && this.#hyphen("label-hyphens");
      case "label-hyphens":
        if (code !== HYPHEN) return false;
        if (++this.#count === 5) this.#enter("preamble", at + 1);
        return true;
      case "preamble":
        return this.#preamble(code, at);
      case "body":
        return this.#body(code, at);
      case "end-label":
        if (LABEL[code] === 1) return this.#labelled(String.fromCharCode(code));
        return code === HYPHEN && this.#hyphen("end-hyphens");
      case "end-hyphens":
        // The fifth is the last character of the key.
        if (this.#count === 5) return false;
        this.#count += 1;
        return code === HYPHEN;
      case "eaten":
        return BASE64[code] === 1;
    }
  }

  #preamble(code: number, at: number): boolean {
    this.#count = BASE64[code] === 1 ? this.#count + 1 : 0;
    if (this.#count === KEY_CHARACTERS_MIN) {
      this.#match = {
        rule: "private-key",
        strength: STRENGTHS.block,
        start: this.#start,
        end: Number.POSITIVE_INFINITY,
      };
      this.#found(this.#match);
      this.#enter("body", at + 1);
    }
    return PREAMBLE[code] === 1 && at - this.#from < PREAMBLE_CHARACTERS_MAX;
  }

  #body(code: number, at: number): boolean {
    if (at - this.#from >= BLOCK_CHARACTERS_MAX) this.#enter("eaten", at);
    // How much of `-----END ` has been read: a sixth hyphen still leaves five.
    if (END.charCodeAt(this.#ended) === code) this.#ended += 1;
    else this.#ended = code === HYPHEN ? (this.#ended === 5 ? 5 : 1) : 0;
    if (this.#ended === END.length) {
      this.#label = "";
      this.#enter("end-label", at + 1);
    }
    return this.#state === "eaten" ? BASE64[code] === 1 : BODY[code] === 1;
  }

  #labelled(character: string): boolean {
    this.#label += character;
    return this.#label.length <= LABEL_CHARACTERS_MAX;
  }

  #hyphen(state: State): true {
    this.#state = state;
    this.#count = 1;
    return true;
  }

  #enter(state: State, from: number): void {
    this.#state = state;
    this.#from = from;
    this.#count = 0;
  }
}
