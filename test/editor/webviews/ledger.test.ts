// The Ledger page in a real browser under its real policy: everybody can use it, it shows exactly what passes its filter, keeps
// what is typed, and only asks: revoking, exporting and opening are the editor's.
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { kindOf } from "../../../protocol/schemaByKind.ts";
import { until } from "../../acceptance/processes.ts";
import { PATIENCE_MS } from "../host/patience.ts";
import { type WebviewPage, webviewTest } from "../webviewPage.ts";
import { EVERY_THEME, assertNoSidewaysScroll, assertQuiet } from "./pageChecks.ts";
import { lastQuery, openLedger, PROOF, recordOf, recordsOf, rowsFor, wishesOf } from "./ledgerSamples.ts";
import { HOSTILE_TEXTS } from "./reviewSamples.ts";

const ELEMENTS_MAX = 1_500;
const CYCLES = 8;

/** The numbers of the drawn rows are in their titles' paths; the first one's label says it. */
async function shown(page: Page, text: string): Promise<void> {
  // From its beginning: "24 of 24" is not "4 of 24".
  await page.locator(".counted", { hasText: new RegExp(`^\\s*${text}`) }).waitFor();
}

async function openFirst({ page }: WebviewPage): Promise<void> {
  await page.locator(".row").first().click();
  await page.getByText("Its proof holds").waitFor();
}

/** Each state has a word and a shape of its own. */
async function assertStates(page: Page): Promise<void> {
  for (const word of ["Received", "Denied", "Left in part", "Leaving now", "Not known"]) {
    await page.locator(".row .word", { hasText: word }).first().waitFor();
  }
  const looks = await page.evaluate(
    "[...document.querySelectorAll('.row .state')].map((state) => `${state.querySelector('.codicon').className} ${state.textContent.trim()}`)",
  );
  assert.ok(Array.isArray(looks));
  assert.equal(new Set(looks).size, 5);
  assert.equal(new Set(looks.map((look) => String(look).split(" ")[1])).size, 5);
}

webviewTest(
  "the ledger is for everybody: axe finds nothing serious in any theme, with and without details",
  async (open) => {
    for (const theme of EVERY_THEME) {
      const told = { records: recordsOf(12), leases: recordsOf(12).flatMap(({ row }) => row.lease_id ?? []) };
      const page = await openLedger(open, told, { theme });
      await shown(page.page, "12 of 12 records");
      await assertStates(page.page);
      assert.deepEqual(await page.axe(), [], theme);
      await page.screenshot(`ledger-${theme}`);
      await openFirst(page);
      assert.deepEqual(await page.axe(), [], `${theme}, details`);
      await page.screenshot(`ledger-details-${theme}`);
      assertQuiet(page);
      await page.close();
    }
  },
);

webviewTest("a small or magnified window shows all of it without scrolling sideways", async (open) => {
  for (const [name, options] of [
    ["300", { width: 300, height: 800 }],
    ["200-percent", { width: 1_100, height: 900, zoom: 2 }],
  ] as const) {
    const page = await openLedger(open, { records: recordsOf(12) }, { ...options, theme: "light" });
    await openFirst(page);
    await assertNoSidewaysScroll(page, name);
    await page.screenshot(`ledger-${name}`);
    assert.deepEqual(await page.axe(), [], name);
    assertQuiet(page);
  }
});

webviewTest("what is typed and chosen narrows the rows, and can be cleared", async (open) => {
  const page = await openLedger(open, { records: recordsOf(24) });
  await page.page.getByRole("searchbox", { name: "Part of a path" }).fill("PART-7");
  await shown(page.page, "1 of 24 records");
  await page.page.getByRole("button", { name: "Clear filter" }).click();
  await shown(page.page, "24 of 24 records");
  await page.page.getByRole("combobox", { name: "Decision" }).selectOption({ label: "Denied" });
  await shown(page.page, "4 of 24 records");
  await page.page.getByRole("combobox", { name: "Node" }).selectOption({ label: "attic" });
  await page.page.getByText("None of 24 records passes the filter.").waitFor();
  assert.deepEqual(await page.axe(), []);
  await page.page.locator(".empty").getByRole("button", { name: "Clear filter" }).click();
  await page.page.getByRole("button", { name: "Only what left" }).click();
  await shown(page.page, "20 of 24 records");
  await page.page.getByRole("combobox", { name: "Episode" }).selectOption({ label: "npm run report 12" });
  await shown(page.page, "2 of 24 records");
  assert.deepEqual(lastQuery(page).filter, { onlyLeft: true, episodeId: recordOf(24).row.episode_id });
  assertQuiet(page);
});

webviewTest("two choices in one moment both count, before the bar is drawn between them", async (open) => {
  const page = await openLedger(open, { records: recordsOf(24) });
  await shown(page.page, "24 of 24 records");
  await page.page.evaluate(`for (const [field, text] of [["Decision", "Denied"], ["Node", "attic"]]) {
    const select = [...document.querySelectorAll("label.choice")].find((each) => each.textContent.includes(field)).querySelector("select");
    select.value = [...select.options].find((option) => option.textContent === text).value;
    select.dispatchEvent(new Event("change"));
  }`);
  await page.page.getByText("None of 24 records passes the filter.").waitFor();
  assert.deepEqual(Object.keys(lastQuery(page).filter).toSorted(), ["decision", "nodeId"]);
  assertQuiet(page);
});

webviewTest("whoever comes from an episode sees its records, the newest with its details and proof", async (open) => {
  const page = await openLedger(open, { records: recordsOf(24) });
  await shown(page.page, "24 of 24 records");
  await page.send({ kind: "narrow", filter: { episodeId: recordOf(24).row.episode_id } });
  await shown(page.page, "2 of 24 records");
  await page.page.getByText("Its proof holds").waitFor();
  const { row } = recordOf(24);
  await page.page.locator(".details-body", { hasText: row.record_id }).waitFor();
  assert.deepEqual(lastQuery(page).filter, { episodeId: row.episode_id });
  assertQuiet(page);
});

webviewTest("what is typed is kept at once, and all of it comes back after it was hidden", async (open) => {
  const page = await openLedger(open, { records: recordsOf(12) });
  await openFirst(page);
  await page.page.getByRole("button", { name: "Only what left" }).click();
  await shown(page.page, "10 of 12 records");
  const field = page.page.getByRole("searchbox", { name: "Part of a path" });
  // Hidden before the page had any time to ask for it.
  await field.fill("part-12");
  await page.hideAndShow();
  assert.equal(await field.inputValue(), "part-12");
  await shown(page.page, "1 of 12 records");
  await page.page.getByText("Its proof holds").waitFor();
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await page.hideAndShow();
    await shown(page.page, "1 of 12 records");
  }
  assert.equal(await page.page.getByRole("button", { name: "Only what left" }).getAttribute("aria-pressed"), "true");
  assertQuiet(page);
});

webviewTest("the keyboard goes from the path to the rows, through them, into a record and back", async (open) => {
  const page = await openLedger(open, { records: recordsOf(60) });
  const { keyboard } = page.page;
  const focused = async (): Promise<string> =>
    String(await page.page.evaluate("document.activeElement?.dataset?.position ?? document.activeElement?.id ?? ''"));
  const reaches = (what: string) =>
    until(what, async () => ((await focused()) === what ? what : undefined), PATIENCE_MS);
  await page.page.getByRole("searchbox", { name: "Part of a path" }).focus();
  await keyboard.press("ArrowDown");
  await reaches("0");
  await keyboard.press("j");
  await keyboard.press("ArrowDown");
  await reaches("2");
  await keyboard.press("Enter");
  await page.page.getByText("Its proof holds").waitFor();
  await keyboard.press("Escape");
  await page.page.locator("aside.details").waitFor({ state: "hidden" });
  await reaches("2");
  await keyboard.press("End");
  await reaches("59");
  await keyboard.press("Home");
  await reaches("0");
  await keyboard.press("/");
  await reaches("path");
  assert.deepEqual(wishesOf(page), []);
  assertQuiet(page);
});

webviewTest("a record's buttons are wishes, and only a lease that still lives can be asked to end", async (open) => {
  const [newest] = recordsOf(12);
  const lease = newest?.row.lease_id ?? undefined;
  assert.ok(newest !== undefined && lease !== undefined);
  const page = await openLedger(open, { records: recordsOf(12), leases: [lease] });
  await openFirst(page);
  await page.page.getByText("Entry 25 of 1,204").waitFor();
  await page.page.getByText("witnessed this record").waitFor();
  await page.page.getByRole("button", { name: "Show in Timeline" }).click();
  await page.page.getByRole("button", { name: "Open Its Preview" }).click();
  await page.page.getByRole("button", { name: "Revoke This Lease…" }).click();
  await page.page.getByRole("button", { name: "Export…" }).click();
  const { row, at, previewId } = newest;
  const wishes = await until(
    "four wishes",
    () => (wishesOf(page).length === 4 ? wishesOf(page) : undefined),
    PATIENCE_MS,
  );
  assert.deepEqual(wishes, [
    { kind: "open-timeline", episodeId: row.episode_id, place: at },
    { kind: "open-preview", previewId },
    { kind: "revoke-lease", leaseId: lease },
    { kind: "export", filter: {}, newest: 12 },
  ]);
  await page.page.locator(".row").nth(2).click();
  await page.page.locator('.row[data-position="2"][aria-current="true"]').waitFor();
  assert.equal(await page.page.getByRole("button", { name: "Revoke This Lease…" }).count(), 0);
  assertQuiet(page);
});

webviewTest(
  "a proof that does not hold is said in words and shape; a dropped preview leaves the record",
  async (open) => {
    const withoutPreview = recordsOf(3).map(({ carried: _carried, ...rest }) => rest);
    const proof = { kind: "broken", problem: "the checkpoint does not cover it" } as const;
    const page = await openLedger(open, { records: withoutPreview, proof });
    await page.page.locator(".row").first().click();
    await page.page.getByText("Its proof does not hold.").waitFor();
    await page.page.getByText("the checkpoint does not cover it").waitFor();
    await page.page.getByText("The digest above still stands for all of it.").waitFor();
    assert.equal(await page.page.getByRole("button", { name: "Open Its Preview" }).count(), 0);
    assert.deepEqual(await page.axe(), []);
    await page.screenshot("ledger-broken-proof");
  },
);

webviewTest("an empty ledger says why and offers one thing; a Home that cannot be asked says so", async (open) => {
  const page = await openLedger(open, { records: [] });
  await page.page.getByText("Nothing has left this machine, and nothing was denied.").waitFor();
  assert.deepEqual(await page.axe(), []);
  await page.screenshot("ledger-empty");
  assert.equal(await page.page.locator(".empty button").count(), 1);
  await page.page.getByRole("button", { name: "Start Episode…" }).click();
  await page.postedMessage("the wish", (message) => (kindOf(message) === "start-episode" ? true : undefined));
  const { query } = lastQuery(page);
  await page.send({ kind: "problem", query, text: "The Home cannot be reached. Start it: arw-home serve." });
  await page.page.getByText("The Home cannot be reached.").waitFor();
  await page.page.getByRole("button", { name: "Try again" }).click();
  await page.page.getByText("Nothing has left this machine").waitFor();
  assertQuiet(page);
});

webviewTest(
  "five thousand records stay a small page, which reads on as it is scrolled, and grows on top without moving the keyboard",
  async (open) => {
    const told = { records: recordsOf(5_200) };
    const page = await openLedger(open, told);
    await page.page.getByText("5,200 in the ledger").first().waitFor();
    const count = async (): Promise<number> =>
      Number(await page.page.evaluate("document.querySelectorAll('*').length"));
    assert.ok((await count()) < ELEMENTS_MAX, `${await count()} elements`);
    await page.page.locator(".row").nth(3).click();
    await page.page.keyboard.press("End");
    await page.page.locator('.row[data-position="199"][aria-current="true"]').waitFor();
    await shown(page.page, "400 records shown");
    const label = await page.page.locator(".row[aria-current]").getAttribute("aria-label");
    // Two records more, as the extension reads them again.
    told.records = recordsOf(5_202);
    await page.sendAll(rowsFor(told, { ...lastQuery(page), rows: 400 }));
    await page.page.locator('.row[data-position="201"][aria-current="true"]').waitFor();
    assert.equal(await page.page.locator(".row[aria-current]").getAttribute("aria-label"), label);
    assert.equal(await page.page.evaluate("document.activeElement?.dataset?.position"), "201");
    assert.ok((await count()) < ELEMENTS_MAX, `${await count()} elements`);
    assertQuiet(page);
  },
);

webviewTest("no text of elsewhere runs, loads or moves anything, wherever it stands", async (open) => {
  const told = { records: recordsOf(1) };
  const page = await openLedger(open, told);
  for (const [index, text] of HOSTILE_TEXTS.entries()) {
    const hostile = recordOf(
      1,
      { title: text, carried: { paths: [text], count: 1 } },
      { dest: text, error: text, reason_code: text },
    );
    told.records = [{ ...hostile, number: index + 2 }];
    await page.send({
      kind: "choices",
      episodes: [{ episodeId: hostile.row.episode_id, title: text }],
      nodes: [{ nodeId: hostile.row.node_id, name: text }],
      leases: [],
    });
    await page.sendAll(rowsFor(told, lastQuery(page)));
    await page.page.locator(".row").click();
    await page.send({
      kind: "details",
      recordId: hostile.row.record_id,
      from: 0,
      more: false,
      items: [],
      proof: { ...PROOF, checkpoint: text },
    });
    const markup = await page.page.evaluate(
      "({ hit: globalThis.arwHit ?? null, foreign: document.querySelectorAll('#page :is(script,img,iframe,a,form,style,link,object,embed,base,meta)').length })",
    );
    assert.deepEqual(markup, { hit: null, foreign: 0 }, text);
  }
  assertQuiet(page);
  assert.deepEqual(wishesOf(page), []);
});
