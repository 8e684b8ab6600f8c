// The redactor of a workspace: all rules, the Home's own secrets, and those in the workspace's files as they are now.
// Every text that leaves goes through it, whatever it is for. Made anew only where one of those files has changed.
import { createRedactor, type Redactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import { secretFiles, secretsOfFiles } from "./workspaceSecrets.ts";

export interface WorkspaceRedaction {
  /** As of the last look at the workspace's files. */
  readonly current: Redactor;
  /** Looks at the files first. */
  refreshed(signal: AbortSignal): Promise<Redactor>;
}

export function openWorkspaceRedaction(
  workspaceFolder: string,
  ownSecrets: readonly string[],
  salt: Uint8Array,
): WorkspaceRedaction {
  let current = createRedactor(REDACTION_RULES, ownSecrets, salt);
  let seen = "[]";
  return {
    get current() {
      return current;
    },
    async refreshed(signal) {
      const files = await secretFiles(workspaceFolder, signal);
      const found = JSON.stringify(files);
      if (found !== seen) {
        const secrets = await secretsOfFiles(workspaceFolder, files, signal);
        current = createRedactor(REDACTION_RULES, [...ownSecrets, ...secrets], salt);
        seen = found;
      }
      return current;
    },
  };
}
