// What attempts print, as files beside the journal: one a stream, so that retention can drop them and the chain stays whole.
// It decides when output is durable and so may be acknowledged. It must never leave a gap, nor let an id become a path.
import type { FileSystem } from "#platform/files/fileSystem.ts";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import type { StoredBlob } from "#platform/blobs/blobStore.ts";
import { digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { OutputRoom, type OutputRoomTerms, roomOf } from "./outputRoom.ts";
import { SharedRun } from "#platform/sharedRun.ts";

export type OutputStream = "stdout" | "stderr" | "text";

export interface OutputFiles {
  /**
   * Resolves when the bytes have their place and are on their way to it, and on a disk that is nearly full only once they
   * are there; `durable` resolves when they are on the disk. The same range again is the same as once. Both reject with ArwError: "output-gap" beyond the end, "output-overloaded" when
   * too much waits, "output-unwritable" once the disk has failed for this file in this process (nothing is retried) and where
   * only the journal has room left. The caller leaves `bytes` alone until `durable` settles.
   */
  begin(attemptId: string, stream: OutputStream, fromByte: number, bytes: Uint8Array): Promise<BegunOutput>;
  /**
   * Makes the file that the first bytes of this stream will need, while nobody waits for it yet. Where that cannot be, it is
   * made when they come.
   */
  prepare(attemptId: string, stream: OutputStream): void;
  /** The same, and waits until it is durable. */
  append(attemptId: string, stream: OutputStream, fromByte: number, bytes: Uint8Array): Promise<void>;
  /**
   * Writes what is there of the range once more, durably: a range of which nobody knows whether it became durable. False
   * where the bytes are not those of the digest; they were never acknowledged then.
   */
  renew(attemptId: string, stream: OutputStream, fromByte: number, is: StoredBlob): Promise<boolean>;
  /** What is there of the range; empty for an attempt that never printed. */
  read(attemptId: string, stream: OutputStream, fromByte: number, bytesMax: number): Promise<Uint8Array>;
  /** Every attempt that has output here, with its bytes. */
  attempts(): Promise<ReadonlyMap<string, number>>;
  /** Drops all output of an attempt, durably. */
  remove(attemptId: string): Promise<void>;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

export interface BegunOutput {
  readonly durable: Promise<void>;
}

/** Output of one file that may wait for the disk; the sender's window is smaller, so only a stuck disk meets it. */
export const OUTPUT_PENDING_BYTES_MAX: number = 8 * 1024 * 1024;
/** Files whose end is remembered; one that was forgotten is measured again. */
export const OUTPUT_FILES_KNOWN_MAX = 256;

export async function openOutputFiles(folder: string): Promise<OutputFiles> {
  return outputFilesOn(await openNodeFileSystem(folder), roomOf(folder));
}

/** Takes the file system over: closing the output files closes it. Without a word about its room it has plenty. */
export function outputFilesOn(
  fileSystem: FileSystem,
  room: OutputRoomTerms = { freeBytes: async () => undefined, nowMs: () => 0 },
): OutputFiles {
  return new FilesOfAttempts(fileSystem, new OutputRoom(room));
}

const STREAMS: readonly OutputStream[] = ["stdout", "stderr", "text"];

class FilesOfAttempts implements OutputFiles {
  readonly #fileSystem: FileSystem;
  readonly #room: OutputRoom;
  readonly #namesSync: SharedRun;
  /** In the order of last use. */
  readonly #files = new Map<string, KnownOutput>();

  constructor(fileSystem: FileSystem, room: OutputRoom) {
    this.#fileSystem = fileSystem;
    this.#room = room;
    this.#namesSync = new SharedRun(() => fileSystem.syncDirectory());
  }

  async append(attemptId: string, stream: OutputStream, fromByte: number, bytes: Uint8Array): Promise<void> {
    await (await this.begin(attemptId, stream, fromByte, bytes)).durable;
  }

  prepare(attemptId: string, stream: OutputStream): void {
    const name = fileNameOf(attemptId, stream);
    const known = this.#known(name);
    known.opened.catch(() => {
      if (!known.begun && this.#files.get(name) === known) this.#files.delete(name);
    });
  }

  async begin(attemptId: string, stream: OutputStream, fromByte: number, bytes: Uint8Array): Promise<BegunOutput> {
    const name = fileNameOf(attemptId, stream);
    const isAmple = this.#room.isAmple(bytes.length) || (await this.#room.look(name, bytes.length));
    const known = this.#known(name);
    // The first bytes of a file have their place whatever is there already: they need not wait until it is looked at.
    const isFirst = !known.begun && fromByte === 0;
    known.begun = true;
    const durable = isFirst
      ? known.opened.then((output) => this.#append(output, fromByte, bytes))
      : this.#append(await known.opened, fromByte, bytes);
    // Whoever wants to know waits for it; that nobody does must not end the process.
    durable.catch((error: unknown) => {
      if (error instanceof ArwError && error.code === "output-unwritable") this.#room.failed();
    });
    if (!isAmple) await durable;
    return { durable };
  }

  /** Side by side: a file's first bytes and its name become durable in one go of the disk. Throws as `OutputFile.append`. */
  #append({ file, named }: OpenedOutput, fromByte: number, bytes: Uint8Array): Promise<void> {
    return Promise.all([file.append(fromByte, bytes), named]).then(() => this.#forgetIdle());
  }

  async renew(attemptId: string, stream: OutputStream, fromByte: number, is: StoredBlob): Promise<boolean> {
    const bytes = await this.read(attemptId, stream, fromByte, is.bytes);
    if (digestOf(bytes) !== is.digest) return false;
    await this.append(attemptId, stream, fromByte, bytes);
    return true;
  }

  async read(attemptId: string, stream: OutputStream, fromByte: number, bytesMax: number): Promise<Uint8Array> {
    try {
      return await this.#fileSystem.read(fileNameOf(attemptId, stream), { fromByte, bytesMax });
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return new Uint8Array();
      throw error;
    }
  }

  async attempts(): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    for (const name of await this.#fileSystem.list()) {
      const [attempt, stream, ...rest] = name.split(".");
      if (attempt === undefined || rest.length > 0 || !STREAMS.some((known) => known === stream)) continue;
      bytes.set(attempt, (bytes.get(attempt) ?? 0) + (await this.#fileSystem.size(name)));
    }
    return bytes;
  }

  async remove(attemptId: string): Promise<void> {
    for (const stream of STREAMS) {
      const name = fileNameOf(attemptId, stream);
      const known = this.#files.get(name);
      this.#files.delete(name);
      await known?.opened.then(({ file }) => file.idle()).catch(() => undefined);
      await this.#fileSystem.remove(name).catch((error: unknown) => {
        if (errnoOf(error) !== "ENOENT") throw error;
      });
    }
    await this.#namesSync.join();
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#files.values()].map(async ({ opened }) => (await opened).file.idle()));
    await this.#fileSystem.close();
  }

  /** The file of this name, used last. */
  #known(name: string): KnownOutput {
    const known = this.#files.get(name) ?? { opened: this.#open(name), begun: false };
    this.#files.delete(name);
    this.#files.set(name, known);
    return known;
  }

  async #open(name: string): Promise<OpenedOutput> {
    try {
      const file = new OutputFile(this.#fileSystem, name, await this.#lengthOf(name));
      // Also for a file that was there: the process that made it may have been killed before its name was durable.
      const named = this.#namesSync.join().catch((cause: unknown) => {
        throw unwritable(name, cause);
      });
      // Whoever appends waits for it; that nobody does must not end the process.
      named.catch(() => undefined);
      return { file, named };
    } catch (cause) {
      throw unwritable(name, cause);
    }
  }

  async #lengthOf(name: string): Promise<number> {
    try {
      await this.#fileSystem.create(name);
      return 0;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      return this.#fileSystem.size(name);
    }
  }

  async #forgetIdle(): Promise<void> {
    for (const [name, known] of this.#files) {
      if (this.#files.size <= OUTPUT_FILES_KNOWN_MAX) return;
      const file = await known.opened.then(
        (output) => output.file,
        () => undefined,
      );
      if (file?.isIdle === true && this.#files.get(name) === known) this.#files.delete(name);
    }
  }
}

interface KnownOutput {
  readonly opened: Promise<OpenedOutput>;
  /** Whether bytes were ever handed to it. */
  begun: boolean;
}

interface OpenedOutput {
  readonly file: OutputFile;
  /** Settles once the file's name is durable; every append waits for it. */
  readonly named: Promise<void>;
}

interface WaitingOutput {
  readonly fromByte: number;
  readonly bytes: Uint8Array;
}

/** One file. What waits is written together and shares a sync. */
class OutputFile {
  readonly #fileSystem: FileSystem;
  readonly #name: string;
  readonly #written: SharedRun;
  /** What waits included. */
  #length: number;
  /** Made durable by this process. What was found at the start may be garbage past the last acknowledged byte. */
  #durable: { readonly fromByte: number; readonly toByte: number } | undefined;
  #waiting: WaitingOutput[] = [];
  #pendingBytes = 0;
  #fault: ArwError | undefined;

  constructor(fileSystem: FileSystem, name: string, length: number) {
    this.#fileSystem = fileSystem;
    this.#name = name;
    this.#length = length;
    this.#written = new SharedRun(() => this.#writeWhatWaits());
  }

  get isIdle(): boolean {
    return this.#pendingBytes === 0 && this.#fault === undefined;
  }

  /** Throws where the bytes cannot have their place; the promise settles when they are durable. */
  append(fromByte: number, bytes: Uint8Array): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    const toByte = fromByte + bytes.length;
    if (fromByte > this.#length) throw gapIn(this.#name, fromByte, this.#length);
    if (this.#durable !== undefined && fromByte >= this.#durable.fromByte && toByte <= this.#durable.toByte) {
      return Promise.resolve();
    }
    if (this.#pendingBytes + bytes.length > OUTPUT_PENDING_BYTES_MAX) throw overloaded(this.#name);
    this.#length = Math.max(this.#length, toByte);
    this.#pendingBytes += bytes.length;
    this.#waiting.push({ fromByte, bytes });
    return this.#written.join();
  }

  async idle(): Promise<void> {
    await this.#written.settled();
  }

  async #writeWhatWaits(): Promise<void> {
    const batch = this.#waiting.splice(0);
    try {
      if (this.#fault !== undefined) throw this.#fault;
      for (const { fromByte, bytes } of piecesOf(batch)) await this.#fileSystem.write(this.#name, bytes, fromByte);
      await this.#fileSystem.sync(this.#name);
      for (const output of batch) this.#noteDurable(output);
    } catch (cause) {
      this.#fault ??= unwritable(this.#name, cause);
      throw this.#fault;
    } finally {
      for (const { bytes } of batch) this.#pendingBytes -= bytes.length;
    }
  }

  #noteDurable({ fromByte, bytes }: WaitingOutput): void {
    const toByte = fromByte + bytes.length;
    const before = this.#durable;
    const touches = before !== undefined && fromByte <= before.toByte && toByte >= before.fromByte;
    this.#durable = touches
      ? { fromByte: Math.min(before.fromByte, fromByte), toByte: Math.max(before.toByte, toByte) }
      : { fromByte, toByte };
  }
}

/** Outputs that follow each other become one write. */
function piecesOf(batch: readonly WaitingOutput[]): readonly WaitingOutput[] {
  const pieces: { readonly fromByte: number; readonly parts: Uint8Array[]; toByte: number }[] = [];
  for (const { fromByte, bytes } of batch) {
    const last = pieces.at(-1);
    if (last?.toByte === fromByte) {
      last.parts.push(bytes);
      last.toByte += bytes.length;
    } else pieces.push({ fromByte, parts: [bytes], toByte: fromByte + bytes.length });
  }
  return pieces.map(({ fromByte, parts }) => ({ fromByte, bytes: Buffer.concat(parts) }));
}

/** Throws RangeError on an id that could be anything but a file's name. */
function fileNameOf(attemptId: string, stream: OutputStream): string {
  if (!/^[a-z0-9_]{1,100}$/.test(attemptId)) throw new RangeError(`not an attempt's id: ${JSON.stringify(attemptId)}`);
  if (!STREAMS.includes(stream)) throw new RangeError(`not an output stream: ${JSON.stringify(stream)}`);
  return `${attemptId}.${stream}`;
}

function gapIn(name: string, fromByte: number, length: number): ArwError {
  return new ArwError(
    "output-gap",
    `Output for ${name} came for byte ${fromByte}, but only ${length} bytes are there`,
    "Send again from the last acknowledged byte.",
  );
}

function overloaded(name: string): ArwError {
  return new ArwError(
    "output-overloaded",
    `More than ${OUTPUT_PENDING_BYTES_MAX} bytes of output wait to be written to ${name}`,
    "Wait for acknowledgements before sending more; if it lasts, see what else keeps the disk busy.",
  );
}

function unwritable(name: string, cause: unknown): ArwError {
  const errno = errnoOf(cause);
  return new ArwError(
    "output-unwritable",
    `The output file ${name} could not be written${errno === undefined ? "" : ` (${errno})`}`,
    "Free disk space or mend the disk, then start the episode again; where the Home only reads: arw-home journal reopen.",
    { cause },
  );
}
