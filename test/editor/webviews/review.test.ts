// The Review page in a real browser under its real policy: everybody can use it, no text runs, and no key approves.
// The page only asks: what an approval needs beyond that is the editor's, and is tested there.
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { digestOf } from "../../../protocol/digest.ts";
import { kindOf } from "../../../protocol/schemaByKind.ts";
import { type ReviewFromPage, reviewFromPageSchema, type ReviewView } from "../../../protocol/webview/review.ts";
import { byteCount } from "../../../protocol/quantities.ts";
import { type WebviewPage, type WebviewPageOptions, webviewTest } from "../webviewPage.ts";
import { EVERY_THEME, asksOf, assertNoSidewaysScroll, assertQuiet, openRequest, type Open } from "./pageChecks.ts";
import { HOSTILE_TEXTS, hostileReview, hugeReview, item, leaseFor, reviewOf } from "./reviewSamples.ts";

/** A page of two thousand items stays as small as this. */
const ELEMENTS_MAX = 3_000;
const CYCLES = 50;

const opened = (open: Open, review: ReviewView, options: Partial<WebviewPageOptions> = {}): Promise<WebviewPage> =>
  openRequest(open, "review", { kind: "review", review }, options);
const asks = (page: WebviewPage): readonly ReviewFromPage[] => asksOf(reviewFromPageSchema, page);

async function button(page: Page, name: string): Promise<ReturnType<Page["locator"]>> {
  const found = page.getByRole("button", { name });
  await found.first().waitFor();
  return found.first();
}

webviewTest("the review is for everybody: axe finds nothing serious in any theme and state", async (open) => {
  for (const theme of EVERY_THEME) {
    const page = await opened(open, reviewOf({ othersWaiting: 1 }), { theme });
    assert.deepEqual(await page.axe(), [], theme);
    await page.screenshot(`review-${theme}`);
    await page.page.getByText("More jobs like this").click();
    await page.page.getByText("Take something out…").click();
    await page.page.getByRole("checkbox", { name: "Take out all of src/log/" }).click();
    assert.deepEqual(await page.axe(), [], `${theme}, taking out`);
    await page.screenshot(`review-taking-${theme}`);
    for (const state of ["approved", "denied", "withdrawn"] as const) {
      await page.send({ kind: "review", review: reviewOf({ state, othersWaiting: 1 }) });
      await page.page.getByRole("button", { name: "Review the next one" }).waitFor();
      // Only an answer makes a record.
      const record = page.page.getByRole("button", { name: "Show it in the egress ledger" });
      await record.waitFor({ state: state === "withdrawn" ? "detached" : "visible" });
      if (state === "denied") await record.click();
      assert.deepEqual(await page.axe(), [], `${theme}, ${state}`);
    }
    assert.deepEqual(asks(page), [{ kind: "open-ledger", digest: reviewOf({ state: "denied" }).digest }], theme);
    assertQuiet(page);
    await page.close();
  }
});

webviewTest("a small or magnified window shows all of it without scrolling sideways", async (open) => {
  for (const [name, options] of [
    ["300", { width: 300, height: 700 }],
    ["200-percent", { width: 900, height: 700, zoom: 2 }],
  ] as const) {
    const page = await opened(open, reviewOf(), { ...options, theme: "light" });
    await page.page.getByText("Take something out…").click();
    await page.page.getByText("More jobs like this").click();
    await assertNoSidewaysScroll(page, name);
    await (await button(page.page, "Keep everything in")).scrollIntoViewIfNeeded();
    await page.screenshot(`review-${name}`);
    assert.deepEqual(await page.axe(), [], name);
    assertQuiet(page);
  }
});

webviewTest("no text of elsewhere runs, loads or moves anything, wherever it stands", async (open) => {
  const page = await opened(open, reviewOf());
  for (const text of HOSTILE_TEXTS) {
    const review = { ...hostileReview(text), digest: digestOf(text) };
    await page.send({ kind: "review", review });
    await page.page.getByText(digestOf(text)).waitFor();
    const markup = await page.page.evaluate(
      "({ hit: globalThis.arwHit ?? null, foreign: document.querySelectorAll('#page :is(script,img,iframe,a,form,style,link,object,embed,base,meta)').length })",
    );
    assert.deepEqual(markup, { hit: null, foreign: 0 }, text);
  }
  assertQuiet(page);
  assert.deepEqual(asks(page), []);
});

webviewTest("the keyboard reaches every answer, nothing has the focus at first, and no key approves", async (open) => {
  const page = await opened(open, reviewOf());
  const { keyboard } = page.page;
  assert.equal(await page.page.evaluate("document.activeElement === document.body"), true);
  for (const keys of ["Enter", "Control+Enter", "Space", "y", "a"]) await keyboard.press(keys);
  assert.deepEqual(asks(page), []);
  const reached: string[] = [];
  for (let steps = 0; steps < 60 && !reached.includes("Don't send"); steps++) {
    await keyboard.press("Tab");
    reached.push(String(await page.page.evaluate("document.activeElement?.textContent?.trim() ?? ''")));
  }
  for (const name of ["Send under this lease…", "Run here instead", "Take something out…", "Don't send"]) {
    assert.ok(reached.includes(name), `${name} is not reached: ${reached.join(" | ")}`);
  }
  await keyboard.press("Shift+Tab");
  await keyboard.press("Shift+Tab");
  await keyboard.press("Shift+Tab");
  await keyboard.press("Enter");
  // It asks, once; the answer is the editor's to take.
  const sent = await page.postedMessage("the ask", (message) => (kindOf(message) === "send" ? message : undefined));
  assert.deepEqual(sent, {
    kind: "send",
    digest: reviewOf().digest,
    lease: { kind: "once", leaseMs: 600_000 },
  });
  assert.equal(asks(page).length, 1);
  assertQuiet(page);
});

webviewTest("two thousand items stay a small page, are found, and a folder of them is one wish", async (open) => {
  const page = await opened(open, hugeReview(), { theme: "light" });
  const count = async (): Promise<number> => Number(await page.page.evaluate("document.querySelectorAll('*').length"));
  assert.ok((await count()) < ELEMENTS_MAX, `${await count()} elements at first`);
  await page.screenshot("review-2000");
  const find = page.page
    .getByRole("searchbox", { name: "Find an item" })
    .or(page.page.getByRole("textbox", { name: "Find an item" }));
  await find.first().fill("m1234.ts");
  await page.page.getByText("m1234.ts").waitFor();
  assert.equal(await page.page.locator("tr.item").count(), 1);
  await find.first().fill("packages");
  await page.page.getByText("more are not shown").first().waitFor();
  assert.ok((await count()) < ELEMENTS_MAX, `${await count()} elements with every folder open`);
  await find.first().fill("");
  await page.page.getByText("Take something out…").click();
  await page.page.getByRole("checkbox", { name: "Take out all of packages/p7/src/" }).click();
  await page.page.getByText("would leave instead of").waitFor();
  await (await button(page.page, "Take these out")).click();
  const wish = await page.postedMessage("the wish", (message) =>
    kindOf(message) === "take-out" ? message : undefined,
  );
  assert.deepEqual(wish, { kind: "take-out", digest: hugeReview().digest, taken: [{ item: 8, folderDepth: 2 }] });
  assertQuiet(page);
});

webviewTest("while a revision is on its way nothing can be asked, and the new one begins afresh", async (open) => {
  const page = await opened(open, reviewOf());
  await page.page.getByText("More jobs like this").click();
  await page.page.getByText("Take something out…").click();
  await page.page.getByRole("checkbox", { name: "Take out src/cart.ts" }).click();
  await (await button(page.page, "Take these out")).click();
  await page.send({ kind: "review", review: reviewOf({ busy: "revising" }) });
  await page.page.getByText("Making a new revision…").waitFor();
  for (const each of await page.page.locator(".actions vscode-button").all()) {
    assert.notEqual(await each.getAttribute("disabled"), null);
  }
  const replaced = { digest: reviewOf().digest, by: "taken-out" } as const;
  await page.send({ kind: "review", review: reviewOf({ digest: digestOf("the next"), replaced }) });
  await page.page.getByText("A new revision, without what you took out.").waitFor();
  assert.equal(await page.page.getByRole("checkbox").count(), 0);
  assert.equal(await page.page.getByRole("radio", { name: "This job only" }).isChecked(), true);
  await (await button(page.page, "Send under this lease…")).click();
  await page.postedMessage("an ask about the new digest", (message) =>
    JSON.stringify(message).includes(digestOf("the next")) ? message : undefined,
  );
  assertQuiet(page);
});

webviewTest(
  "before the Home's nodes were read it says neither that the node is gone nor that it is there",
  async (open) => {
    const unread = { possible: false, why: "unread", detail: "" } as const;
    const page = await opened(open, reviewOf({ node: { state: "unread", reason: "" }, runHere: unread }));
    await page.page.getByText("Asking the Home about it…").waitFor();
    assert.equal(await page.page.getByText(/cannot (take anything|run here)/u).count(), 0);
    const send = page.page.locator("vscode-button", { hasText: "Send under this lease…" });
    assert.notEqual(await send.getAttribute("disabled"), null);
    assert.deepEqual(await page.axe(), []);
    await page.send({ kind: "review", review: reviewOf() });
    await page.page.getByText("Paired; ready since").waitFor();
    assert.equal(await send.getAttribute("disabled"), null);
    assertQuiet(page);
  },
);

webviewTest("a lease that cannot stand cannot be asked for, and says why", async (open) => {
  const page = await opened(open, reviewOf());
  await page.page.getByText("More jobs like this").click();
  await page.page.getByRole("textbox", { name: "Jobs, this one included" }).fill("0");
  await page.page.getByText("Jobs must be a whole number").waitFor();
  const send = page.page.locator("vscode-button", { hasText: "Send under this lease…" });
  assert.notEqual(await send.getAttribute("disabled"), null);
  await page.page.getByRole("textbox", { name: "Jobs, this one included" }).fill("3");
  await page.page.getByText("Grants up to 3 jobs").first().waitFor();
  const cost = page.page.getByRole("textbox", { name: "Cost in all" });
  await cost.fill("0.05 EUR");
  await page.page.getByText("at least what this job may cost").waitFor();
  assert.notEqual(await send.getAttribute("disabled"), null);
  await cost.fill("1 EUR");
  await page.page.getByText("They may cost 1.00 EUR in all.").first().waitFor();
  await send.click();
  const sent = await page.postedMessage("the ask", (message) => (kindOf(message) === "send" ? message : undefined));
  assert.match(JSON.stringify(sent), /"uses":3,"bytes":\d+,"cost":\{"currency":"EUR","micros":1000000\}/u);
  assertQuiet(page);
});

webviewTest(
  "fifty times hidden and shown, it comes back with what was typed and complains of nothing",
  async (open) => {
    const page = await opened(open, reviewOf());
    await page.page.getByText("More jobs like this").click();
    await page.page.getByRole("textbox", { name: "Jobs, this one included" }).fill("7");
    await page.page.getByText("Grants up to 7 jobs").first().waitFor();
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      await page.hideAndShow();
      await page.page.getByText("Grants up to 7 jobs").first().waitFor();
    }
    assert.deepEqual(asks(page), []);
    assertQuiet(page);
  },
);

webviewTest(
  "an item that is sent shorter says which lines are missing, and gives them back by one press",
  async (open) => {
    const cut = {
      whole: digestOf("all"),
      wholeBytes: byteCount(2_000),
      lines: [
        { from: 10, to: 20 },
        { from: 35, to: 35 },
      ],
    };
    const items = [item("(file list)"), { ...item("src/cart.ts"), cut }, item("src/other.ts")];
    const page = await opened(open, reviewOf({}, items), { width: 320 });
    await page.page.getByText("sent without lines 10–20, 35").waitFor();
    await page.page.getByRole("button", { name: "Put them back src/cart.ts" }).press("Enter");
    await page.page.getByText("Take something out…").click();
    await page.page.getByRole("button", { name: "Leave out lines… src/other.ts" }).click();
    await page.postedMessage("the ask", (message) => (kindOf(message) === "leave-out-lines" ? message : undefined));
    const { digest } = reviewOf();
    assert.deepEqual(asks(page), [
      { kind: "put-back", digest, item: 1 },
      { kind: "leave-out-lines", digest, item: 2 },
    ]);
    await assertNoSidewaysScroll(page);
    assert.deepEqual(await page.axe(), []);
    await page.screenshot("review-cut-320");
    await page.send({ kind: "review", review: reviewOf({ job: "ask", digest: digestOf("ask") }, [item("(prompt)")]) });
    await page.page.getByRole("button", { name: "Leave out lines… (prompt)" }).waitFor();
    assertQuiet(page);
  },
);

webviewTest("a lease is counted down while it is looked at, and revoked from its row", async (open) => {
  const page = await opened(open, reviewOf({ leases: [leaseFor(2_000)] }));
  const row = page.page.locator(".leases li");
  await row.getByText("3 of 5 jobs left").waitFor();
  await row.getByText("has run out").waitFor();
  assert.deepEqual(await page.axe(), []);
  await page.screenshot("review-leases");
  await row.getByRole("button", { name: /^Revoke/u }).press("Enter");
  await page.postedMessage("the ask", (message) => (kindOf(message) === "revoke-lease" ? message : undefined));
  const { leaseId } = leaseFor(0).lease;
  assert.deepEqual(asks(page), [{ kind: "revoke-lease", digest: reviewOf().digest, leaseId }]);
  // A new reading of the Home starts the count again.
  await page.send({ kind: "review", review: reviewOf({ leases: [leaseFor(3_600_000)] }) });
  await row.getByText("has run out").waitFor({ state: "detached" });
  assertQuiet(page);
});

webviewTest(
  "an item says why it is of its class, and an episode what made every send of it asked about",
  async (open) => {
    const items = [item("(file list)"), { ...item("src/cart.ts"), why: "you marked it as internal" }];
    const review = reviewOf({}, items);
    const taint = { private: "internal", untrusted: ["the output of gpubox"] } as const;
    const page = await opened(open, { ...review, preview: { ...review.preview, taint } }, { width: 320 });
    await page.page.getByText("you marked it as internal").waitFor();
    await page.page.getByText("you are asked each time, whatever a lease or a rule allows").waitFor();
    await page.page.getByText("the output of gpubox").waitFor();
    await assertNoSidewaysScroll(page);
    assert.deepEqual(await page.axe(), []);
    await page.screenshot("review-taint-320");
    assertQuiet(page);
  },
);
