// What changed under a staged action is marked, without asking the Home at every stroke.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "#protocol/decode.ts";
import { type StagedId, stagedId } from "#protocol/ids.ts";
import { epochMs } from "#protocol/quantities.ts";
import { stagedDigest } from "#protocol/staging.ts";
import type { Method } from "#protocol/wire/client.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";
import { until } from "../../../test/acceptance/processes.ts";
import type { WaitingItem } from "./homeMirror.ts";
import { StaleMarks } from "./staleMarks.ts";

const action = { kind: "change-setting", change: { name: "resume-offloads" } } as const;
const ID: StagedId = stagedId.from(Buffer.alloc(32, 1));
const VIEW: StagedView = {
  stagedId: ID,
  digest: stagedDigest(action),
  action,
  risk: { level: "medium", rule: "loosens", reason: "It loosens." },
  title: "Resume",
  evidence: [],
  requestedBy: "a script",
  stagedAt: epochMs(1),
  revision: 1,
  endorsements: [],
  state: "pending",
};
const WAITING: readonly WaitingItem[] = [{ kind: "staged", staged: VIEW }];

test("a changed file makes a mark, undoing it takes the mark away, and a burst is one look", async (t) => {
  let stale: string | undefined;
  let looks = 0;
  let told = 0;
  const call = async <Params, Result>(method: Method<Params, Result>): Promise<Result> => {
    looks += 1;
    const decoded = decode(method.result, { items: [{ ...VIEW, ...(stale === undefined ? {} : { stale }) }] });
    assert.ok(decoded.ok);
    return decoded.value;
  };
  const marks = new StaleMarks({ call }, () => void (told += 1), 1);
  t.after(() => marks[Symbol.dispose]());
  const markOf = (): string | undefined => {
    const [item] = marks.mark(WAITING);
    return item?.kind === "staged" ? item.staged.stale : undefined;
  };
  assert.equal(markOf(), undefined);
  await until("the first look", () => (looks === 1 ? true : undefined));
  stale = "a.txt: something exists there.";
  for (let saves = 0; saves < 20; saves++) marks.fileChanged();
  await until("the mark", () => (told === 1 ? true : undefined));
  assert.deepEqual([markOf(), looks], [stale, 2]);
  stale = undefined;
  marks.fileChanged();
  await until("no mark", () => (told === 2 ? true : undefined));
  assert.equal(markOf(), undefined);
});

test("with nothing that waits no file makes it ask", async (t) => {
  let looks = 0;
  const call = async (): Promise<never> => {
    looks += 1;
    throw new Error("nobody asks");
  };
  const marks = new StaleMarks({ call }, () => undefined, 1);
  t.after(() => marks[Symbol.dispose]());
  marks.fileChanged();
  await new Promise((soon) => setTimeout(soon, 10));
  assert.equal(looks, 0);
});
