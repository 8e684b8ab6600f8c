// Where this user's Homes, worker, engines and models live on this machine, so that every program finds the same ones.
// It decides paths and nothing else. It must never place anything inside a workspace or where another user could read.
import { digestHex, digestOf } from "#protocol/digest.ts";
import { type WorkspaceId, workspaceId } from "#protocol/ids.ts";
import { homedir, tmpdir } from "node:os";
import { posix, win32 } from "node:path";

export interface StateFolders {
  readonly root: string;
  /** Journal, blobs, identity and log of one workspace's Home. */
  homeFolder(workspace: WorkspaceId): string;
  /** Identity and membership of this machine's worker. */
  workerFolder(): string;
  /** Engines that `arw-worker engines add` installed. */
  enginesFolder(): string;
  modelsFolder(): string;
  /** The socket of a workspace's Home; on Windows the name of its pipe. */
  socketPath(workspace: WorkspaceId): string;
}

/** The facts of the machine that paths follow from. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDirectory: string;
  readonly temporaryDirectory: string;
  /** Sets one user's folder in a shared temporary directory apart from another's. */
  readonly userId: number;
}

/** The shortest limit of the systems we run on (macOS): a longer path is silently cut or refused by `bind`. */
export const SOCKET_PATH_BYTES_MAX = 103;

/** The state folders of the user who runs this process. */
export function stateFolders(machine: Machine = thisMachine()): StateFolders {
  const path = machine.platform === "win32" ? win32 : posix;
  const root = rootOf(machine);
  return {
    root,
    homeFolder: (workspace) => path.join(root, "homes", workspace),
    workerFolder: () => path.join(root, "worker"),
    enginesFolder: () => path.join(root, "engines"),
    modelsFolder: () => path.join(root, "models"),
    socketPath: (workspace) => socketPathOf(machine, root, workspace),
  };
}

/** The id of a workspace: derived from its folder's real path, so that a link to it names the same Home. */
export function workspaceIdOf(realFolderPath: string): WorkspaceId {
  return workspaceId.from(Buffer.from(digestHex(digestOf(realFolderPath)), "hex"));
}

function rootOf({ env, platform, homeDirectory }: Machine): string {
  const chosen = env["ARW_STATE_HOME"];
  if (chosen !== undefined && chosen !== "") return chosen;
  if (platform === "win32") {
    return win32.join(env["LOCALAPPDATA"] ?? win32.join(homeDirectory, "AppData", "Local"), "arw");
  }
  if (platform === "darwin") return posix.join(homeDirectory, "Library", "Application Support", "arw");
  const stateHome = env["XDG_STATE_HOME"];
  // The XDG specification: a relative path is to be ignored.
  if (stateHome?.startsWith("/")) return posix.join(stateHome, "arw");
  return posix.join(homeDirectory, ".local", "state", "arw");
}

function socketPathOf(machine: Machine, root: string, workspace: WorkspaceId): string {
  const chosenRoot = machine.env["ARW_STATE_HOME"];
  const ownRoot = chosenRoot !== undefined && chosenRoot !== "";
  // A chosen state folder holds Homes of its own: they must not meet the socket of the user's usual Home.
  if (machine.platform === "win32") return `\\\\.\\pipe\\arw-${workspace}${ownRoot ? `-${shortHash(root)}` : ""}`;
  const runtime = machine.env["XDG_RUNTIME_DIR"];
  const folder = runtime?.startsWith("/") && !ownRoot ? posix.join(runtime, "arw") : posix.join(root, "sockets");
  const path = posix.join(folder, `${workspace}.sock`);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  return posix.join(machine.temporaryDirectory, `arw-${machine.userId}`, `${shortHash(path)}.sock`);
}

function shortHash(text: string): string {
  return digestHex(digestOf(text)).slice(0, 16);
}

/** This machine, with this process's environment or another. */
export function thisMachine(env: Machine["env"] = process.env): Machine {
  return {
    env,
    platform: process.platform,
    homeDirectory: homedir(),
    temporaryDirectory: tmpdir(),
    // Not by `userInfo`, which throws for a user without a name, as many containers have.
    userId: process.getuid?.() ?? 0,
  };
}
