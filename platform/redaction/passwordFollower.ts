// Follows an address behind its `://` to a password before its `@`. Only what may be the password is held back.
import { type Follower, type Match, STRENGTHS } from "./matches.ts";
import { membersTable } from "./runFollower.ts";

const USER_CHARACTERS_MAX = 64;
const PASSWORD_CHARACTERS_MAX = 200;

const USER = membersTable("!#$%&'*+,.0-9;=A-Z^_a-z~\\-");
const PASSWORD = membersTable("!#$%&*+,.0-9:;=A-Z^_a-z~?()\\-");
/** What a template has where the password will stand. */
const TEMPLATE = membersTable("$%*");
const COLON = 58;
const AT_SIGN = 64;

export class PasswordFollower implements Follower {
  readonly #found: (match: Match) => void;
  #from = 0;
  /** Infinity before the colon. */
  #start: number = Number.POSITIVE_INFINITY;

  constructor(found: (match: Match) => void) {
    this.#found = found;
  }

  /** The address begins with the next character. */
  expect(from: number): void {
    this.#from = from;
    this.#start = Number.POSITIVE_INFINITY;
  }

  step(code: number, at: number): boolean {
    if (at < this.#from) return true;
    if (this.#start === Number.POSITIVE_INFINITY) {
      if (code === COLON) this.#start = at + 1;
      return code === COLON || (USER[code] === 1 && at - this.#from < USER_CHARACTERS_MAX);
    }
    if (at === this.#start && TEMPLATE[code] === 1) return this.#end();
    if (PASSWORD[code] === 1 && at - this.#start < PASSWORD_CHARACTERS_MAX) return true;
    if (code === AT_SIGN && at > this.#start) {
      this.#found({ rule: "address-password", strength: STRENGTHS.assigned, start: this.#start, end: at });
    }
    return this.#end();
  }

  finish(_at: number): void {
    this.#end();
  }

  held(): number {
    return this.#start;
  }

  #end(): false {
    this.#start = Number.POSITIVE_INFINITY;
    return false;
  }
}
