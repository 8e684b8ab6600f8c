// Leases for clients: grant one by itself, list them with what is left, revoke one. Only the owner grants and revokes.
import { leaseId } from "#protocol/ids.ts";
import { leaseViews } from "../../home/lease/view.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { mint } from "../mint.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type LeaseApi = Pick<HomeApi, "grantLease" | "listLeases" | "revokeLease">;

export function leaseApi({ home, now, steady, crossings }: HomeServices): LeaseApi {
  return {
    grantLease: async (params, session) => {
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
