// The private socket over which one worker of a state folder is asked for its status, to drain and to stop.
// Whoever listens on it is the running worker: there is never a second one on the same folder.
import { createServer, createConnection, type Server, type Socket } from "node:net";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { acquireProcessLock } from "#platform/state/processLock.ts";
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { SOCKET_PATH_BYTES_MAX } from "#platform/state/stateFolders.ts";
import { decodeJson } from "#protocol/decode.ts";
import { digestHex, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";

export type ControlRequest = "status" | "drain" | "stop";

/** A request is one short line. */
const REQUEST_CHARACTERS_MAX = 1_024;
/** A status names every engine with its models. */
const REPLY_CHARACTERS_MAX: number = 1024 * 1024;

const requestSchema: z.ZodType<{ readonly kind: ControlRequest }> = z.strictObject({
  kind: z.enum(["status", "drain", "stop"]),
});

export interface ControlSocket {
  close(): Promise<void>;
}

/** Answers with what `answer` resolves to. Throws ArwError `worker-running` where a worker of this folder runs already. */
export async function listenForControl(
  folder: string,
  answer: (request: ControlRequest) => Promise<unknown>,
): Promise<ControlSocket> {
  const path = await controlPath(folder);
  // Two that start at once over a left-over socket would each remove the other's: the lock lets one of them try.
  const lock = await acquireProcessLock(join(folder, "lock"));
  if (lock.kind === "held") throw alreadyRunning(folder);
  const server = createServer((socket) => serve(socket, answer));
  try {
    await listenAlone(server, path, folder);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return {
    close: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await lock.release();
    },
  };
}

async function listenAlone(server: Server, path: string, folder: string): Promise<void> {
  try {
    await listen(server, path);
  } catch (error) {
    if (errnoOf(error) !== "EADDRINUSE") throw error;
    if (await answers(path)) throw alreadyRunning(folder);
    // Its worker was killed: the name is left over, nobody listens behind it.
    await rm(path, { force: true });
    await listen(server, path);
  }
}

/** The running worker's answer, decoded; undefined where no worker runs. Throws ArwError `worker-silent`. */
export async function askWorker<Answer>(
  folder: string,
  request: ControlRequest,
  schema: z.ZodType<Answer>,
): Promise<Answer | undefined> {
  const socket = createConnection(await controlPath(folder));
  socket.setEncoding("utf8");
  try {
    await connected(socket);
  } catch {
    socket.destroy();
    return undefined;
  }
  socket.write(`${JSON.stringify({ kind: request })}\n`);
  let text = "";
  try {
    for await (const part of socket) {
      text += String(part);
      if (text.length > REPLY_CHARACTERS_MAX) break;
    }
  } finally {
    socket.destroy();
  }
  const decoded = decodeJson(schema, text);
  if (decoded.ok) return decoded.value;
  throw new ArwError(
    "worker-silent",
    `The running worker did not answer: ${decoded.path} ${decoded.problem}.`,
    "It may have been stopped meanwhile, or be of another version; try again, or restart it.",
  );
}

function serve(socket: Socket, answer: (request: ControlRequest) => Promise<unknown>): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (part) => {
    text += String(part);
    const end = text.indexOf("\n");
    if (end < 0 && text.length > REQUEST_CHARACTERS_MAX) socket.destroy();
    if (end < 0) return;
    socket.removeAllListeners("data");
    const decoded = decodeJson(requestSchema, text.slice(0, end));
    if (!decoded.ok) {
      socket.destroy();
      return;
    }
    answer(decoded.value.kind).then(
      (reply) => socket.end(`${JSON.stringify(reply)}\n`),
      () => socket.destroy(),
    );
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function answers(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await connected(socket);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
}

/** Inside the worker's folder, which only its user may enter; where that path is too long, in a private temporary folder. */
async function controlPath(folder: string): Promise<string> {
  const hash = digestHex(digestOf(folder)).slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\arw-worker-${hash}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "control.sock");
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  const short = join(tmpdir(), `arw-${process.getuid?.() ?? 0}`);
  await openPrivateFolder(short);
  return join(short, `worker-${hash}.sock`);
}

function alreadyRunning(folder: string): ArwError {
  return new ArwError(
    "worker-running",
    `A worker already runs from the folder ${folder}.`,
    "Look at it with: arw-worker status. For a second worker on this machine give it its own folder with --state.",
  );
}
