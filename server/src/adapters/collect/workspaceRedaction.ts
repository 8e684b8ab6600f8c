// The redactor of a workspace: all rules, the Home's own secrets, and those in the workspace's files as they are now.
// Every text that leaves goes through it, whatever it is for. Made anew only where one of those files has changed. What could
// not be read is never taken for known: it is looked at again the next time, and who must know all is told.
import { KNOWN_SECRETS_MAX, unknownOf } from "#platform/redaction/knownSecrets.ts";
import { createRedactor, type Redactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import { ArwError, messageOf } from "#protocol/errors.ts";
import { secretFiles, secretsOfFiles } from "./workspaceSecrets.ts";

export interface WorkspaceRedaction {
  /** As of the last look at the workspace's files. */
  readonly current: Redactor;
  /** Secrets of the workspace's files that are not looked for, because there are too many. */
  readonly unknownSecrets: number;
  /** Looks at the files first. Throws ArwError `secrets-unread` where not all of them could be. */
  refreshed(signal: AbortSignal): Promise<Redactor>;
  /** Looks at the files while nobody waits; once more afterwards where it was asked for meanwhile. */
  refreshLater(): void;
}

export interface OpenWorkspaceRedaction extends WorkspaceRedaction {
  close(): Promise<void>;
}

/** `onTrouble` is told why a look that nobody waits for failed, and once of secrets that are not looked for. */
export function openWorkspaceRedaction(
  workspaceFolder: string,
  ownSecrets: readonly string[],
  salt: Uint8Array,
  onTrouble: (error: unknown) => void,
): OpenWorkspaceRedaction {
  let current = createRedactor(REDACTION_RULES, ownSecrets, salt);
  let unknownSecrets = 0;
  let seen: string | undefined = "[]";
  const refreshed = async (signal: AbortSignal): Promise<Redactor> => {
    const { files, missed } = await secretFiles(workspaceFolder, signal).catch(unlisted(signal));
    const found = JSON.stringify(files);
    if (found !== seen) {
      const read = await secretsOfFiles(workspaceFolder, files, signal);
      const known = [...ownSecrets, ...read.secrets];
      current = createRedactor(REDACTION_RULES, known, salt);
      const unknownBefore = unknownSecrets;
      unknownSecrets = unknownOf(known);
      if (unknownSecrets > 0 && unknownBefore === 0) onTrouble(secretsUnknown(unknownSecrets));
      seen = read.missed === undefined ? found : undefined;
      if (read.missed !== undefined) throw secretsUnread(read.missed);
    }
    if (missed !== undefined) throw secretsUnread(missed);
    return current;
  };
  const closed = new AbortController();
  let running: Promise<void> | undefined;
  let again = false;
  const look = async (): Promise<void> => {
    do {
      again = false;
      await refreshed(closed.signal).catch((error: unknown) => {
        if (!closed.signal.aborted) onTrouble(error);
      });
    } while (again && !closed.signal.aborted);
    running = undefined;
  };
  return {
    get current() {
      return current;
    },
    get unknownSecrets() {
      return unknownSecrets;
    },
    refreshed,
    refreshLater() {
      if (closed.signal.aborted) return;
      if (running === undefined) running = look();
      else again = true;
    },
    async close() {
      closed.abort();
      await running;
    },
  };
}

function unlisted(signal: AbortSignal): (error: unknown) => never {
  return (error) => {
    signal.throwIfAborted();
    throw secretsUnread(`its folder cannot be listed: ${messageOf(error)}`);
  };
}

function secretsUnknown(count: number): ArwError {
  return new ArwError(
    "secrets-unknown",
    `The workspace's secret files hold ${count} more exact secrets than the ${KNOWN_SECRETS_MAX} that are looked for in text that leaves.`,
    "Move keys and credentials that this work does not need out of the workspace.",
  );
}

function secretsUnread(cause: string): ArwError {
  return new ArwError(
    "secrets-unread",
    `Not all secrets of the workspace are known, so no prompt may leave this machine: ${cause}.`,
    "Make it readable or move it out of the workspace, or ask on this machine (--on local).",
  );
}
