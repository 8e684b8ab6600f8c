// Keeps what the Home says up to date for this window: reads it again after the timeline moved, and nodes' heartbeats while
// the window is looked at. It must never be ahead of the Home, nor let one slow answer overtake a newer one.
import * as vscode from "vscode";
import { messageOf } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { pagesOf } from "#protocol/wire/listPage.ts";
import type { WaitingView } from "#protocol/wire/stagingViews.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import { Coalesce } from "./coalesce.ts";
import type { Home } from "./home.ts";
import type { HomeFacts, HomeMirror, WaitingItem } from "./homeMirror.ts";
import { newestEpisodes } from "./newestEpisodes.ts";
import { StaleMarks } from "./staleMarks.ts";

/** A burst of entries is one reading. */
const REFRESH_PAUSE_MS = 150;
/** Heartbeats are no timeline entries: their age is read this often while there are other nodes and the window has the focus. */
const HEARTBEAT_READ_MS = 5_000;

const NOTHING: HomeFacts = { nodes: [], episodes: [], leases: [], waiting: [], clustering: false };

export class LiveMirror implements HomeMirror, vscode.Disposable {
  readonly #home: Home;
  readonly #log: vscode.LogOutputChannel;
  readonly #changes = new vscode.EventEmitter<HomeFacts>();
  readonly #refreshing: Coalesce;
  readonly #marks: StaleMarks;
  readonly #subscriptions: vscode.Disposable[];
  readonly #heartbeat: NodeJS.Timeout;
  readonly onDidChange: vscode.Event<HomeFacts> = this.#changes.event;
  #facts: HomeFacts = NOTHING;
  #reads = 0;
  #newest: Promise<HomeFacts> | undefined;

  constructor(home: Home, log: vscode.LogOutputChannel) {
    this.#home = home;
    this.#log = log;
    this.#refreshing = new Coalesce(() => this.#refreshQuietly(), REFRESH_PAUSE_MS);
    this.#marks = new StaleMarks(home, () => {
      this.#facts = { ...this.#facts, waiting: this.#marks.mark(this.#facts.waiting) };
      this.#changes.fire(this.#facts);
    });
    const files = vscode.workspace.createFileSystemWatcher("**/*");
    const look = (): void => this.#marks.fileChanged();
    this.#subscriptions = [
      files,
      files.onDidChange(look),
      files.onDidCreate(look),
      files.onDidDelete(look),
      home.onDidReceivePage(() => this.#refreshing.request()),
      home.onDidChangeStatus((status) => {
        if (status.kind === "connected") this.#refreshing.request();
      }),
    ];
    this.#heartbeat = setInterval(() => {
      const others = this.#facts.nodes.some((node) => !node.local && node.state !== "revoked");
      if (others && vscode.window.state.focused && home.status.kind === "connected") this.#refreshing.request();
    }, HEARTBEAT_READ_MS);
  }

  get facts(): HomeFacts {
    return this.#facts;
  }

  refresh(): Promise<HomeFacts> {
    this.#newest = this.#read(++this.#reads);
    return this.#newest;
  }

  async #read(read: number): Promise<HomeFacts> {
    const said = await readFacts(this.#home);
    // Overtaken: whoever asked gets the newer answer, never what was known before they asked.
    if (read < this.#reads && this.#newest !== undefined) return this.#newest;
    const facts = { ...said, waiting: this.#marks.mark(said.waiting) };
    this.#facts = facts;
    this.#changes.fire(facts);
    return facts;
  }

  dispose(): void {
    clearInterval(this.#heartbeat);
    this.#refreshing[Symbol.dispose]();
    this.#marks[Symbol.dispose]();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changes.dispose();
  }

  async #refreshQuietly(): Promise<void> {
    try {
      if (this.#home.status.kind === "connected") await this.refresh();
    } catch (error) {
      // The connection's own status tells why; the next connection reads again.
      this.#log.debug(`The views were not refreshed: ${messageOf(error)}`);
    }
  }
}

async function readFacts(home: Home): Promise<HomeFacts> {
  const [hello, { nodes }, episodes, { leases }, items, results] = await Promise.all([
    home.call(METHODS.hello, { v: PROTOCOL_VERSION, client: "editor" }),
    home.call(METHODS.listNodes, {}),
    newestEpisodes(home),
    home.call(METHODS.listLeases, {}),
    allWaiting(home),
    home.call(METHODS.listResults, {}),
  ]);
  const newestFirst = episodes.toSorted((a, b) => b.startedAt - a.startedAt);
  const asked = await Promise.all(newestFirst.map((episode) => egressOf(home, episode)));
  const joining = nodes.filter((node) => node.state === "pending").map((node): WaitingItem => ({ kind: "join", node }));
  const staged = items.flatMap((item): readonly WaitingItem[] =>
    item.kind === "action" ? [{ kind: "staged", staged: item.staged }] : [],
  );
  const held = results.episodes.map((episode): WaitingItem => ({ kind: "result", episode }));
  return {
    nodes,
    episodes: newestFirst,
    leases,
    waiting: [...joining, ...staged, ...held, ...asked.filter((item) => item !== undefined)],
    clustering: hello.clustering.on,
    clusteringProblem: hello.clustering.on ? undefined : hello.clustering.reason,
    offloadsPaused: hello.offloadsPaused,
    readOnly: hello.readOnly,
  };
}

/** All that waits: it is bounded by the Home, and read a page at a time. */
async function allWaiting(home: Home): Promise<readonly WaitingView[]> {
  const found: WaitingView[] = [];
  for await (const { items } of pagesOf((page) => home.call(METHODS.listStaged, { decided: false, ...page }))) {
    found.push(...items);
  }
  return found;
}

async function egressOf(home: Home, episode: EpisodeView): Promise<WaitingItem | undefined> {
  const { previewId, state } = episode;
  if (state !== "waiting-for-approval" || previewId === undefined) return undefined;
  const shown = await home.call(METHODS.readPreview, { previewId });
  return shown.state === "waiting" ? { kind: "egress", previewId, episode, shown } : undefined;
}
