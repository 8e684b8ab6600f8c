// The Review page of staged actions in a real browser under its real policy: everybody can use it, no text runs, no key approves,
// and what changed meanwhile cannot be approved. The page only asks; the decision itself is the editor's, and is tested there.
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { kindOf } from "../../../protocol/schemaByKind.ts";
import {
  type StagedFromPage,
  stagedFromPageSchema,
  type StagedToPage,
  type StagedReview,
} from "../../../protocol/webview/staged.ts";
import { type WebviewPage, type WebviewPageOptions, webviewTest } from "../webviewPage.ts";
import { EVERY_THEME, asksOf, assertNoSidewaysScroll, assertQuiet, openRequest, type Open } from "./pageChecks.ts";
import { HOSTILE_TEXTS } from "./reviewSamples.ts";
import {
  hostileReview,
  LEASE,
  revisedReview,
  reviewOf,
  runs,
  stagedIdOf,
  stagedViewOf,
  tableOf,
  WRITES,
} from "./stagedSamples.ts";

const KEYS = ["Enter", "Control+Enter", "Space", "y", "a", "Control+Shift+Backspace"];

const one = (review: StagedReview): StagedToPage => ({ kind: "staged", review });
const opened = (open: Open, told: StagedToPage, options: Partial<WebviewPageOptions> = {}): Promise<WebviewPage> =>
  openRequest(open, "staged", told, options);
const asks = (page: WebviewPage): readonly StagedFromPage[] => asksOf(stagedFromPageSchema, page);

const button = ({ page }: WebviewPage, name: string): Locator => page.locator("vscode-button", { hasText: name });

webviewTest("the review is for everybody: axe finds nothing serious in any theme and state", async (open) => {
  const table = tableOf(3, (row, index) =>
    index === 0 ? row : { ...row, staged: { ...row.staged, stale: "a.txt: something exists there." } },
  );
  for (const theme of EVERY_THEME) {
    const page = await opened(open, one(reviewOf()), { theme });
    await page.page.getByText("protected: it steers git").waitFor();
    assert.deepEqual(await page.axe(), [], theme);
    await page.screenshot(`staged-${theme}`);
    await page.send(one(revisedReview()));
    await page.page.getByText("What is different").waitFor();
    assert.deepEqual(await page.axe(), [], `${theme}, a revision`);
    await page.screenshot(`staged-revision-${theme}`);
    await page.send(
      one(
        reviewOf({
          staged: stagedViewOf(LEASE, {
            state: "rejected",
            decided: { at: stagedViewOf(LEASE).stagedAt, by: "you", reason: "not now" },
          }),
        }),
      ),
    );
    await page.page.getByText("Rejected by you: not now").waitFor();
    assert.deepEqual(await page.axe(), [], `${theme}, rejected`);
    await page.send({ kind: "table", table });
    await page.page.getByRole("checkbox", { name: "Do: Run make part-2" }).click();
    await page.page.getByText("Approve these 2…").waitFor();
    assert.deepEqual(await page.axe(), [], `${theme}, a table`);
    await page.screenshot(`staged-table-${theme}`);
    assertQuiet(page);
    await page.close();
  }
});

webviewTest("a small or magnified window shows all of it without scrolling sideways", async (open) => {
  for (const [name, options] of [
    ["300", { width: 300, height: 700 }],
    ["200-percent", { width: 900, height: 700, zoom: 2 }],
  ] as const) {
    for (const [kind, shown] of [
      ["one", one(revisedReview())],
      ["files", one(reviewOf())],
      ["table", { kind: "table", table: tableOf(3) }],
    ] as const) {
      const page = await opened(open, shown, { ...options, theme: "light" });
      await assertNoSidewaysScroll(page, name);
      await button(page, "Approve").first().scrollIntoViewIfNeeded();
      await page.screenshot(`staged-${kind}-${name}`);
      assert.deepEqual(await page.axe(), [], `${name}, ${kind}`);
      assertQuiet(page);
      await page.close();
    }
  }
});

webviewTest("no text of elsewhere runs, loads or moves anything, wherever it stands", async (open) => {
  const page = await opened(open, one(reviewOf()));
  for (const text of HOSTILE_TEXTS) {
    const review = hostileReview(text);
    await page.send(one(review));
    await page.page.getByText(review.staged.digest).waitFor();
    const markup = await page.page.evaluate(
      "({ hit: globalThis.arwHit ?? null, foreign: document.querySelectorAll('#page :is(script,img,iframe,a,form,style,link,object,embed,base,meta)').length })",
    );
    assert.deepEqual(markup, { hit: null, foreign: 0 }, text);
  }
  assertQuiet(page);
  assert.deepEqual(asks(page), []);
});

webviewTest("the keyboard reaches every answer, nothing has the focus at first, and no key approves", async (open) => {
  const page = await opened(open, one(reviewOf({ sameKindWaiting: 3 })));
  const { keyboard } = page.page;
  assert.equal(await page.page.evaluate("document.activeElement === document.body"), true);
  for (const keys of KEYS) await keyboard.press(keys);
  assert.deepEqual(asks(page), []);
  const last = "Look at 3 together…";
  const reached: string[] = [];
  for (let steps = 0; steps < 60 && !reached.includes(last); steps++) {
    await keyboard.press("Tab");
    reached.push(String(await page.page.evaluate("document.activeElement?.textContent?.trim() ?? ''")));
  }
  for (const name of [
    ".vscode/settings.json",
    "See all of it as a diff",
    "Approve…",
    "Reject…",
    "Propose a Change…",
    last,
  ]) {
    assert.ok(reached.includes(name), `${name} is not reached: ${reached.join(" | ")}`);
  }
  await keyboard.press("Shift+Tab");
  await keyboard.press("Shift+Tab");
  await keyboard.press("Enter");
  // It asks, once; the answer is the editor's to take.
  const asked = await page.postedMessage("the ask", (message) => (kindOf(message) === "reject" ? message : undefined));
  assert.deepEqual(asked, { kind: "reject", digest: reviewOf().staged.digest });
  assert.equal(asks(page).length, 1);
  assertQuiet(page);
});

webviewTest("it is made from the action, and each ask names the digest that is shown", async (open) => {
  const staged = stagedViewOf(runs("rm", "-rf", "a b"), { title: "Run a harmless test" });
  const page = await opened(open, one(reviewOf({ staged, node: "laptop" })));
  await page.page.getByText('"rm" "-rf" "a b"').waitFor();
  await page.page.getByText("None: it may do whatever you may, and talk to the network.").waitFor();
  await button(page, "Approve…").click();
  const approve = await page.postedMessage("the ask", (message) =>
    kindOf(message) === "approve" ? message : undefined,
  );
  assert.deepEqual(approve, { kind: "approve", digest: staged.digest });
  await page.send(one(reviewOf()));
  await page.page.getByRole("button", { name: "notes.md" }).click();
  const diff = await page.postedMessage("the diff", (message) =>
    kindOf(message) === "show-diff" ? message : undefined,
  );
  assert.deepEqual(diff, { kind: "show-diff", digest: reviewOf().staged.digest, file: 1 });
  await page.page.getByText("Show its output").click();
  await page.postedMessage("the output", (message) => (kindOf(message) === "show-output" ? message : undefined));
  assertQuiet(page);
});

webviewTest("a revision that comes meanwhile leaves nothing to approve but a way to the new one", async (open) => {
  const page = await opened(open, one(reviewOf()));
  await page.send(one(reviewOf({ busy: "confirming" })));
  await page.page.getByText("Waiting for your answer in the confirmation…").waitFor();
  for (const each of await page.page.locator(".actions vscode-button").all()) {
    assert.notEqual(await each.getAttribute("disabled"), null);
  }
  const decided = { at: stagedViewOf(WRITES).stagedAt, by: "guest-2" } as const;
  const staged = stagedViewOf(WRITES, { state: "superseded", replacedBy: stagedIdOf(2), decided });
  await page.send(one(reviewOf({ staged })));
  await page.page.getByText("This changed while you read it: guest-2 proposed a revision.").waitFor();
  assert.equal(await button(page, "Approve").count(), 0);
  await button(page, "Read the New One").click();
  const asked = await page.postedMessage("the ask", (message) =>
    kindOf(message) === "read-newer" ? message : undefined,
  );
  assert.deepEqual(asked, { kind: "read-newer", digest: staged.digest });
  await page.send(one(revisedReview()));
  await page.page.getByText("Endorsements of revisions before count no more: 2.").waitFor();
  await page.page.getByText('"npm" "publish" "--dry-run"').first().waitFor();
  await page.page.getByText("Endorsed by guest-3.").waitFor();
  assertQuiet(page);
});

webviewTest(
  "a table asks about the rows that are left in it, each by its digest, and says what failed in its row",
  async (open) => {
    const table = tableOf(3);
    const page = await opened(open, { kind: "table", table });
    await page.page.getByRole("checkbox", { name: "Do: Run make part-2" }).click();
    await page.page.getByText("taken out: it waits on").waitFor();
    await page.hideAndShow();
    await page.page.getByText("taken out: it waits on").waitFor();
    await button(page, "Approve these 2…").click();
    const asked = await page.postedMessage("the ask", (message) =>
      kindOf(message) === "approve-these" ? message : undefined,
    );
    const left = table.rows.filter((_, index) => index !== 1);
    const items = left.map(({ staged: { digest, stagedId } }) => ({ stagedId, digest }));
    assert.deepEqual(asked, { kind: "approve-these", items });
    const results = tableOf(3, (row, index) => {
      if (index === 1) return row;
      const { stagedId } = row.staged;
      const outcome = index === 0 ? "done" : "failed";
      return {
        ...row,
        staged: { ...row.staged, state: "approved" },
        result: { stagedId, outcome, detail: index === 0 ? "" : "The disk is full." },
      };
    });
    await page.send({ kind: "table", table: results });
    await page.page.getByText("Done as you approved it.").waitFor();
    await page.page.getByText("Not done: The disk is full.").waitFor();
    await page.page.getByText("taken out: it waits on").waitFor();
    await page.screenshot("staged-table-results");
    // The one that was taken out waits on: the table is not finished.
    await button(page, "Approve these 0…").waitFor();
    const decided = tableOf(2, (row) => ({ ...row, staged: { ...row.staged, state: "approved" } }));
    await page.send({ kind: "table", table: decided });
    await page.page.getByText("Nothing else waits for you.").waitFor();
    assert.equal(await button(page, "Review the next one").count(), 0);
    await page.send({ kind: "table", table: { ...decided, othersWaiting: 1 } });
    await button(page, "Review the next one").waitFor();
    assertQuiet(page);
  },
);
