// The filter's program, run by an interpreter of classic BPF, with the call numbers of the kernel's own headers.
// That the kernel takes it and that programs work under it is tried in test/contracts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type SeccompArchitecture, seccompProgram } from "./seccompFilter.ts";
import { SECCOMP_RULES } from "./seccompRules.ts";

const ARCHITECTURES: readonly SeccompArchitecture[] = ["x64", "arm64"];
const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 };
const ALLOWED = 0x7fff0000;
const KILLED = 0x80000000;
const refusal = (errorNumber: number): number => 0x00050000 + errorNumber;

interface Call {
  readonly architecture: number;
  readonly number: number;
  readonly arguments: readonly bigint[];
}

/** What the kernel would answer. Refuses what its own checker refuses: unknown codes, jumps out of the program. */
function verdict(program: Uint8Array, call: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setInt32(0, call.number, true);
  data.setUint32(4, call.architecture, true);
  for (const [index, value] of call.arguments.entries()) data.setBigUint64(16 + index * 8, value, true);
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let accumulator = 0;
  for (let at = 0; at + 8 <= code.byteLength; at += 8) {
    const operand = code.getUint32(at + 4, true);
    const jump = (taken: boolean): void => {
      at += 8 * code.getUint8(at + (taken ? 2 : 3));
    };
    switch (code.getUint16(at, true)) {
      case 0x20:
        assert.equal(operand % 4, 0);
        accumulator = data.getUint32(operand, true);
        break;
      case 0x15:
        jump(accumulator === operand);
        break;
      case 0x35:
        jump(accumulator >= operand);
        break;
      case 0x45:
        jump((accumulator & operand) !== 0);
        break;
      case 0x06:
        return operand;
      default:
        assert.fail(`an unknown instruction at ${at}`);
    }
  }
  return assert.fail("the program ended without an answer");
}

function ask(architecture: SeccompArchitecture, number: number, ...values: readonly (number | bigint)[]): number {
  const call = { architecture: AUDIT[architecture], number, arguments: values.map(BigInt) };
  return verdict(seccompProgram(architecture), call);
}

test("every call that is always refused is refused on both architectures, with its error", () => {
  const numbers = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };
  for (const architecture of ARCHITECTURES) {
    for (const { call, numbers: calls, error, where } of SECCOMP_RULES) {
      const number = calls[architecture];
      if (number === undefined || where !== undefined) continue;
      for (const value of [0n, 1n, 2n ** 64n - 1n]) {
        assert.equal(ask(architecture, number, value, value), refusal(numbers[error]), `${architecture} ${call}`);
      }
    }
  }
});

test("the calls that reach into processes, keys, kernel and mounts are among the refused, by the headers' numbers", () => {
  // ptrace, process_vm_readv, keyctl, bpf, perf_event_open, userfaultfd, mount, kexec_load, init_module, setns,
  // io_uring_setup, open_by_handle_at, clone3.
  const numbers = {
    x64: [101, 310, 250, 321, 298, 323, 165, 246, 175, 308, 425, 304, 435],
    arm64: [117, 270, 219, 280, 241, 282, 40, 104, 105, 268, 425, 265, 435],
  };
  for (const architecture of ARCHITECTURES) {
    for (const number of numbers[architecture]) assert.notEqual(ask(architecture, number, 0), ALLOWED, String(number));
  }
});

test("every other number is allowed, whatever its arguments", () => {
  for (const architecture of ARCHITECTURES) {
    const listed = new Set(SECCOMP_RULES.map(({ numbers }) => numbers[architecture]));
    for (let number = 0; number < 512; number++) {
      if (!listed.has(number)) assert.equal(ask(architecture, number, 2n ** 64n - 1n), ALLOWED, String(number));
    }
  }
});

test("threads and processes are made, namespaces are not", () => {
  const threadFlags = 0x3d0f00;
  const forkFlags = 0x1200011;
  for (const [architecture, clone, unshare] of [
    ["x64", 56, 272],
    ["arm64", 220, 97],
  ] as const) {
    for (const flags of [threadFlags, forkFlags, 17]) assert.equal(ask(architecture, clone, flags), ALLOWED);
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      assert.equal(ask(architecture, clone, flag | 17), refusal(1), flag.toString(16));
      assert.equal(ask(architecture, unshare, flag), refusal(1), flag.toString(16));
    }
    assert.equal(ask(architecture, unshare, 0x80), refusal(1));
    assert.equal(ask(architecture, unshare, 0x400), ALLOWED);
  }
});

test("sockets have the families of the private network only; bits above the kernel's 32 change nothing", () => {
  const high = 1n << 32n;
  for (const [architecture, socket] of [
    ["x64", 41],
    ["arm64", 198],
  ] as const) {
    for (const family of [1n, 2n, 10n, 16n]) {
      assert.equal(ask(architecture, socket, family), ALLOWED);
      assert.equal(ask(architecture, socket, high | family), ALLOWED);
    }
    for (const family of [0n, 17n, 38n, 40n, high | 40n]) assert.equal(ask(architecture, socket, family), refusal(97));
  }
});

test("typing into a terminal and other personalities are refused", () => {
  for (const [architecture, ioctl, personality] of [
    ["x64", 16, 135],
    ["arm64", 29, 92],
  ] as const) {
    assert.equal(ask(architecture, ioctl, 0, 0x5401), ALLOWED);
    for (const request of [0x5412, 0x541c, 0x100005412n]) {
      assert.equal(ask(architecture, ioctl, 0, request), refusal(1));
    }
    assert.equal(ask(architecture, personality, 0xffffffff), ALLOWED);
    assert.equal(ask(architecture, personality, 0x40000), refusal(1));
  }
});

test("calls of another architecture and of the x32 interface kill the process", () => {
  const i386 = 0x40000003;
  const arm = 0x40000028;
  for (const architecture of ARCHITECTURES) {
    const program = seccompProgram(architecture);
    for (const foreign of [i386, arm, AUDIT[architecture === "x64" ? "arm64" : "x64"], 0]) {
      assert.equal(verdict(program, { architecture: foreign, number: 0, arguments: [] }), KILLED);
    }
  }
  for (const number of [0x40000000, 0x40000000 + 521, 0x7fffffff, -1, 512, 521, 547]) {
    assert.equal(ask("x64", number), KILLED, String(number));
  }
  assert.equal(ask("x64", 548), ALLOWED);
});
