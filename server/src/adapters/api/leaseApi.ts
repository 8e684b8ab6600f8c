// Leases for clients: grant one by itself, list them with what is left, revoke one. Only the owner grants and revokes.
import { leaseId } from "#protocol/ids.ts";
import { leaseViews } from "../../home/lease/view.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { mint } from "../mint.ts";
import { putBeforeOwner } from "../staging/putBefore.ts";
import { leaseTitle } from "../staging/titles.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type LeaseApi = Pick<HomeApi, "grantLease" | "listLeases" | "revokeLease">;

export function leaseApi(services: HomeServices): LeaseApi {
  const { home, now, steady, crossings } = services;
  return {
    grantLease: async (params, session) => {
      if (!session.owner) {
        const { nodeId, job, terms, reason } = params;
        const action = { kind: "grant-lease", nodeId, job, terms } as const;
        const why = reason === "" ? "Only the owner grants leases." : reason;
        return putBeforeOwner(services, session, { action, title: leaseTitle(home.state, action), evidence: [], why });
      }
      const id = mint(leaseId);
      const of = { kind: "grant-lease", at: now(), by: requesterOf(session), steady: steady() } as const;
      const executed = await home.execute({ ...of, ...params, leaseId: id });
      return executed.kind === "refusal" ? executed : { leaseId: id };
    },
    listLeases: async () => ({ epoch: home.state.leases.epoch, leases: leaseViews(home.state, steady()) }),
    revokeLease: async (params, session) => {
      const by = requesterOf(session);
      const transfers = crossings.transfers();
      const executed = await home.execute({ kind: "revoke-lease", at: now(), by, ...params, transfers });
      return executed.kind === "refusal" ? executed : {};
    },
  };
}
