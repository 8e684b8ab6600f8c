// What every page's tests begin and end with: a page that was told something, what it asked for, and that nothing of it strayed.
import assert from "node:assert/strict";
import type * as z from "zod";
import { pageHtml } from "../../../extension/src/webviewHost/pageHtml.ts";
import { decode } from "../../../protocol/decode.ts";
import { kindOf } from "../../../protocol/schemaByKind.ts";
import { PAGE_MESSAGE_CHARACTERS_MAX } from "../../../protocol/webview/page.ts";
import type { Theme } from "../host/profile.ts";
import type { WebviewPage, WebviewPageOptions } from "../webviewPage.ts";

export const EVERY_THEME: readonly Theme[] = ["light", "dark", "hc-dark", "hc-light"];

export type Open = (options: WebviewPageOptions) => Promise<WebviewPage>;

/** A page that asks for a yes or a no, told what it shows. */
export async function openRequest(
  open: Open,
  screen: "review" | "staged",
  told: unknown,
  options: Partial<WebviewPageOptions> = {},
): Promise<WebviewPage> {
  const answers = [{ kind: "start", language: "en", strings: {} }, told];
  const page = await open({
    screen,
    document: pageHtml,
    width: 900,
    height: 900,
    answer: (message) => (kindOf(message) === "ready" ? answers : []),
    ...options,
  });
  await page.page.locator(".review").waitFor();
  return page;
}

/** What the page asked for, decoded as the extension does, without `ready`. */
export function asksOf<FromPage>(schema: z.ZodType<FromPage>, { posted }: WebviewPage): readonly FromPage[] {
  return posted
    .map((message) => {
      const decoded = decode(schema, message);
      assert.ok(decoded.ok, JSON.stringify(decoded));
      assert.ok(JSON.stringify(message).length <= PAGE_MESSAGE_CHARACTERS_MAX);
      return decoded.value;
    })
    .filter((message) => kindOf(message) !== "ready");
}

/** No policy was broken, nothing was thrown, and nothing was asked of anybody. */
export function assertQuiet({ watch }: WebviewPage): void {
  assert.deepEqual(watch.complaints, []);
  assert.deepEqual(watch.requestsOutside, []);
}

export async function assertNoSidewaysScroll({ page }: WebviewPage, name = "the page"): Promise<void> {
  const excess = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
  assert.ok(Number(excess) <= 0, `${name}: ${String(excess)} px wider than the window`);
}
