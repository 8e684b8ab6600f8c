// A redaction for tests: all rules, no files to look at, one known secret and a salt that every run has.
import { createRedactor, type Redactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import type { WorkspaceRedaction } from "../../server/src/adapters/collect/workspaceRedaction.ts";

/** Known by its value alone: no rule finds a form in it. */
export const TEST_SECRET = "correct horse battery";
export const TEST_REDACTOR: Redactor = createRedactor(REDACTION_RULES, [TEST_SECRET], new Uint8Array(32));
export const TEST_REDACTION: WorkspaceRedaction = {
  current: TEST_REDACTOR,
  unknownSecrets: 0,
  refreshed: () => Promise.resolve(TEST_REDACTOR),
  refreshLater: () => undefined,
};
