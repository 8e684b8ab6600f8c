// The Home's door for its clients (terminal, editor): a socket that only this user can open, JSON-RPC on each connection.
// It decides who may connect and how many. It must never listen where another user could knock, nor take over a live socket.
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { ArwError, messageOf } from "#protocol/errors.ts";
import { once } from "node:events";
import { lstat, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { ClientConnection } from "./clientConnection.ts";
import type { HomeApi } from "./homeApi.ts";
import { routesOf } from "./routes.ts";

/** Clients at once; an editor window and a few terminals need a handful. */
export const CONNECTIONS_MAX = 64;

export interface ClientServerOptions {
  /** A socket's path (its folder becomes 0700), or a pipe's name on Windows. */
  readonly socketPath: string;
  readonly api: HomeApi;
  readonly checkOwnerSecret: (secret: string) => boolean;
  /** Called with the number of clients whenever it changes. */
  readonly onClients: (count: number) => void;
  readonly log: (text: string, facts: Readonly<Record<string, unknown>>) => void;
}

export interface ClientServer {
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}

/** Listens. Throws ArwError `home-held` where another Home answers, `socket-unusable` where the socket cannot be made. */
export async function openClientServer(options: ClientServerOptions): Promise<ClientServer> {
  const isPipe = options.socketPath.startsWith("\\\\.\\pipe\\");
  if (!isPipe) await openPrivateFolder(dirname(options.socketPath));
  /** Each with the promise of its end. */
  const connections = new Map<ClientConnection, Promise<void>>();
  const context = { ...options, routes: routesOf(options.api) };
  const server = createServer((socket) => accept(socket));
  await listen(server, options.socketPath);
  // Past the opening, a failed accept (out of descriptors) costs that client, not the Home.
  server.on("error", (error) => options.log("client socket error", { reason: error.message }));

  function accept(socket: Socket): void {
    if (connections.size >= CONNECTIONS_MAX) {
      options.log("client refused", { reason: "too-many-clients", connections: connections.size });
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    const connection = new ClientConnection(socket, context);
    const ended = connection.serve().finally(() => {
      connections.delete(connection);
      options.onClients(connections.size);
    });
    connections.set(connection, ended);
    options.onClients(connections.size);
  }

  return {
    close: async () => {
      const closed = once(server, "close");
      server.close();
      // Waits for their ends as well: after this, `onClients` is never called again.
      await Promise.all([...connections].flatMap(([connection, ended]) => [connection.close(), ended]));
      await closed;
    },
  };
}

/** A socket that nobody answers is left over from a Home that was killed: whoever holds the Home's lock may replace it. */
async function listen(server: Server, socketPath: string): Promise<void> {
  try {
    await listenOnce(server, socketPath);
    return;
  } catch (error) {
    if (!hasCode(error, "EADDRINUSE")) throw unusable(socketPath, error);
  }
  if (await answers(socketPath)) {
    throw new ArwError(
      "home-held",
      `Another Home already answers at ${socketPath}.`,
      "Use that one, or stop it first: arw-home stop.",
    );
  }
  try {
    // Only a socket is ours to replace: a file of somebody else's under this name stays.
    if (!(await lstat(socketPath)).isSocket()) throw new Error("something else bears its name");
    await unlink(socketPath);
    await listenOnce(server, socketPath);
  } catch (error) {
    throw unusable(socketPath, error);
  }
}

async function listenOnce(server: Server, socketPath: string): Promise<void> {
  const listening = once(server, "listening");
  // `listen` binds before it returns, so the mask covers just the making of the socket's file: 0600 from its first moment.
  const before = process.umask(0o177);
  try {
    server.listen(socketPath);
  } finally {
    process.umask(before);
  }
  await listening;
}

async function answers(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function unusable(socketPath: string, cause: unknown): ArwError {
  return new ArwError(
    "socket-unusable",
    `The Home's socket ${socketPath} cannot be made: ${messageOf(cause)}.`,
    "Remove what stands in its place, or choose another state folder with ARW_STATE_HOME.",
    { cause },
  );
}
