// The golden run of policies: adopted, unreadable and mended, narrowed by a workspace, and a send that a rule allowed.
// It must never change what it already does; a new kind of event is a new run with a journal of its own.
import type { JournalEvent } from "#protocol/events.ts";
import { byteCount } from "#protocol/quantities.ts";
import { collected } from "../simulation/egressCommands.ts";
import { finished, homeWith, preview } from "../simulation/homeCommands.ts";
import { GPU } from "../simulation/homeScenario.ts";
import {
  adoptPolicy,
  judgePolicyFile,
  policyOf,
  policyRule,
  readWorkspacePolicy,
} from "../simulation/policyCommands.ts";

/** The frames, in order. */
export function policyFrames(): readonly (readonly JournalEvent[])[] {
  const home = homeWith(GPU);
  const obligations = { bytesMax: byteCount(5_000), redact: true, sandbox: "none", reviewResult: true } as const;
  const may = policyRule("may", "allow", {
    subjects: [{ kind: "client" }],
    resource: { paths: ["**"], classes: ["public", "internal"], bytesMax: byteCount(10_000) },
    destination: { trusted: true },
    purposes: ["command"],
    time: { hoursUtc: { from: "00:00", until: "00:00" } },
    obligations,
  });
  home.run(adoptPolicy({ ...policyOf(may), nodes: [{ node: GPU.name, trusted: true, location: "home" }] }));
  home.run(preview(1, GPU), finished(1, GPU));
  home.run(judgePolicyFile("policy.jsonc:1:2 expects a name."), judgePolicyFile(undefined));
  home.run(readWorkspacePolicy(policyOf(policyRule("asks", "ask"))), preview(2, GPU));
  const waiting = { collected: [collected(2, "a.txt")] };
  home.run(readWorkspacePolicy("policy.jsonc:3:4 expects a comma.", waiting), readWorkspacePolicy(undefined));
  home.run(preview(3, GPU));
  home.run(adoptPolicy({ ...policyOf(), gates: { noEgress: true } }, { collected: [collected(3, "a.txt")] }));
  return home.frames;
}
