// A process whose network modules are patched as VS Code patches those of its extension host, in which a worker dials.
// It takes one JSON of what to dial, and prints what came of each dial, a line each. Run only by `patchedNetwork.test.ts`.
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import tls from "node:tls";
import { createHttpPatch, createNetPatch, createProxyResolver, createTlsPatch, LogLevel } from "@vscode/proxy-agent";
import { WebSocket } from "ws";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { type WorkspaceId, workspaceId } from "#protocol/ids.ts";
import { epochMs, epochMsSchema } from "#protocol/quantities.ts";
import { publicKeySchema } from "#protocol/signature.ts";
import { digestSchema } from "#protocol/digest.ts";
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import type { DialTarget } from "../../worker-companion/src/adapters/dial/dialTls.ts";
import { dialHome } from "../../worker-companion/src/adapters/dial/dialHome.ts";

export interface PatchedTarget extends DialTarget {
  readonly workspaceId: WorkspaceId;
}
export interface PatchedOrder {
  /** Which of VS Code's two ways of adding certificates is on. */
  readonly certificates: "v1" | "v2";
  readonly proxy: string;
  readonly systemCertificate: string;
  readonly home: PatchedTarget;
  readonly wrongPin: PatchedTarget;
  readonly impostor: PatchedTarget;
  readonly leaf: TlsLeaf;
}

const targetSchema: z.ZodType<PatchedTarget> = z.strictObject({
  addresses: z.array(z.string()),
  homeKey: publicKeySchema,
  homeCertificate: z.string(),
  workspaceId: workspaceId.schema,
});
const orderSchema: z.ZodType<PatchedOrder> = z.strictObject({
  certificates: z.enum(["v1", "v2"]),
  proxy: z.string(),
  systemCertificate: z.string(),
  home: targetSchema,
  wrongPin: targetSchema,
  impostor: targetSchema,
  leaf: z.strictObject({
    certificate: z.string(),
    privateKey: z.string(),
    fingerprint: digestSchema,
    notAfter: epochMsSchema,
  }),
});

const decoded = decodeJson(orderSchema, process.argv[2] ?? "");
if (!decoded.ok) throw new Error(`${decoded.path} ${decoded.problem}`);
const order = decoded.value;
patchNetwork();

const { leaf } = order;
const now = () => epochMs(Date.now());
const results = {
  home: await dialled("home"),
  // After a good dial: a session of it, were one kept, would be offered to the same address here.
  wrongPin: await dialled("wrongPin"),
  impostor: await dialled("impostor"),
  again: await dialled("home"),
  // What the patches do to a client that does not know of them: without these two nothing above would be proven.
  carelessTls: await carelessTls(),
  carelessUpgrade: await carelessUpgrade(),
};
process.stdout.write(`${JSON.stringify(results)}\n`);
process.exit(0);

async function dialled(which: "home" | "wrongPin" | "impostor"): Promise<string> {
  try {
    const { link } = await dialHome({ home: order[which], leaf, now }, AbortSignal.timeout(20_000));
    await link.send({ kind: "leaving", reason: "drain" });
    link.close("goodbye", "seen");
    await link.closed;
    return "open";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** A TLS client that brings no authority of its own, to whoever has a certificate of the extra one. */
async function carelessTls(): Promise<string> {
  const [address] = order.impostor.addresses;
  const { hostname, port } = new URL(`https://${address}`);
  return new Promise((resolve) => {
    const { certificate: cert, privateKey: key } = leaf;
    const request = https.request({ host: hostname, port, path: "/", cert, key, servername: "arw.internal" });
    request.on("response", () => resolve("answered"));
    request.on("error", (error) => resolve("code" in error ? String(error.code) : error.message));
    request.end();
  });
}

/** A WebSocket client that hands `ws` a socket of its own, which the patched request drops. */
async function carelessUpgrade(): Promise<string> {
  let used = false;
  const socket = new WebSocket("ws://arw.internal/v1/link", {
    createConnection: () => {
      used = true;
      return new net.Socket();
    },
  });
  return new Promise((resolve) => {
    socket.on("error", () => resolve(used ? "own socket" : "another connection"));
    setTimeout(() => resolve(used ? "own socket" : "nothing"), 5_000);
  });
}

/** As VS Code does it: the functions of the shared module objects are replaced. */
function patchNetwork(): void {
  const quiet = (): void => undefined;
  const params = {
    resolveProxy: async () => `PROXY ${order.proxy}`,
    getProxyURL: () => undefined,
    getProxySupport: () => "override" as const,
    getNoProxyConfig: () => [],
    isAdditionalFetchSupportEnabled: () => true,
    isWebSocketPatchEnabled: () => true,
    addCertificatesV1: () => order.certificates === "v1",
    addCertificatesV2: () => order.certificates === "v2",
    loadSystemCertificatesFromNode: () => false,
    loadAdditionalCertificates: async () => [order.systemCertificate],
    log: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    getLogLevel: () => LogLevel.Off,
    proxyResolveTelemetry: quiet,
    isUseHostProxyEnabled: () => true,
    env: {},
  };
  const { resolveProxyWithRequest } = createProxyResolver(params);
  Object.assign(https, createHttpPatch(params, { ...https }, resolveProxyWithRequest));
  Object.assign(http, createHttpPatch(params, { ...http }, resolveProxyWithRequest));
  Object.assign(tls, createTlsPatch(params, { ...tls }));
  Object.assign(net, createNetPatch(params, { ...net }));
  // So that what was imported by name is patched too, as it is for a bundled extension.
  syncBuiltinESMExports();
}
