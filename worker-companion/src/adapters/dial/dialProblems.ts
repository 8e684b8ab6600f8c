// What can go wrong between a worker and its Home, each as one sentence with cause and fix.
// It maps classes of errors, never OpenSSL's wording, which differs between runtimes.
import { ArwError } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";

export function homeUnreachable(addresses: readonly string[], cause: unknown): ArwError {
  const why = cause instanceof Error && !(cause instanceof ArwError) ? ` (${errorCode(cause) ?? cause.message})` : "";
  return new ArwError(
    "home-unreachable",
    `No Home answers at ${addresses.join(", ")}${why}.`,
    "Start the Home, and check that this machine can reach it: same network, no firewall between, the right port.",
    { cause },
  );
}

export function notTheInviter(addresses: readonly string[], problem: string, cause?: unknown): ArwError {
  return new ArwError(
    "home-not-the-inviter",
    `What answers at ${addresses.join(", ")} is not the Home of this invite: ${problem}. Nothing was sent to it.`,
    "Check the address with the Home's owner. If the Home got a new certificate, join again with a new invite.",
    { cause },
  );
}

/**
 * It is the Home, but it hung up before a word: it does so on every certificate that it does not know. A Home that dies at
 * that very moment looks the same, so whoever runs on a schedule tries a few times before believing it.
 */
export function notEnrolledOrRevoked(address: string, cause: unknown): ArwError {
  return new ArwError(
    "not-enrolled-or-revoked",
    `The Home at ${address} does not let this node in: it was never enrolled, or it was revoked.`,
    "Ask the Home's owner for an invite, and join again with: arw-worker join <invite>",
    { cause },
  );
}

/** An error of the handshake: a clock, a node that is not let in, or not the Home at all. */
export function tlsProblem(address: string, error: unknown, now: EpochMs): ArwError {
  const code = errorCode(error) ?? "";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return new ArwError(
      "clock-skew",
      `The certificate of the Home at ${address} is not valid now, and this machine's clock says ${new Date(now).toISOString()}.`,
      "Set the clocks of both machines (for example: timedatectl set-ntp true). If they are right, restart the Home and ask for a new invite.",
      { cause: error },
    );
  }
  if (code.includes("ALERT")) return notEnrolledOrRevoked(address, error);
  // Hung up before it showed a certificate: a port that leads nowhere, or a Home that has its hands full or is closing.
  if (code === "ECONNRESET" || code === "EPIPE") return homeUnreachable([address], error);
  return notTheInviter([address], "its certificate is another one, or it does not speak TLS", error);
}

export function isUnreachable(error: unknown): boolean {
  const code = errorCode(error) ?? "";
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"].includes(code);
}

/** `host:port` or `[address]:port`. Throws ArwError `invite-malformed`. */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^:\s[\]]+)):([0-9]{1,5})$/.exec(address);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new ArwError(
      "invite-malformed",
      `${JSON.stringify(address)} is not an address like host:port.`,
      "Ask the Home's owner for a new invite.",
    );
  }
  return { host, port };
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
