// The bridge from commander to our commands: options decoded like any outside data, one session a command line.
// It decides how a command is run, not what it does.
import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import type { CliHost } from "./cliHost.ts";
import { CliSession } from "./session.ts";
import { redactedStart } from "#platform/redaction/redactedStart.ts";
import { createRedactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";

/** More of a word is not repeated. */
const WORD_CHARACTERS_MAX = 200;

/** What a command does. Resolves to the exit code, or to nothing for 0. */
export type Action = (session: CliSession, words: readonly string[], options: unknown) => Promise<number | void>;
/** Ties an action to its command. */
export type Bind = (command: Command, action: Action) => Command;

interface Globals {
  readonly workspace?: string | undefined;
  readonly json?: boolean | undefined;
  readonly color: boolean;
}
const globalsSchema: z.ZodType<Globals> = z.looseObject({
  workspace: z.string().optional(),
  json: z.boolean().optional(),
  color: z.boolean(),
});

/** Makes actions run on this host; `finish` gets each exit code. */
export function binder(host: CliHost, finish: (exitCode: number) => void): Bind {
  return (command, action) =>
    command.action(async () => {
      const options: unknown = command.optsWithGlobals();
      const globals = readOptions(globalsSchema, options);
      using session = new CliSession(host, {
        workspace: globals.workspace,
        json: globals.json === true,
        colour: globals.color,
      });
      finish((await action(session, command.args, options)) ?? 0);
    });
}

/** Throws ArwError `usage`. */
export function readOptions<T>(schema: z.ZodType<T>, options: unknown): T {
  const decoded = decode(schema, options);
  if (decoded.ok) return decoded.value;
  const option = decoded.path.replace(/^\$\.?/, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw usage(`--${option} ${decoded.problem}`);
}

/** Throws ArwError `usage` unless the word decodes, e.g. to an id. */
export function readWord<T>(schema: z.ZodType<T>, word: string | undefined, noun: string): T {
  const decoded = decode(schema, word);
  if (decoded.ok) return decoded.value;
  throw usage(`${word === undefined ? "nothing" : shownWord(word)} is no ${noun}: it ${decoded.problem}`);
}

/** A word that was typed in the wrong place: errors are kept by shells, scripts and CI, and it may be a secret. */
function shownWord(word: string): string {
  return redactedStart(word, WORD_CHARACTERS_MAX, createRedactor(REDACTION_RULES, [], randomBytes(32)));
}

export function usage(problem: string, advice = "Run arw-home help <command> for its options."): ArwError {
  return new ArwError("usage", `The command line is not valid: ${problem}.`, advice);
}

/** A repeated option. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
