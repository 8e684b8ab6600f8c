// The options that `run`, `join` and `service install` share: how a worker of this machine is to run.
// It decides nothing but what a valid value is.
import { type Command, InvalidArgumentError } from "commander";

export interface RunFlags {
  readonly slots: number;
  readonly unsandboxed?: boolean;
}

/** Attempts at once, unless the owner says otherwise: one more than the machine's only engine keeps busy. */
const SLOTS_USUAL = 2;
const SLOTS_MAX = 64;

export function withRunFlags(command: Command): Command {
  return command
    .option("--slots <number>", "jobs at once", (text) => wholeNumber(text, SLOTS_MAX), SLOTS_USUAL)
    .option("--unsandboxed", "run commands without a sandbox: they may do whatever you may");
}

export function wholeNumber(text: string, max: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
}
