// A workspace, a Home and workers in temporary folders: what every acceptance test stands on.
// Everything runs as real processes over real sockets; nothing of this machine's own state is touched.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { stateFolders, thisMachine, workspaceIdOf } from "#platform/state/stateFolders.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS, type ParamsOf } from "#protocol/wire/client.ts";
import type { EpisodeRequest, EpisodeView, NodeView } from "#protocol/wire/clientViews.ts";
import { connectToHome, type HomeClient } from "../../server/src/cli/homeClient.ts";
import { type Ended, type Environment, factsIn, Program, type Scope, until } from "./processes.ts";

const EXAMPLE = resolve("examples/tally");
const plantedSchema = z.strictObject({ files: z.array(z.string()), secrets: z.array(z.string()) });
const readySchema = z.looseObject({ socket: z.string() });
const wordsSchema = z.looseObject({ words: z.array(z.string()) });
const anyFact = z.looseObject({ kind: z.string() });

export interface BenchOptions {
  /** Where the Home keeps its state; otherwise a temporary folder. */
  readonly homeState?: string;
  /** Adds to the environment of every program, e.g. ARW_HEARTBEAT_MS. */
  readonly environment?: Environment;
}

export interface BenchWorker {
  readonly name: string;
  /** Its ARW_STATE_HOME. */
  readonly state: string;
  program: Program;
}

export class Bench {
  readonly workspace: string;
  readonly homeState: string;
  readonly secrets: readonly string[];
  readonly socketPath: string;
  /** The state folder of this workspace's Home. */
  readonly homeFolder: string;
  /** Known once a Home has started. */
  ownerSecret = "";
  home: Program | undefined;
  readonly #folder: string;
  readonly #environment: Environment;
  readonly #programs: Program[] = [];
  readonly #clients: HomeClient[] = [];

  private constructor(folder: string, secrets: readonly string[], options: BenchOptions) {
    this.#folder = folder;
    this.workspace = join(folder, "tally");
    this.homeState = options.homeState ?? join(folder, "home");
    this.secrets = secrets;
    this.#environment = options.environment ?? {};
    const folders = stateFolders(thisMachine({ ARW_STATE_HOME: this.homeState }));
    const id = workspaceIdOf(this.workspace);
    this.socketPath = folders.socketPath(id);
    this.homeFolder = folders.homeFolder(id);
  }

  /** A copy of the example under git, with secrets planted. It closes with its test; without one, who opened it closes it. */
  static async open(scope: Scope | undefined, options: BenchOptions = {}): Promise<Bench> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-acceptance-")));
    // For a run that is broken off before its tests could clean up; the programs are ended by then.
    process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    const workspace = join(folder, "tally");
    cpSync(EXAMPLE, workspace, { recursive: true });
    spawnSync("git", ["init", "-q"], { cwd: workspace });
    mkdirSync(join(folder, "home"), { mode: 0o700 });
    const plant = z.looseObject({ plantSecrets: z.function({ input: [z.string()], output: plantedSchema }) });
    const { plantSecrets } = plant.parse(await import(pathToFileURL(join(workspace, "plant.mjs")).href));
    const bench = new Bench(folder, plantSecrets(workspace).secrets, options);
    scope?.after(() => bench.close());
    return bench;
  }

  folder(name: string): string {
    const path = join(this.#folder, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }

  /** Starts the Home in the foreground and waits until clients can connect. */
  async serve(environment: Environment = {}): Promise<Program> {
    const home = this.startHome(["serve", "--json"], environment);
    this.home = home;
    await home.fact("home-ready", readySchema);
    if (this.ownerSecret === "") {
      this.ownerSecret = await until("the owner secret", () => /^ *(arw-owner-\w+)$/mu.exec(home.stderr)?.[1]);
    }
    return home;
  }

  /** A process of arw-home that goes on by itself. */
  startHome(words: readonly string[], environment: Environment = {}): Program {
    const state = { ARW_STATE_HOME: this.homeState, ...this.#environment, ...environment };
    return this.#own(new Program("home", words, { folder: this.workspace, environment: state }));
  }

  /** Runs a command of arw-home as the owner, to its end. */
  cli(words: readonly string[], environment: Environment = {}): Promise<Ended> {
    return this.startHome(words, { ARW_OWNER_SECRET: this.ownerSecret, ...environment }).ended;
  }

  /** What a command of arw-home says with --json: its facts of one kind. Fails unless it ends with 0. */
  async facts<Fact>(words: readonly string[], kind: string, schema: z.ZodType<Fact>): Promise<readonly Fact[]> {
    const { exitCode, stdout, stderr } = await this.cli(["--json", ...words]);
    if (exitCode !== 0) throw new Error(`arw-home ${words.join(" ")} ended with ${exitCode}: ${stdout}${stderr}`);
    return factsIn(stdout, kind, schema);
  }

  /** A client of the running Home; it opens its owner session by itself where a method needs one. */
  async client(ownerSecret: () => Promise<string> = async () => this.ownerSecret): Promise<HomeClient> {
    const client = await until("a connection to the Home", () =>
      connectToHome(this.socketPath, { client: "acceptance", ownerSecret }),
    );
    this.#clients.push(client);
    return client;
  }

  /** A process of arw-worker in a state folder of its own. */
  startWorker(state: string, words: readonly string[], more: Environment = {}): Program {
    const environment = { ARW_STATE_HOME: state, ...this.#environment, ...more };
    return this.#own(new Program("worker", [...words, "--json"], { folder: this.#folder, environment }));
  }

  /** Invites, joins and approves a worker whose words agree, and waits until it is connected. */
  async pair(client: HomeClient, name: string, invite: InviteParams = {}): Promise<BenchWorker> {
    const { text } = await client.call(METHODS.createInvite, invite);
    const state = this.folder(`worker-${name}`);
    const program = this.startWorker(state, ["join", text, "--name", name]);
    const { words } = await program.fact("words", wordsSchema);
    const node = await nodeNamed(client, name);
    if (node.compareWords?.join(" ") !== words.join(" ")) throw new Error("the words differ");
    await client.call(METHODS.approveNode, { nodeId: node.nodeId });
    await program.fact("connected", anyFact);
    await nodeInState(client, name, "ready");
    return { name, state, program };
  }

  /** The worker's program again, over the state folder it has. */
  async restartWorker(worker: BenchWorker): Promise<void> {
    worker.program = this.startWorker(worker.state, ["run"]);
    await worker.program.fact("connected", anyFact);
  }

  #own(program: Program): Program {
    this.#programs.push(program);
    return program;
  }

  /** Every program is gone before its files are. */
  async close(): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    await Promise.all(this.#programs.map((program) => program.kill()));
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

type InviteParams = ParamsOf<"createInvite">;

/** A command that writes nothing back. */
export function command(argv: readonly string[], outputs: readonly string[] = []): EpisodeRequest {
  return { kind: "command", argv, folder: ".", outputs, dependencies: { kind: "nothing" } };
}

export async function nodeNamed(client: HomeClient, name: string): Promise<NodeView> {
  const { nodes } = await client.call(METHODS.listNodes, {});
  const node = nodes.find((each) => each.name === name);
  if (node === undefined) throw new Error(`there is no node ${name}`);
  return node;
}

export function nodeInState(client: HomeClient, name: string, state: NodeView["state"]): Promise<NodeView> {
  return until(`${name} to be ${state}`, async () => {
    const { nodes } = await client.call(METHODS.listNodes, {});
    return nodes.find((each) => each.name === name && each.state === state);
  });
}

/** Starts an episode on a node and approves exactly what its preview shows. */
export async function offload(client: HomeClient, on: string, request: EpisodeRequest): Promise<EpisodeId> {
  const started = await client.call(METHODS.startEpisode, { request, on });
  if (started.previewId === undefined) throw new Error("nothing was previewed");
  const { digest } = await client.call(METHODS.readPreview, { previewId: started.previewId });
  await client.call(METHODS.approveEgress, { previewId: started.previewId, digest });
  return started.episodeId;
}

export function finished(client: HomeClient, episodeId: EpisodeId): Promise<EpisodeView> {
  return until(`the end of ${episodeId}`, async () => {
    const episode = await client.call(METHODS.showEpisode, { episodeId });
    return episode.state === "finished" ? episode : undefined;
  });
}

/** All that an attempt has printed on a stream. */
export async function outputOf(
  client: HomeClient,
  episode: EpisodeView,
  stream: "stdout" | "stderr" = "stdout",
): Promise<string> {
  const { attemptId, produced } = episode;
  if (attemptId === undefined) return "";
  const endByte = produced.find((each) => each.stream === stream)?.bytes ?? 0;
  const chunks: Buffer[] = [];
  for (let fromByte = 0; fromByte < endByte; ) {
    const params = METHODS.readOutput.params.parse({ attemptId, stream, fromByte, exact: true });
    const bytes = Buffer.from((await client.call(METHODS.readOutput, params)).base64, "base64");
    if (bytes.length === 0) throw new Error(`${stream} ends at byte ${fromByte}, though ${endByte} were produced`);
    chunks.push(bytes);
    fromByte += bytes.length;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Every entry of the timeline, or of one episode. */
export async function timeline(client: HomeClient, episodeId?: EpisodeId): Promise<readonly TimelineEntry[]> {
  const entries: TimelineEntry[] = [];
  let fromSequence = sequence(1);
  for (;;) {
    const of = episodeId === undefined ? {} : { episodeId };
    const page = await client.call(METHODS.readTimeline, { fromSequence, ...of });
    entries.push(...page.entries);
    if (!page.more) return entries;
    fromSequence = page.nextSequence;
  }
}

/** Every file below a folder, with its bytes. A program that runs may take one away between the look and the reading. */
export function filesBelow(folder: string): readonly { readonly path: string; readonly bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return [];
    const path = join(entry.parentPath, entry.name);
    const bytes = bytesIfThere(path);
    return bytes === undefined ? [] : [{ path, bytes }];
  });
}

function bytesIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Why this machine cannot run commands in a sandbox; undefined where it can. */
export async function sandboxProblem(client: HomeClient): Promise<string | undefined> {
  const engines = (await nodeNamed(client, "local")).capabilities?.engines ?? [];
  const absent = engines.find((engine) => engine.kind === "command" && engine.state === "absent");
  return absent?.state === "absent" ? absent.reason : undefined;
}
