// Tests of a page's session: what it tells a page that begins, what it passes on, and that nothing of it is left when it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TailToPage } from "#protocol/webview/tail.ts";
import type { TimelineToPage } from "#protocol/webview/timeline.ts";
import { FakeHome } from "../../../test/editor/webviews/fakeFeed.ts";
import { episodeNumber, previewNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import type { Home, HomeStatus } from "../home/home.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import { TailSession } from "./tailSession.ts";
import { TimelineSession, type TimelineWish } from "./timelineSession.ts";

const NO_FACTS: Pick<HomeFacts, "episodes"> = { episodes: [] };

/** Counts who listens: what a session forgets to dispose of is seen here. */
class Listeners<Value> {
  readonly all: Set<(value: Value) => void> = new Set();

  readonly event = (listener: (value: Value) => void): { dispose: () => void } => {
    const own = (value: Value): void => listener(value);
    this.all.add(own);
    return { dispose: () => this.all.delete(own) };
  };

  fire(value: Value): void {
    for (const listener of this.all) listener(value);
  }
}

function world() {
  const fake = new FakeHome(30);
  const statuses = new Listeners<HomeStatus>();
  const facts = new Listeners<HomeFacts>();
  const timers = new Set<() => void>();
  const state: { status: HomeStatus } = { status: { kind: "idle" } };
  const home: Home = {
    get status() {
      return state.status;
    },
    onDidChangeStatus: statuses.event,
    onDidReceivePage: fake.onDidReceivePage,
    call: (method, params) => fake.call(method, params),
    connect: () => fake.connect(),
  };
  const common = {
    home,
    mirror: { facts: { ...NO_FACTS, nodes: [], leases: [], waiting: [], clustering: false }, onDidChange: facts.event },
    heard: () => fake.heard,
    notice: ({ kind }: HomeStatus) =>
      ({ kind: "home", reachable: kind === "connected", text: kind, urgent: false }) as const,
    after: (_ms: number, run: () => void) => {
      timers.add(run);
      return { dispose: () => timers.delete(run) };
    },
  };
  const listening = (): number => fake.listeners.size + statuses.all.size + facts.all.size + timers.size;
  return { fake, statuses, state, common, listening };
}

function opened(scope: "workspace" | "episode" = "workspace") {
  const here = world();
  const posted: TimelineToPage[] = [];
  const wishes: TimelineWish[] = [];
  const session = new TimelineSession({
    ...here.common,
    scope:
      scope === "workspace" ? { kind: "workspace" } : { kind: "episode", episodeId: episodeNumber(1), title: "One" },
    density: () => "full",
    post: async (message) => {
      posted.push(message);
      return true;
    },
    wish: (wish) => wishes.push(wish),
    log: { warn: () => {} },
  });
  return { ...here, posted, wishes, session };
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise(setImmediate);
}

test("a page that is ready hears what it shows, how the Home is, and the newest entries, in this order", async () => {
  const { session, posted } = opened();
  session.show({ kind: "jump", to: "error" });
  assert.deepEqual(posted, []);
  session.receive({ kind: "ready" });
  await quiet();
  assert.deepEqual(
    posted.map(({ kind }) => kind),
    ["opened", "home", "episodes", "jump", "snapshot"],
  );
  session.dispose();
});

test("a page that begins anew is told everything anew, and what was asked for before only once", async () => {
  const { session, posted } = opened();
  session.show({ kind: "jump", to: "latest" });
  session.receive({ kind: "ready" });
  await quiet();
  session.hidden();
  posted.length = 0;
  session.receive({ kind: "ready" });
  await quiet();
  assert.deepEqual(
    posted.map(({ kind }) => kind),
    ["opened", "home", "episodes", "snapshot"],
  );
  session.dispose();
});

test("wishes are passed on and nothing is done about them", () => {
  const { session, wishes, fake } = opened();
  fake.reads = 0;
  session.receive({ kind: "open-review", previewId: previewNumber(1) });
  session.receive({ kind: "open-proposal", episodeId: episodeNumber(1) });
  session.receive({ kind: "start-episode" });
  session.receive({ kind: "copy", text: "x" });
  assert.deepEqual(
    wishes.map(({ kind }) => kind),
    ["open-review", "open-proposal", "start-episode", "copy"],
  );
  assert.equal(fake.reads, 0);
  session.dispose();
});

test("a Home that is away is said, and when it is back the page gets what it missed", async () => {
  const { session, posted, fake, statuses } = opened();
  fake.broken = true;
  session.receive({ kind: "ready" });
  await quiet();
  assert.deepEqual(posted.at(-1), {
    kind: "home",
    reachable: false,
    text: "The Home is gone. Start it again.",
    urgent: true,
  });
  fake.broken = false;
  const hello = await fake.connect();
  statuses.fire({ kind: "connected", hello });
  await quiet();
  assert.equal(posted.at(-1)?.kind, "snapshot");
  session.dispose();
});

test("a Home that cannot give older entries leaves the page as it is and says why", async () => {
  const { session, posted, fake } = opened();
  session.receive({ kind: "ready" });
  await quiet();
  fake.append(2_000);
  session.receive({ kind: "ready" });
  await quiet();
  fake.broken = true;
  session.receive({ kind: "read-older" });
  await quiet();
  const answer = posted.at(-1);
  assert.ok(answer?.kind === "older" && answer.problem?.startsWith("The Home is gone."), JSON.stringify(answer?.kind));
  session.dispose();
});

test("fifty pages opened, hidden and closed leave no listener and no timer", async () => {
  const here = world();
  const posted: (TimelineToPage | TailToPage)[] = [];
  const post = async (message: TimelineToPage | TailToPage): Promise<boolean> => {
    posted.push(message);
    return true;
  };
  here.state.status = { kind: "connected", hello: await here.fake.connect() };
  for (let cycle = 0; cycle < 50; cycle++) {
    const timeline = new TimelineSession({
      ...here.common,
      scope: { kind: "workspace" },
      density: () => "compact",
      post,
      wish: () => {},
      log: { warn: () => {} },
    });
    const tail = new TailSession({ ...here.common, post, wish: () => {} });
    for (const session of [timeline, tail]) {
      session.receive({ kind: "ready" });
      await quiet();
      here.fake.append(3);
      session.hidden();
      session.receive({ kind: "ready" });
    }
    timeline.dispose();
    tail.dispose();
    const before = posted.length;
    here.fake.append(2);
    await quiet();
    assert.equal(posted.length, before, "nothing is sent to a page that is closed");
  }
  assert.equal(here.listening(), 0);
});
