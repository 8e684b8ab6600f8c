// What a notification may say of what others wrote: text, and nothing that VS Code takes for a link. Pure.
import { plainLines } from "#protocol/text/plainText.ts";

/** VS Code knows no escape in these texts: only a space between label and target keeps them apart. */
export function noticeText(text: string): string {
  return plainLines(text).replaceAll("](", "] (");
}
