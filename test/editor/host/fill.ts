// Types into a box and makes sure that the text is in it: what takes the keyboard at that moment would get the text instead.
import type { Locator } from "playwright-core";
import { until } from "../../acceptance/processes.ts";
import { PATIENCE_MS } from "./patience.ts";

export async function fill(box: Locator, text: string): Promise<void> {
  await until(
    `a box that takes ${JSON.stringify(text)}`,
    async () => {
      await box.fill(text);
      return (await box.inputValue()) === text ? true : undefined;
    },
    PATIENCE_MS,
  );
}
