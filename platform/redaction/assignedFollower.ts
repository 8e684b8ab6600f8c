// Follows a telling name to the value that is assigned to it: `api_key = "…"`, `"password": "…"`, `TOKEN=…`.
// The name is shown at once; only the value is held back, and no longer than its limit: a longer one is judged by its
// beginning and, where that looks drawn by lot, eaten to its end.
import { looksChosen, looksDrawnByLot } from "./drawnByLot.ts";
import { type Follower, type Match, STRENGTHS } from "./matches.ts";
import { membersTable } from "./runFollower.ts";

/** What may stand between a name and its operator. */
const GAP_CHARACTERS_MAX = 24;
const OPERATOR_CHARACTERS_MAX = 4;
const OPENING_CHARACTERS_MAX = 6;
/** No rule looks at more of a value. */
export const VALUE_CHARACTERS_MAX = 200;
const LOT_CHARACTERS_MIN = 16;
const CHOSEN_CHARACTERS_MIN = 8;

const GAP = membersTable("\\s\\w.\\-'\"`\\\\");
const OPERATOR = membersTable("=>:|?,");
const OPENING = membersTable("\\s'\"`=\\\\");
const VALUE = membersTable("!#%*+./0-9:=@A-Z^_a-z~\\-$?");
/** A path, a query or a template begins like this; no value that we know the form of does. */
const NO_BEGINNING = membersTable("./:=?");

/** What an assigned value is judged by: a fixed form, or how it looks. */
export type Judgement =
  | { readonly kind: "form"; readonly rule: string; readonly pattern: RegExp }
  | { readonly kind: "drawn-by-lot" }
  | { readonly kind: "chosen" };

type State = "nothing" | "operator" | "opening" | "value" | "eaten" | "passed";

export class AssignedFollower implements Follower {
  readonly #textFrom: (start: number, end: number) => string;
  readonly #found: (match: Match) => void;
  /** Where each judgement's name ended last. */
  readonly #named = new Map<Judgement, number>();
  #lastName = Number.NEGATIVE_INFINITY;
  #brokenAt = -1;
  #state: State = "nothing";
  #count = 0;
  #judgements: readonly Judgement[] = [];
  #start = 0;
  #match: Match | undefined;

  constructor(textFrom: (start: number, end: number) => string, found: (match: Match) => void) {
    this.#textFrom = textFrom;
    this.#found = found;
  }

  /** A name's last character stood at `at`. */
  expect(judgement: Judgement, at: number): void {
    this.#named.set(judgement, at);
    this.#lastName = at;
  }

  step(code: number, at: number): boolean {
    // Most names are followed by words.
    if (this.#state === "nothing" && GAP[code] === 1) return this.#mayBegin(at) || this.#forgotten();
    this.#follow(code, at);
    if (GAP[code] !== 1) this.#brokenAt = at;
    return this.#state !== "nothing" || this.#mayBegin(at) || this.#forgotten();
  }

  finish(at: number): void {
    if (this.#state === "value") this.#judge(at);
    if (this.#match !== undefined) this.#match.end = at;
    this.#match = undefined;
    this.#named.clear();
    this.#state = "nothing";
  }

  held(): number {
    return this.#state === "value" ? this.#start : Number.POSITIVE_INFINITY;
  }

  #follow(code: number, at: number): void {
    switch (this.#state) {
      case "eaten":
      case "value":
      case "passed":
        if (VALUE[code] === 1 && !this.#isName(code, at)) return this.#goOn(at);
        this.#endValue(at);
        return this.#begin(code, at);
      case "operator":
        if (OPERATOR[code] === 1) return this.#counted("operator", OPERATOR_CHARACTERS_MAX);
        this.#count = 0;
        return this.#open(code, at);
      case "opening":
        return this.#open(code, at);
      case "nothing":
        return this.#begin(code, at);
    }
  }

  /** What was taken for a value is the name of the next one: `auth = token: …`. */
  #isName(code: number, at: number): boolean {
    return this.#state !== "eaten" && OPERATOR[code] === 1 && this.#mayBegin(at);
  }

  #begin(code: number, at: number): void {
    if (OPERATOR[code] !== 1 || !this.#mayBegin(at)) return;
    this.#judgements = [...this.#named].filter(([, end]) => this.#reaches(end, at)).map(([judgement]) => judgement);
    this.#state = "operator";
    this.#count = 1;
  }

  #open(code: number, at: number): void {
    if (OPENING[code] === 1) return this.#counted("opening", OPENING_CHARACTERS_MAX);
    this.#state = VALUE[code] === 1 ? (NO_BEGINNING[code] === 1 ? "passed" : "value") : "nothing";
    this.#start = at;
  }

  #counted(state: State, max: number): void {
    this.#count += 1;
    this.#state = this.#count > max ? "nothing" : state;
  }

  #goOn(at: number): void {
    if (this.#state !== "value" || at - this.#start < VALUE_CHARACTERS_MAX) return;
    this.#state = this.#judge(at) ? "eaten" : "passed";
  }

  #endValue(at: number): void {
    if (this.#state === "value") this.#judge(at);
    if (this.#match !== undefined) this.#match.end = at;
    this.#match = undefined;
    this.#state = "nothing";
  }

  #judge(at: number): boolean {
    const value = this.#textFrom(this.#start, at);
    const judgement = this.#judgements.find((one) => isOne(one, value));
    if (judgement === undefined) return false;
    const rule = judgement.kind === "form" ? judgement.rule : "assigned-secret";
    this.#match = { rule, strength: STRENGTHS.assigned, start: this.#start, end: Number.POSITIVE_INFINITY };
    this.#found(this.#match);
    return true;
  }

  #forgotten(): false {
    this.#named.clear();
    return false;
  }

  #mayBegin(at: number): boolean {
    return this.#reaches(this.#lastName, at);
  }

  #reaches(end: number, at: number): boolean {
    return end >= this.#brokenAt && at - end <= GAP_CHARACTERS_MAX;
  }
}

function isOne(judgement: Judgement, value: string): boolean {
  switch (judgement.kind) {
    case "form":
      return judgement.pattern.test(value);
    case "drawn-by-lot":
      return value.length >= LOT_CHARACTERS_MIN && looksDrawnByLot(value);
    case "chosen":
      return value.length >= CHOSEN_CHARACTERS_MIN && looksChosen(value);
  }
}
