// Row "policy decision": the same requests decided by our policy and by Cedar in WebAssembly, whose policies are parsed and
// whose requests are made beforehand. Ours says which rules fit and why; Cedar is asked once, whether it may leave unasked.
import { evaluate, type PolicyInForce } from "../../../server/src/home/policy/evaluate.ts";
import { POSTURE_TEXTS } from "../../../server/src/adapters/policy/postures.ts";
import { readPolicy } from "../../../server/src/adapters/policy/readPolicy.ts";
import { sampledRequests } from "../../simulation/arbitraryPolicies.ts";
import { cedarPolicy } from "../../simulation/cedarOracle.ts";
import { GPU } from "../../simulation/homeScenario.ts";
import { TOLERANCE_UNALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";

const NAME = "policy decision";
const REQUESTS = 200;

export const policyDecision: Row = { name: NAME, run };

async function run({ quick }: Scale): Promise<readonly Measured[]> {
  const policy = trustingGpu();
  const requests = sampledRequests(REQUESTS);
  const oracle = cedarPolicy(policy);
  const contexts = requests.map(oracle.contextOf);
  const ours = (): Promise<number> =>
    timed(async () => {
      for (const request of requests) evaluate(policy, request);
    });
  const theirs = (): Promise<number> =>
    timed(async () => {
      for (const context of contexts) oracle.decide(context);
    });
  const turns = await alternating({ quick }, quick ? 30 : 100, ours, theirs);
  return [
    {
      name: NAME,
      floorName: `Cedar in WebAssembly, the same ${REQUESTS} requests`,
      goal: { kind: "at-least", ratio: 100 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_UNALIKE,
      ...turns,
    },
  ];
}

/** The posture with the most rules, and one worker that it trusts. */
function trustingGpu(): PolicyInForce {
  const { document } = readPolicy(POSTURE_TEXTS["trusted-workers"]);
  if (document === undefined) throw new Error("a posture is a document");
  return { home: { document: { ...document, nodes: [{ node: GPU.name, trusted: true, location: "home" }] } } };
}
