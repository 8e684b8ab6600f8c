// A disk in memory that does its worst within what real disks may do. What was not synced survives a power cut by
// sectors in any subset and order, a file may have grown before its bytes came, a name may be missing or still there.
// It decides by its seed alone. It must never take back what a successful sync covered.
import type { ByteRange, FileSystem } from "#platform/files/fileSystem.ts";
import { requireBareName } from "#platform/files/fileSystem.ts";
import type { Chance } from "./chance.ts";

const SECTOR_BYTES = 512;

/** How a process ends: with the power the unsynced is at risk; with the process alone the kernel keeps it. */
export type Ending = "power-cut" | "process-killed";

type UnsyncedChange =
  | { readonly kind: "write"; readonly fromByte: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly bytes: number };

/** What a name stands for; a rename moves it, an unsynced removal may bring it back. */
class ModelledFile {
  /** What a running process sees. */
  live: Uint8Array = new Uint8Array();
  /** What the last successful sync made safe. */
  durable: Uint8Array = new Uint8Array();
  unsynced: UnsyncedChange[] = [];
}

type NameChange =
  | { readonly kind: "set"; readonly name: string; readonly file: ModelledFile }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string; readonly file: ModelledFile };

export class ModelledDisk implements FileSystem {
  readonly #chance: Chance;
  #names = new Map<string, ModelledFile>();
  #durableNames = new Map<string, ModelledFile>();
  #unsyncedNames: NameChange[] = [];
  #crashAtOperation = Number.POSITIVE_INFINITY;
  #failedSync: string | undefined;
  #failedWrite: string | undefined;
  #writesShort = false;
  #crashed = false;
  /** Operations that change the disk, so far. */
  operations = 0;
  /** Calls of `sync`, the failed ones included. */
  syncs = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** The operation of that number from now on (1 is the next) is under way when the machine stops. */
  crashAfter(operations: number): void {
    this.#crashAtOperation = this.operations + operations;
  }

  /** The next sync fails, and like Linux the disk then takes the pages for clean: no later sync writes them. */
  failNextSync(errno: string): void {
    this.#failedSync = errno;
  }

  /** The next write takes a part of its bytes and fails. */
  failNextWrite(errno: string): void {
    this.#failedWrite = errno;
  }

  /** Writes arrive in several pieces, and the machine may stop between two. */
  writeShort(): void {
    this.#writesShort = true;
  }

  /** One bit of a durable file decays. */
  flipBit(name: string, bit: number): void {
    const file = this.#file(name);
    for (const bytes of new Set([file.live, file.durable])) {
      if (bit >> 3 < bytes.length) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    }
  }

  /** Puts other bytes in a file's place, durably: what somebody with an editor does. */
  tamper(name: string, bytes: Uint8Array): void {
    const file = this.#file(name);
    Object.assign(file, { live: copyOf(bytes), durable: copyOf(bytes), unsynced: [] });
  }

  /** The disk as the next process finds it. */
  afterCrash(ending: Ending): ModelledDisk {
    const next = new ModelledDisk(this.#chance);
    if (ending === "process-killed") {
      next.#names = this.#names;
      next.#durableNames = this.#durableNames;
      next.#unsyncedNames = this.#unsyncedNames;
      return next;
    }
    const survive = this.#chance.next();
    for (const [name, file] of this.#namesAfterPowerCut()) {
      const survivor = new ModelledFile();
      survivor.durable = this.#bytesAfterPowerCut(file, survive);
      survivor.live = copyOf(survivor.durable);
      next.#names.set(name, survivor);
      next.#durableNames.set(name, survivor);
    }
    return next;
  }

  async list(): Promise<readonly string[]> {
    this.#requireRunning();
    return [...this.#names.keys()];
  }

  async size(name: string): Promise<number> {
    this.#requireRunning();
    return this.#file(name).live.length;
  }

  async read(name: string, range?: ByteRange): Promise<Uint8Array> {
    this.#requireRunning();
    const { live } = this.#file(name);
    return copyOf(range === undefined ? live : live.subarray(range.fromByte, range.fromByte + range.bytesMax));
  }

  async create(name: string): Promise<void> {
    requireBareName(name);
    if (this.#names.has(name)) throw diskError("EEXIST", `${name} exists`);
    const file = new ModelledFile();
    this.#names.set(name, file);
    this.#unsyncedNames.push({ kind: "set", name, file });
    this.#step();
  }

  async write(name: string, bytes: Uint8Array, fromByte: number): Promise<void> {
    const file = this.#file(name);
    const failure = this.#failedWrite;
    this.#failedWrite = undefined;
    const taken = failure === undefined ? bytes : bytes.subarray(0, this.#chance.below(bytes.length + 1));
    let at = 0;
    do {
      const piece = this.#writesShort ? 1 + this.#chance.below(taken.length - at || 1) : taken.length - at;
      const part = copyOf(taken.subarray(at, at + piece));
      file.live = laidOver(file.live, part, fromByte + at);
      file.unsynced.push({ kind: "write", fromByte: fromByte + at, bytes: part });
      at += piece;
      this.#step();
    } while (at < taken.length);
    if (failure !== undefined) throw diskError(failure, `only ${taken.length} of ${bytes.length} bytes were taken`);
  }

  async truncate(name: string, bytes: number): Promise<void> {
    const file = this.#file(name);
    file.live = resized(file.live, bytes);
    file.unsynced.push({ kind: "truncate", bytes });
    this.#step();
  }

  async sync(name: string): Promise<void> {
    const file = this.#file(name);
    this.syncs++;
    this.#step();
    const failure = this.#failedSync;
    if (failure !== undefined) {
      this.#failedSync = undefined;
      file.durable = this.#bytesAfterPowerCut(file, this.#chance.next());
      file.unsynced = [];
      throw diskError(failure, "the disk did not take the bytes");
    }
    // Only what is noted as unsynced reaches the disk: pages of an earlier failed sync count as clean.
    file.durable = file.unsynced.reduce((bytes, change) => changed(bytes, change), file.durable);
    file.unsynced = [];
  }

  async syncDirectory(): Promise<void> {
    this.#step();
    this.#durableNames = new Map(this.#names);
    this.#unsyncedNames = [];
  }

  async rename(from: string, to: string): Promise<void> {
    requireBareName(to);
    const file = this.#file(from);
    this.#names.delete(from);
    this.#names.set(to, file);
    this.#unsyncedNames.push({ kind: "rename", from, to, file });
    this.#step();
  }

  async remove(name: string): Promise<void> {
    this.#file(name);
    this.#names.delete(name);
    this.#unsyncedNames.push({ kind: "remove", name });
    this.#step();
  }

  async close(): Promise<void> {}

  #file(name: string): ModelledFile {
    this.#requireRunning();
    requireBareName(name);
    const file = this.#names.get(name);
    if (file === undefined) throw diskError("ENOENT", `no file ${name}`);
    return file;
  }

  #step(): void {
    this.#requireRunning();
    this.operations++;
    if (this.operations < this.#crashAtOperation) return;
    this.#crashed = true;
    this.#requireRunning();
  }

  #requireRunning(): void {
    if (this.#crashed) throw new MachineStopped();
  }

  #namesAfterPowerCut(): Map<string, ModelledFile> {
    const names = new Map(this.#durableNames);
    for (const change of this.#unsyncedNames) {
      if (this.#chance.yes(0.5)) continue;
      if (change.kind === "remove") names.delete(change.name);
      if (change.kind === "set") names.set(change.name, change.file);
      if (change.kind === "rename") {
        names.delete(change.from);
        names.set(change.to, change.file);
      }
    }
    return names;
  }

  /** `survive` picks the kind of loss: nothing arrived, each write's beginning, or any sectors in any order. */
  #bytesAfterPowerCut({ durable, unsynced }: ModelledFile, survive: number): Uint8Array {
    let bytes = durable;
    for (const change of unsynced) {
      if (change.kind === "truncate") {
        if (this.#chance.yes(0.5)) bytes = resized(bytes, Math.min(bytes.length, change.bytes));
      } else if (survive >= 0.4) {
        bytes = this.#someSectors(bytes, change.bytes, change.fromByte);
      } else if (survive >= 0.2) {
        const beginning = change.bytes.subarray(0, this.#chance.below(change.bytes.length + 1));
        if (beginning.length > 0) bytes = laidOver(bytes, beginning, change.fromByte);
      }
    }
    return copyOf(bytes);
  }

  #someSectors(before: Uint8Array, written: Uint8Array, fromByte: number): Uint8Array {
    let bytes = before;
    const toByte = fromByte + written.length;
    // The file's length may reach the disk before its bytes do: with zeros there, or with what lay on the disk.
    if (this.#chance.yes(0.3) && bytes.length < toByte) {
      const grown = resized(bytes, toByte);
      if (this.#chance.yes(0.5)) for (let at = bytes.length; at < toByte; at++) grown[at] = this.#chance.below(256);
      bytes = grown;
    }
    for (let sector = fromByte - (fromByte % SECTOR_BYTES); sector < toByte; sector += SECTOR_BYTES) {
      if (this.#chance.yes(0.5)) continue;
      const from = Math.max(fromByte, sector);
      const part = written.subarray(from - fromByte, Math.min(toByte, sector + SECTOR_BYTES) - fromByte);
      bytes = laidOver(bytes, part, from);
    }
    return bytes;
  }
}

/** The process or the power is gone; nothing it does afterwards has any effect. */
export class MachineStopped extends Error {}

function diskError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function changed(bytes: Uint8Array, change: UnsyncedChange): Uint8Array {
  return change.kind === "truncate" ? resized(bytes, change.bytes) : laidOver(bytes, change.bytes, change.fromByte);
}

function laidOver(below: Uint8Array, above: Uint8Array, fromByte: number): Uint8Array {
  const bytes = resized(below, Math.max(below.length, fromByte + above.length));
  bytes.set(above, fromByte);
  return bytes;
}

/** A Buffer's own `slice` would share its memory. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  return copy;
}
