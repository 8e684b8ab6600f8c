// What the commands need of the process they run in. main.ts gives it; tests give another.
// The commands know the Home by its socket alone: whatever runs inside this process comes through here.
import type { WorkspaceId } from "#protocol/ids.ts";

export interface ServeOptions {
  /** The real path. */
  readonly workspaceFolder: string;
  readonly workspaceId: WorkspaceId;
  readonly homeFolder: string;
  readonly socketPath: string;
  /** Started by a command rather than a person: nobody reads its output after `announce`, and it ends when idle. */
  readonly background: boolean;
  /** To be called once, when clients can connect. */
  readonly announce: (ready: HomeReady) => void;
  /** Aborts at SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

export interface HomeReady {
  /** Only from the start that minted it: it is shown once. */
  readonly ownerSecret?: string;
}

/** What `journal verify` found. */
export type JournalReport =
  | {
      readonly kind: "ok";
      readonly frames: number;
      readonly events: number;
      readonly segments: number;
      readonly lastSequence: number;
      readonly lastDigest: string;
    }
  | {
      readonly kind: "torn-tail";
      readonly segment: string;
      readonly atByte: number;
      readonly cutBytes: number;
      readonly lastSequence: number;
    }
  | { readonly kind: "corrupt"; readonly segment: string; readonly atByte: number; readonly reason: string };

export interface OutputChannel extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}
export interface InputChannel extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

export interface CliHost {
  /** Runs the Home until it ends. Throws ArwError, e.g. `home-held`. */
  readonly serve: (options: ServeOptions) => Promise<void>;
  /** Checks the journal in a Home's folder without changing a byte. */
  readonly verifyJournal: (homeFolder: string) => Promise<JournalReport>;
  readonly stdout: OutputChannel;
  readonly stderr: OutputChannel;
  readonly stdin: InputChannel;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the command was typed; otherwise the process's folder. */
  readonly currentFolder?: string;
  /** The words that start this program again, e.g. node and the bundle; otherwise those of this process. */
  readonly program?: readonly string[];
  /** Calls the listener at Ctrl-C and SIGTERM; otherwise the process's own signals. */
  readonly onInterrupt?: (listener: () => void) => Disposable;
}
