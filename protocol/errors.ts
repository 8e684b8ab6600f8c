// The one shape of an error that a person sees: what went wrong (with its cause), how to mend it, and a stable code.
// A refusal of the core is a value (`Refusal`); a shell that cannot go on throws an `ArwError`; a bug throws anything else.

export interface Refusal {
  readonly kind: "refusal";
  /** Stable, kebab-case; tests and scripts match on it. */
  readonly code: string;
  /** One sentence with the cause. */
  readonly message: string;
  /** One sentence with the fix. */
  readonly advice: string;
}

export function refuse(code: string, message: string, advice: string): Refusal {
  return { kind: "refusal", code, message, advice };
}

/** An error with a code, a cause and advice. `message` is one sentence; `advice` says what to do about it. */
export class ArwError extends Error {
  readonly code: string;
  readonly advice: string;

  constructor(code: string, message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ArwError";
    this.code = code;
    this.advice = advice;
  }
}

/** What went wrong, of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The same with what to do about it, where that is known. */
export function messageWithAdvice(thrown: unknown): string {
  return thrown instanceof ArwError ? `${thrown.message} ${thrown.advice}` : messageOf(thrown);
}
