// Replaces what looks like a secret, or is a known one, in text that leaves. Pure: rules, secrets and salt decide alone.
// Each character is looked at once, and what was seen before decides what becomes of it: however a text is cut into
// chunks, the result is the same. It must never show a part of a match, and never hold ordinary text back for long.
// What it cannot find: secrets of unknown form, passwords that are words, paraphrases, pictures, other encodings.
import { TextDecoder } from "node:util";
import { AssignedFollower, type Judgement } from "./assignedFollower.ts";
import { KeywordAutomaton } from "./keywordAutomaton.ts";
import { KnownFollower, knownMatch } from "./knownFollower.ts";
import { ANCHOR_CHARACTERS, type Spelling, spellingsOf } from "./knownSecrets.ts";
import { type Follower, isBefore, type Match, Region, STRENGTHS } from "./matches.ts";
import { PasswordFollower } from "./passwordFollower.ts";
import { placeholder, tagOf, TAG_SOURCE_CHARACTERS_MAX } from "./placeholder.ts";
import { PRIVATE_KEY_BEGIN, PrivateKeyFollower } from "./privateKeyFollower.ts";
import type { KeywordRun, RedactionRules } from "./rules.ts";
import { membersTable, RunFollower } from "./runFollower.ts";

export interface Redactor {
  /** For one text that comes in pieces. */
  open(listener?: RemovalListener): RedactionStream;
  /** For a text that is there as a whole. */
  redact(text: string): Redacted;
}

/** Hears where in the whole text something is removed. Positions count its UTF-16 code units. */
export interface RemovalListener {
  /** What begins here is removed, however far it goes. */
  begun(start: number): void;
  /** It went up to here. */
  ended(end: number, placeholder: string): void;
}

export interface RedactionStream {
  /** What may be shown of all that was written so far and was not shown before. Bytes are UTF-8. */
  write(chunk: string | Uint8Array): string;
  /** The rest. Nothing can be written afterwards. */
  end(): string;
  readonly removed: readonly Removed[];
  /** UTF-16 code units that wait for what comes next. */
  readonly heldCharacters: number;
  /** UTF-16 code units of the whole text that were shown, or are part of what is removed. */
  readonly decidedCharacters: number;
}

export interface Redacted {
  readonly text: string;
  readonly removed: readonly Removed[];
}

/** One secret that was removed, by its rule and tag, and how often. */
export interface Removed {
  readonly rule: string;
  readonly tag: string;
  readonly times: number;
}

/** More different ones than this are removed, but not counted apart. */
export const REMOVED_NAMED_MAX = 200;

/** What to do when a keyword has been found. */
type Anchor =
  | { readonly kind: "run"; readonly run: KeywordRun; readonly table: number }
  | { readonly kind: "name"; readonly judgement: Judgement }
  | { readonly kind: "known"; readonly spelling: Spelling }
  | { readonly kind: "address" }
  | { readonly kind: "private-key" };

interface Compiled {
  readonly automaton: KeywordAutomaton;
  readonly keywords: readonly string[];
  readonly anchors: readonly Anchor[];
  readonly tables: readonly Uint8Array[];
  readonly salt: Uint8Array;
}

export function createRedactor(rules: RedactionRules, knownSecrets: readonly string[], salt: Uint8Array): Redactor {
  const compiled = compile(rules, knownSecrets, salt);
  return {
    open: (listener) => new Stream(compiled, listener),
    redact(text) {
      const stream = new Stream(compiled);
      return { text: stream.write(text) + stream.end(), removed: stream.removed };
    },
  };
}

function compile(rules: RedactionRules, knownSecrets: readonly string[], salt: Uint8Array): Compiled {
  const keywords: string[] = ["://", PRIVATE_KEY_BEGIN];
  const anchors: Anchor[] = [{ kind: "address" }, { kind: "private-key" }];
  const add = (keyword: string, anchor: Anchor): void => {
    keywords.push(keyword);
    anchors.push(anchor);
  };
  const classes = [...new Set(rules.runs.map(({ members }) => members))];
  for (const run of rules.runs) add(run.keyword, { kind: "run", run, table: classes.indexOf(run.members) });
  for (const { rule, names, value } of rules.forms) {
    const judgement: Judgement = { kind: "form", rule, pattern: new RegExp(`^(?:${value})$`) };
    for (const name of names) add(name, { kind: "name", judgement });
  }
  const [lot, chosen]: readonly Judgement[] = [{ kind: "drawn-by-lot" }, { kind: "chosen" }];
  for (const name of rules.tellingNames) if (lot !== undefined) add(name, { kind: "name", judgement: lot });
  for (const name of rules.passwordNames) if (chosen !== undefined) add(name, { kind: "name", judgement: chosen });
  for (const spelling of spellingsOf(knownSecrets)) {
    add(spelling.text.slice(0, ANCHOR_CHARACTERS), { kind: "known", spelling });
  }
  const tables = classes.map(membersTable);
  return { automaton: new KeywordAutomaton(keywords), keywords, anchors, tables, salt };
}

const WORD = membersTable("0-9A-Za-z_");
const NOBODY = new Uint8Array(0);

class Stream implements RedactionStream {
  readonly #compiled: Compiled;
  readonly #listener: RemovalListener | undefined;
  readonly #decoder: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #removed = new Map<string, Removed>();
  /** What was not shown yet, from position `#base` of the whole text on. */
  #text = "";
  #base = 0;
  /** The code unit before `#text`. */
  #before = 0;
  #scanned = 0;
  #state = 0;
  readonly #active: Follower[] = [];
  /** Found and not yet in a region; see isBefore for the order. */
  #matches: Match[] = [];
  #region: Region | undefined;
  #regionText = "";

  /** By table; those whose keyword stays readable come behind the others. Made when they are first needed. */
  readonly #runs: (RunFollower | undefined)[] = [];
  readonly #assigned: AssignedFollower;
  readonly #password: PasswordFollower;
  readonly #privateKey: PrivateKeyFollower;
  readonly #known = new Map<Spelling, KnownFollower>();

  constructor(compiled: Compiled, listener?: RemovalListener) {
    const found = (match: Match): void => this.#found(match);
    this.#compiled = compiled;
    this.#listener = listener;
    this.#assigned = new AssignedFollower(
      (start, end) => this.#text.slice(start - this.#base, end - this.#base),
      found,
    );
    this.#password = new PasswordFollower(found);
    this.#privateKey = new PrivateKeyFollower(found);
  }

  get removed(): readonly Removed[] {
    return [...this.#removed.values()];
  }

  get heldCharacters(): number {
    return this.#text.length;
  }

  get decidedCharacters(): number {
    return this.#base;
  }

  write(chunk: string | Uint8Array): string {
    return this.#read(typeof chunk === "string" ? chunk : this.#decoder.decode(chunk, { stream: true }));
  }

  end(): string {
    const shown = this.#read(this.#decoder.decode());
    for (const follower of this.#active) follower.finish(this.#scanned);
    this.#active.length = 0;
    return shown + this.#release(this.#scanned);
  }

  #read(chunk: string): string {
    if (chunk === "") return "";
    this.#text += chunk;
    this.#scan();
    let frontier = this.#scanned - (this.#compiled.automaton.depths[this.#state] ?? 0);
    for (const follower of this.#active) frontier = Math.min(frontier, follower.held());
    // Half a character is none: whoever encodes the pieces one by one would lose it.
    if (isHighSurrogate(this.#text.charCodeAt(frontier - 1 - this.#base))) frontier -= 1;
    return this.#release(Math.max(frontier, this.#base));
  }

  #scan(): void {
    const { next, classOf, width, firstHit } = this.#compiled.automaton;
    const text = this.#text;
    const active = this.#active;
    let state = this.#state;
    let index = this.#scanned - this.#base;
    while (index < text.length) {
      if (active.length > 0) this.#step(text.charCodeAt(index), this.#base + index);
      // Nearly all of a text is read by this inner loop alone.
      do {
        state = next[state * width + (classOf[text.charCodeAt(index)] ?? 0)] ?? 0;
        index += 1;
      } while (state < firstHit && active.length === 0 && index < text.length);
      if (state >= firstHit) this.#hit(state - firstHit, this.#base + index - 1);
    }
    this.#state = state;
    this.#scanned = this.#base + text.length;
  }

  #step(code: number, at: number): void {
    let kept = 0;
    for (const follower of this.#active) if (follower.step(code, at)) this.#active[kept++] = follower;
    this.#active.length = kept;
  }

  #hit(telling: number, at: number): void {
    for (const index of this.#compiled.automaton.hits[telling] ?? []) {
      const anchor = this.#compiled.anchors[index];
      const keyword = this.#compiled.keywords[index] ?? "";
      if (anchor !== undefined) this.#anchored(anchor, keyword, at);
    }
  }

  #anchored(anchor: Anchor, keyword: string, at: number): void {
    const start = at + 1 - keyword.length;
    switch (anchor.kind) {
      case "run":
        return this.#runAt(anchor.run, anchor.table, start, at + 1);
      case "name":
        this.#assigned.expect(anchor.judgement, at);
        return this.#activate(this.#assigned);
      case "known":
        return this.#knownAt(anchor.spelling, keyword, start);
      case "address":
        this.#password.expect(at + 1);
        return this.#activate(this.#password);
      case "private-key":
        if (!this.#stands(keyword, start)) return;
        this.#privateKey.expect(start, at + 1);
        return this.#activate(this.#privateKey);
    }
  }

  #runAt(
    { rule, keyword, folded, atWordStart, staysReadable, min }: KeywordRun,
    table: number,
    start: number,
    from: number,
  ): void {
    if (!folded && !this.#stands(keyword, start)) return;
    if (atWordStart && WORD[this.#codeBefore(start)] === 1) return;
    const slot = staysReadable ? this.#compiled.tables.length + table : table;
    let follower = this.#runs[slot];
    if (follower === undefined) {
      const strength = staysReadable ? STRENGTHS.assigned : STRENGTHS.run;
      follower = new RunFollower(this.#compiled.tables[table] ?? NOBODY, strength, (match) => this.#found(match));
      this.#runs[slot] = follower;
    }
    follower.expect(staysReadable ? from : start, from, rule, min);
    this.#activate(follower);
  }

  #knownAt(spelling: Spelling, keyword: string, start: number): void {
    if (!this.#stands(keyword, start)) return;
    if (spelling.text.length <= ANCHOR_CHARACTERS) {
      return this.#found(knownMatch(spelling, start, start + spelling.text.length));
    }
    let follower = this.#known.get(spelling);
    if (follower === undefined) {
      follower = new KnownFollower(spelling, (match) => this.#found(match));
      this.#known.set(spelling, follower);
    }
    follower.expect(start);
    this.#activate(follower);
  }

  #activate(follower: Follower): void {
    if (!this.#active.includes(follower)) this.#active.push(follower);
  }

  /** The automaton folds letters; this does not. */
  #stands(keyword: string, start: number): boolean {
    return this.#text.startsWith(keyword, start - this.#base);
  }

  #codeBefore(start: number): number {
    return start === this.#base ? this.#before : this.#text.charCodeAt(start - 1 - this.#base);
  }

  #found(match: Match): void {
    let place = this.#matches.length;
    for (; place > 0; place--) {
      const before = this.#matches[place - 1];
      if (before === undefined || !isBefore(match, before)) break;
    }
    this.#matches.splice(place, 0, match);
  }

  /** Shows what lies before the frontier; no match that begins before it is unknown. */
  #release(frontier: number): string {
    let shown = "";
    let taken = 0;
    for (;;) {
      let next = this.#matches[taken];
      if (this.#region === undefined) {
        if (next === undefined || next.start >= frontier) break;
        shown += this.#take(next.start);
        this.#region = new Region(next);
        this.#listener?.begun(next.start);
        next = this.#matches[++taken];
      }
      while (next !== undefined && next.start < Math.min(this.#region.end(), frontier)) {
        this.#region.add(next);
        next = this.#matches[++taken];
      }
      const end = this.#region.end();
      const eaten = this.#take(Math.min(end, frontier));
      this.#regionText = (this.#regionText + eaten).slice(0, TAG_SOURCE_CHARACTERS_MAX);
      if (end > frontier) break;
      shown += this.#closed(this.#region, end);
    }
    this.#matches.splice(0, taken);
    return this.#region === undefined ? shown + this.#take(frontier) : shown;
  }

  #closed({ best }: Region, end: number): string {
    const tag = tagOf(this.#compiled.salt, best.secret ?? this.#regionText.slice(0, best.end - best.start));
    this.#region = undefined;
    this.#regionText = "";
    const key = this.#removed.size < REMOVED_NAMED_MAX ? `${best.rule} ${tag}` : "more";
    const before = this.#removed.get(key);
    const named = key === "more" ? { rule: "more", tag: "" } : { rule: best.rule, tag };
    this.#removed.set(key, { ...named, times: (before?.times ?? 0) + 1 });
    const stands = placeholder(best.rule, tag);
    this.#listener?.ended(end, stands);
    return stands;
  }

  #take(to: number): string {
    const length = to - this.#base;
    if (length <= 0) return "";
    const text = this.#text.slice(0, length);
    this.#before = text.charCodeAt(length - 1);
    this.#text = this.#text.slice(length);
    this.#base = to;
    return text;
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
