// The system call filter of the sandbox as a classic BPF program, which bubblewrap loads for the command and all it starts.
// Calls of another architecture, or of the x32 interface, kill the process: their numbers mean other calls.
// Every jump goes forward over a few instructions of its own rule, so no rule can reach into another.
import { SECCOMP_RULES, type SeccompArchitecture, type SeccompCondition, type SeccompError } from "./seccompRules.ts";

export type { SeccompArchitecture };

/** The architecture of this program's machine, where there is a filter for it. */
export function seccompArchitecture(): SeccompArchitecture | undefined {
  return process.arch === "x64" || process.arch === "arm64" ? process.arch : undefined;
}

/** The program as the kernel takes it: instructions of eight bytes each. */
export function seccompProgram(architecture: SeccompArchitecture): Uint8Array {
  const instructions = [
    load(ARCHITECTURE_OFFSET),
    ...unless(equals(AUDIT_ARCHITECTURE[architecture]), answer(KILL_PROCESS)),
    load(NUMBER_OFFSET),
    ...(architecture === "x64" ? withoutX32() : []),
    ...SECCOMP_RULES.flatMap(({ numbers, error, where }) => {
      const number = numbers[architecture];
      return number === undefined ? [] : rule(number, answer(REFUSE | ERROR_NUMBERS[error]), where);
    }),
    answer(ALLOW),
  ];
  const bytes = new DataView(new ArrayBuffer(instructions.length * INSTRUCTION_BYTES));
  for (const [index, { code, ifTrue, ifFalse, operand }] of instructions.entries()) {
    const at = index * INSTRUCTION_BYTES;
    bytes.setUint16(at, code, true);
    bytes.setUint8(at + 2, ifTrue);
    bytes.setUint8(at + 3, ifFalse);
    bytes.setUint32(at + 4, operand, true);
  }
  return new Uint8Array(bytes.buffer);
}

interface Instruction {
  readonly code: number;
  /** How many instructions are jumped over. */
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly operand: number;
}

type Test = Pick<Instruction, "code" | "operand">;

const INSTRUCTION_BYTES = 8;

// <linux/filter.h>: load a word; compare the accumulator with a constant; return a constant.
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

// <linux/seccomp.h>: struct seccomp_data, and what a filter answers.
const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const ARGUMENTS_OFFSET = 16;
const ARGUMENT_BYTES = 8;
const KILL_PROCESS = 0x80000000;
const REFUSE = 0x00050000;
const ALLOW = 0x7fff0000;

// <linux/audit.h>; both little-endian, so an argument's lower half stands first.
const AUDIT_ARCHITECTURE: Readonly<Record<SeccompArchitecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const ERROR_NUMBERS: Readonly<Record<SeccompError, number>> = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };

const X32_BIT = 0x40000000;
/** The x32 calls of their own; some kernels took them without the bit, too. */
const X32_NUMBERS = { first: 512, end: 548 };

function load(offset: number): Instruction {
  return { code: LOAD_WORD, ifTrue: 0, ifFalse: 0, operand: offset };
}

function answer(value: number): Instruction {
  return { code: RETURN, ifTrue: 0, ifFalse: 0, operand: value };
}

function equals(operand: number): Test {
  return { code: JUMP_EQUAL, operand };
}

function when(test: Test, ...body: readonly Instruction[]): readonly Instruction[] {
  return [{ ...test, ifTrue: 0, ifFalse: body.length }, ...body];
}

function unless(test: Test, ...body: readonly Instruction[]): readonly Instruction[] {
  return [{ ...test, ifTrue: body.length, ifFalse: 0 }, ...body];
}

function withoutX32(): readonly Instruction[] {
  const atLeast = (operand: number): Test => ({ code: JUMP_AT_LEAST, operand });
  return [
    ...when(atLeast(X32_BIT), answer(KILL_PROCESS)),
    ...when(atLeast(X32_NUMBERS.first), ...unless(atLeast(X32_NUMBERS.end), answer(KILL_PROCESS))),
  ];
}

function rule(number: number, refusal: Instruction, where?: SeccompCondition): readonly Instruction[] {
  if (where === undefined) return when(equals(number), refusal);
  const argument = load(ARGUMENTS_OFFSET + where.argument * ARGUMENT_BYTES);
  // The accumulator holds an argument now, so this rule answers in any case.
  return when(equals(number), argument, ...decision(where, refusal));
}

function decision(where: SeccompCondition, refusal: Instruction): readonly Instruction[] {
  switch (where.kind) {
    case "any-bit":
      return [...when({ code: JUMP_ANY_BIT, operand: where.bits }, refusal), answer(ALLOW)];
    case "one-of":
      return [...where.values.flatMap((value) => when(equals(value), refusal)), answer(ALLOW)];
    case "none-of":
      return [...where.values.flatMap((value) => when(equals(value), answer(ALLOW))), refusal];
  }
}
