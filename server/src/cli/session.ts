// What one command line has at hand: its workspace, its terminal, and the workspace's Home once it asks for it.
// It must never start a Home for a command that only looks at files, nor ask for the owner secret twice.
import { dirname, join, relative, resolve, sep } from "node:path";
import { access } from "node:fs/promises";
import { attachOrStart } from "#platform/home/startHome.ts";
import { realWorkspaceFolder } from "#platform/state/privateFolder.ts";
import { type StateFolders, stateFolders, thisMachine, workspaceIdOf } from "#platform/state/stateFolders.ts";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import type { WorkspaceId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import { workspacePathSchema, type WorkspacePath } from "#protocol/workspacePath.ts";
import type { CliHost } from "./cliHost.ts";
import { connectToHome, type HomeClient, type HomeClientOptions } from "./homeClient.ts";
import { Terminal } from "./terminal.ts";

export interface Workspace {
  /** The real path. */
  readonly folder: string;
  readonly id: WorkspaceId;
  readonly homeFolder: string;
  readonly socketPath: string;
}

export interface GlobalOptions {
  readonly workspace?: string | undefined;
  readonly json: boolean;
  readonly colour: boolean;
}

export class CliSession implements Disposable {
  readonly host: CliHost;
  readonly terminal: Terminal;
  readonly #options: GlobalOptions;
  readonly #currentFolder: string;
  #home: HomeClient | undefined;
  #minted: string | undefined;

  constructor(host: CliHost, options: GlobalOptions) {
    this.host = host;
    this.#options = options;
    this.#currentFolder = host.currentFolder ?? process.cwd();
    this.terminal = new Terminal(host, options);
  }

  /** The folder of --workspace, else the nearest git root, else the current folder. Throws ArwError `workspace-missing`. */
  async workspace(): Promise<Workspace> {
    const named = this.#options.workspace;
    const chosen =
      named === undefined ? await nearestGitRoot(this.#currentFolder) : resolve(this.#currentFolder, named);
    const folder = await realWorkspaceFolder(chosen);
    const id = workspaceIdOf(folder);
    const folders = this.folders();
    return { folder, id, homeFolder: folders.homeFolder(id), socketPath: folders.socketPath(id) };
  }

  /** The path of a file that was named on the command line. */
  path(word: string): string {
    return resolve(this.#currentFolder, word);
  }

  folders(): StateFolders {
    return stateFolders(thisMachine(this.host.env));
  }

  /** Where in the workspace the command was typed; the workspace itself when it was typed elsewhere. */
  async folderInWorkspace(): Promise<WorkspacePath | "."> {
    const { folder } = await this.workspace();
    const inside = relative(folder, await realWorkspaceFolder(this.#currentFolder))
      .split(sep)
      .join("/");
    const decoded = decode(workspacePathSchema, inside);
    return decoded.ok ? decoded.value : ".";
  }

  /** The workspace's Home, started if none runs. */
  async home(): Promise<HomeClient> {
    if (this.#home !== undefined) return this.#home;
    const { folder, homeFolder, socketPath } = await this.workspace();
    const script = process.argv[1];
    this.#home = await attachOrStart({
      workspaceFolder: folder,
      homeFolder,
      socketPath,
      program: this.host.program ?? [process.execPath, ...(script === undefined ? [] : [script])],
      env: this.host.env,
      connect: () => connectToHome(socketPath, this.#clientOptions()),
      onMinted: (secret) => this.showMinted(secret),
    });
    return this.#home;
  }

  /** The workspace's Home if one runs. */
  async runningHome(): Promise<HomeClient | undefined> {
    this.#home ??= await connectToHome((await this.workspace()).socketPath, this.#clientOptions());
    return this.#home;
  }

  /** The node of this name or id. Throws ArwError `node-unknown`. */
  async node(text: string): Promise<NodeView> {
    const { nodes } = await (await this.home()).call(METHODS.listNodes, {});
    const found = nodes.find((node) => node.nodeId === text) ?? nodes.find((node) => node.name === text);
    if (found !== undefined) return found;
    const names = nodes.map((node) => node.name).join(", ");
    throw new ArwError(
      "node-unknown",
      `There is no node ${text}.`,
      `Name one of: ${names}. arw-home nodes lists them.`,
    );
  }

  /** Shows the owner secret, which nobody can show again. */
  async showMinted(secret: string): Promise<void> {
    this.#minted = secret;
    // Even beside --json: it goes to stderr, and a secret that nobody saw locks the owner out.
    const lines = [
      "This Home is new. Its owner secret, shown only this once:",
      "",
      `    ${secret}`,
      "",
      "Keep it in a password manager. Sending data to other machines, inviting and revoking them ask for it;",
      "give it at the prompt or as ARW_OWNER_SECRET. The Home itself keeps only its hash.",
      "",
    ];
    await this.terminal.write("stderr", `${lines.join("\n")}\n`);
  }

  [Symbol.dispose](): void {
    this.#home?.[Symbol.dispose]();
  }

  #clientOptions(): HomeClientOptions {
    return {
      client: "cli",
      ownerSecret: async () => {
        const given = this.#minted ?? this.host.env["ARW_OWNER_SECRET"];
        return given === undefined || given === "" ? this.terminal.askSecret("Owner secret") : given;
      },
    };
  }
}

async function nearestGitRoot(from: string): Promise<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      await access(join(folder, ".git"));
      return folder;
    } catch {
      if (dirname(folder) === folder) return from;
    }
  }
}
