// Every place of the Home from which a byte could leave this machine, by name. What is not listed here has no way out:
// not to a worker, not to the network, not through another program. It reads text only, like the import table.
import { importsOf, isSign } from "./importsOf.ts";
import { type Token, tokenize } from "./tokens.ts";

/** One way out, and the files that may take it, each with its reason. */
interface Sink {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
  readonly lines: (source: string, tokens: readonly Token[]) => readonly number[];
}

/** The folders whose code runs in the Home's process. The worker's sinks lead to the Home alone. */
export const HOME_FOLDERS: readonly string[] = ["protocol", "platform", "server/src"];

const NETWORK = /^(?:node:)?(?:net|tls|https?|http2|dgram|dns|quic|inspector)(?:\/promises)?$|^(?:ws|undici)$/u;
const NETWORK_GLOBALS: ReadonlySet<string> = new Set(["fetch", "XMLHttpRequest", "EventSource", "sendBeacon"]);

const SINKS: readonly Sink[] = [
  {
    name: "hands what belongs to the workspace to a node",
    lines: (_, tokens) => calls(tokens, "carry"),
    files: new Map([["server/src/adapters/attempts/egressGate.ts", "the one that judges first"]]),
  },
  {
    name: "writes to a link",
    lines: (_, tokens) => calls(tokens, "send"),
    files: new Map([
      ["platform/link/frameChannel.ts", "the socket's own end"],
      ["platform/link/link.ts", "puts the envelope around a message"],
      ["server/src/adapters/workers/workerLinks.ts", "control messages, and the channel that the gate carries over"],
      ["server/src/adapters/listener/enrolment.ts", "joining, before anything of the workspace is at hand"],
    ]),
  },
  {
    name: "opens the network",
    lines: (source) => importing(source, NETWORK),
    files: new Map([
      ["platform/link/frameChannel.ts", "frames over an accepted or dialled link"],
      ["platform/link/upgradeChannel.ts", "the worker's dial; no code of the Home's imports it"],
      ["server/src/adapters/clientServer/clientConnection.ts", "the private socket of this user's clients"],
      ["server/src/adapters/clientServer/clientServer.ts", "the private socket of this user's clients"],
      ["server/src/adapters/listener/gate.ts", "the workers' door"],
      ["server/src/adapters/listener/upgrade.ts", "the workers' door"],
      ["server/src/adapters/listener/workerListener.ts", "the workers' door"],
      ["server/src/adapters/selfTest/selfTestDoor.ts", "knocks at its own door before that opens"],
      ["server/src/cli/homeClient.ts", "the private socket, from the client's side"],
    ]),
  },
  {
    name: "starts another program",
    lines: (source) => importing(source, /^(?:node:)?child_process$/u),
    files: new Map([
      ["platform/home/startHome.ts", "starts the Home itself"],
      ["server/src/adapters/collect/git.ts", "asks git for names and for texts of the last commit; it reads only"],
      ["server/src/cli/proposalDiff.ts", "shows two files of this machine with the diff of this machine"],
    ]),
  },
  {
    name: "uses the runtime's own network",
    lines: (_, tokens) => tokens.flatMap((token, at) => (isNetworkGlobal(tokens, at) ? [token.line] : [])),
    files: new Map(),
  },
];

/** Every way out that a file takes and that is not its own; empty where there is none. */
export function sinkViolations(path: string, source: string): readonly string[] {
  const tokens = tokenize(source);
  return SINKS.filter(({ files }) => !files.has(path)).flatMap(({ name, lines }) =>
    lines(source, tokens).map(
      (line) => `${path}: line ${line} ${name}: only test/architecture/sinks.ts lets a file do so`,
    ),
  );
}

/** Listed files that no longer take their way out: an open door that nobody uses. */
export function unusedSinks(sources: ReadonlyMap<string, string>): readonly string[] {
  return SINKS.flatMap(({ name, files, lines }) =>
    [...files.keys()].flatMap((path) => {
      const source = sources.get(path);
      const uses = source !== undefined && lines(source, tokenize(source)).length > 0;
      return uses ? [] : [`${path} ${name} no more`];
    }),
  );
}

function importing(source: string, modules: RegExp): readonly number[] {
  return importsOf(source).flatMap(({ specifier, line }) => (modules.test(specifier ?? "") ? [line] : []));
}

/** Calls of a method of this name, its reference without a call included: a bound method is a call elsewhere. */
function calls(tokens: readonly Token[], name: string): readonly number[] {
  return tokens.flatMap((token, at) => {
    const dotted = token.kind === "word" && token.text === name && isSign(tokens[at - 1], ".");
    const indexed = token.kind === "string" && token.text === name && isSign(tokens[at - 1], "[");
    return dotted || indexed ? [token.line] : [];
  });
}

function isNetworkGlobal(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  if (token?.kind !== "word" || !NETWORK_GLOBALS.has(token.text)) return false;
  const previous = tokens[at - 1];
  const next = tokens[at + 1];
  // `proposals.fetch(…)` and a method named `fetch` are our own words.
  if (isSign(previous, ".")) return tokens[at - 2]?.text === "globalThis";
  return !(previous?.text === "async" || isSign(next, ":"));
}
