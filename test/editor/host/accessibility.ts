// What axe-core finds in a page or in one frame of it that keeps somebody from using it.
// It decides which findings count: the serious and the critical ones. Its script comes past the page's own policy.
import axe from "axe-core";
import type { Frame, Page } from "playwright-core";
import * as z from "zod";
import { decode } from "../../../protocol/decode.ts";

/** One finding: the rule, and the elements that break it. */
export interface AxeFinding {
  readonly rule: string;
  readonly impact: string;
  readonly elements: readonly string[];
}

interface Violation {
  readonly id: string;
  readonly impact?: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const violations: z.ZodType<readonly Violation[]> = z.array(
  z.object({
    id: z.string(),
    impact: z.string().nullable().exactOptional(),
    nodes: z.array(z.object({ html: z.string(), failureSummary: z.string().exactOptional() })),
  }),
);

const COUNTING: ReadonlySet<string> = new Set(["serious", "critical"]);

/** The serious and critical findings; an empty list is a page that everybody can use, as far as axe-core can see. */
export async function axeFindings(target: Page | Frame): Promise<readonly AxeFinding[]> {
  await target.evaluate(axe.source);
  const found = await target.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  const decoded = decode(violations, found);
  if (!decoded.ok) throw new Error(`axe-core answered ${decoded.path} ${decoded.problem}`);
  return decoded.value
    .filter(({ impact }) => COUNTING.has(impact ?? ""))
    .map(({ id, impact, nodes }) => ({
      rule: id,
      impact: impact ?? "",
      elements: nodes.map(({ html, failureSummary = "" }) => `${html} ${failureSummary}`),
    }));
}
