// The claims that are proved inside VS Code's own extension host, and their results, which the test outside reports.
// It runs in Node without a test runner, because the extension host is one program for all of them. A claim that hangs
// must end the run with its name.
import { appendFileSync, writeFileSync } from "node:fs";
import type { ClaimResult } from "./claimResult.ts";

/** Activation, a Home's start and a page's first message take seconds on two busy cores. */
const CLAIM_PATIENCE_MS = 60_000;

interface Claim {
  readonly name: string;
  readonly prove: () => Promise<void> | void;
  readonly patienceMs: number;
}

const claims: Claim[] = [];

/** States something about the extension in this host. The name is what the test run shows. */
export function claim(name: string, prove: () => Promise<void> | void, patienceMs: number = CLAIM_PATIENCE_MS): void {
  claims.push({ name, prove, patienceMs });
}

/** Proves all of them in order; VS Code calls this, and takes a rejection as the failure of the run. */
export async function proveAll(): Promise<void> {
  const file = process.env["ARW_CLAIMS_FILE"];
  if (file === undefined) throw new Error("ARW_CLAIMS_FILE names no file for the results");
  // A line each, at once: what was proved before a crash is known after it.
  writeFileSync(file, "");
  let failed = 0;
  for (const each of claims) {
    const result = await proved(each);
    if (result.problem !== undefined) failed += 1;
    appendFileSync(file, `${JSON.stringify(result)}\n`);
  }
  if (failed > 0) throw new Error(`${failed} of ${claims.length} claims do not hold`);
}

async function proved({ name, patienceMs, prove }: Claim): Promise<ClaimResult> {
  const startedMs = performance.now();
  let late: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`not proved within ${patienceMs} ms`)), patienceMs);
  });
  try {
    await Promise.race([prove(), patience]);
    return { name, durationMs: performance.now() - startedMs };
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name, durationMs: performance.now() - startedMs, problem };
  } finally {
    clearTimeout(late);
  }
}
