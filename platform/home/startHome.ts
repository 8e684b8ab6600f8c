// Attaches a client, terminal or editor, to the Home of its workspace, or starts one that outlives the client.
// It must never start a second Home where one answers: whoever loses the race to start connects to the winner.
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { decodeJson } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";

/** How often a Home that says it is ready is tried before it counts as silent: five seconds. */
export const CONNECT_TRIES_MAX = 100;
/** A Home that holds the lock may be starting, or ending: after half a second another start finds out which. */
const HELD_TRIES_MAX = 10;
const CONNECT_PAUSE_MS = 50;
/** More starts than this, half a minute of them, and the holder neither answers nor ends. */
const STARTS_MAX = 60;
/** Recovery of a long journal takes seconds; a Home that says nothing for longer hangs. */
const READY_MS_MAX = 60_000;
/** The log of background Homes; past this size it is put aside once. */
const LOG_BYTES_MAX = 8_000_000;
const READY_LINE_CHARACTERS_MAX = 65_536;

export interface StartOptions<Connection> {
  readonly workspaceFolder: string;
  readonly homeFolder: string;
  readonly socketPath: string;
  /** The words that start this program. */
  readonly program: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called with the owner secret by the start that minted it. */
  readonly onMinted: (ownerSecret: string) => Promise<void>;
  /** Connects to the socket; undefined where no Home listens. */
  readonly connect: () => Promise<Connection | undefined>;
}

/** What `serve --background` prints as its one line: it can be connected to, or why not. */
export type StartLine =
  | { readonly ready: true; readonly socket: string; readonly ownerSecret?: string }
  | { readonly ready: false; readonly code: string; readonly message: string; readonly advice: string };

const startLineSchema: z.ZodType<StartLine> = z.discriminatedUnion("ready", [
  z.looseObject({ ready: z.literal(true), socket: z.string(), ownerSecret: z.string().exactOptional() }),
  z.looseObject({ ready: z.literal(false), code: z.string(), message: z.string(), advice: z.string() }),
]);

/** Throws ArwError: the Home's own reason where it does not start, `home-silent` where it does not answer. */
export async function attachOrStart<Connection>(options: StartOptions<Connection>): Promise<Connection> {
  for (let starts = 0; starts < STARTS_MAX; starts++) {
    const running = await options.connect();
    if (running !== undefined) return running;
    const line = await startHome(options);
    if (!line.ready && line.code !== "home-held") throw new ArwError(line.code, line.message, line.advice);
    if (line.ready && line.ownerSecret !== undefined) await options.onMinted(line.ownerSecret);
    const started = await connectSoon(options, line.ready ? CONNECT_TRIES_MAX : HELD_TRIES_MAX);
    if (started !== undefined) return started;
  }
  throw new ArwError(
    "home-silent",
    `The Home of ${options.workspaceFolder} holds its lock but does not answer at ${options.socketPath}.`,
    `Look into ${join(options.homeFolder, "home.log")}; if its process hangs, end that process and try again.`,
  );
}

async function connectSoon<Connection>(
  { connect }: StartOptions<Connection>,
  triesMax: number,
): Promise<Connection | undefined> {
  for (let tries = 0; tries < triesMax; tries++) {
    const home = await connect();
    if (home !== undefined) return home;
    await sleep(CONNECT_PAUSE_MS);
  }
  return undefined;
}

async function startHome(options: StartOptions<unknown>): Promise<StartLine> {
  await openPrivateFolder(options.homeFolder);
  const logPath = join(options.homeFolder, "home.log");
  await putAside(logPath);
  const log = await open(logPath, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
  // The Home keeps only the secret's hash; the secret itself has no business in its environment.
  const { ARW_OWNER_SECRET: _secret, ...env } = options.env;
  const [command = process.execPath, ...words] = options.program;
  try {
    const child = spawn(command, [...words, "serve", "--background", "--workspace", options.workspaceFolder], {
      detached: true,
      stdio: ["ignore", "pipe", log.fd],
      cwd: options.workspaceFolder,
      env,
      windowsHide: true,
    });
    return await startLineOf(child, logPath);
  } finally {
    await log.close();
  }
}

/** The child's first line. Afterwards it is on its own. */
async function startLineOf(child: ChildProcess, logPath: string): Promise<StartLine> {
  const failed = (problem: string): StartLine => ({
    ready: false,
    code: "home-start-failed",
    message: `The Home did not start: ${problem}.`,
    advice: `Look into ${logPath}, or start it in the foreground: arw-home serve.`,
  });
  let late: NodeJS.Timeout | undefined;
  const line = await new Promise<StartLine>((resolve) => {
    let text = "";
    late = setTimeout(() => resolve(failed(`it was not ready within ${READY_MS_MAX / 1_000} s`)), READY_MS_MAX);
    child.once("error", (error) => resolve(failed(error.message)));
    child.once("close", (code) => resolve(failed(`it ended with ${code ?? "a signal"} before it was ready`)));
    child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      const end = text.indexOf("\n");
      if (end < 0 && text.length <= READY_LINE_CHARACTERS_MAX) return;
      const decoded = decodeJson(startLineSchema, text.slice(0, Math.max(0, end)));
      resolve(decoded.ok ? decoded.value : failed("its first line is none of a Home"));
    });
  });
  clearTimeout(late);
  child.stdout?.destroy();
  child.unref();
  return line;
}

async function putAside(logPath: string): Promise<void> {
  try {
    if ((await stat(logPath)).size > LOG_BYTES_MAX) await rename(logPath, `${logPath}.1`);
  } catch {
    // No log yet, or another command put it aside just now.
  }
}
