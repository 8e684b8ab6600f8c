// Dialling inside VS Code's extension host, whose network modules are not Node's own: with `http.proxySupport` at `override`
// and a system authority that an attacker has, bytes go to the Home alone, and nobody else opens a channel.
import "reflect-metadata";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { webcrypto } from "node:crypto";
import { once } from "node:events";
import { createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createServer as createHttpsServer } from "node:https";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import type { PatchedOrder } from "./patchedDial.ts";
import { type Party, party, type TestHome, testHome } from "./testHome.ts";

const HOUR_MS = 3_600_000;
const resultsSchema = z.strictObject({
  home: z.string(),
  wrongPin: z.string(),
  impostor: z.string(),
  again: z.string(),
  carelessTls: z.string(),
  carelessUpgrade: z.string(),
});

interface Issued {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

/** A certificate of an authority, or that authority itself where there is no issuer. */
async function issue(issuer?: Issued): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const terms = {
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  };
  const certificate =
    issuer === undefined
      ? await X509CertificateGenerator.createSelfSigned({
          ...terms,
          name: "CN=An authority of the system",
          keys,
          extensions: [new BasicConstraintsExtension(true)],
        })
      : await X509CertificateGenerator.create({
          ...terms,
          subject: "CN=arw.internal",
          issuer: issuer.certificate.subject,
          publicKey: keys.publicKey,
          signingKey: issuer.key,
          extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: "arw.internal" }])],
        });
  return { certificate, key: keys.privateKey };
}

async function listening(context: TestContext, server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => void server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `127.0.0.1:${address.port}`;
}

/** Answers every request, as a Home that is none, with a certificate that the system trusts. */
async function impostor(
  context: TestContext,
  authority: Issued,
): Promise<{ readonly address: string; readonly requests: () => number }> {
  const { certificate, key } = await issue(authority);
  const pem = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
  let requests = 0;
  const server = createHttpsServer({ key: pem, cert: certificate.toString("pem") }, (_, response) => {
    requests += 1;
    response.end("hello");
  });
  server.on("upgrade", () => {
    requests += 1;
  });
  return { address: await listening(context, server), requests: () => requests };
}

function targetOf(home: TestHome, pinned: Party, address: string): PatchedOrder["home"] {
  const { identity, leaf } = pinned;
  return {
    addresses: [address],
    homeKey: identity.publicKey,
    homeCertificate: leaf.certificate,
    workspaceId: home.workspaceId,
  };
}

for (const certificates of ["v1", "v2"] as const) {
  test(`with VS Code's patches ${certificates} a worker reaches its Home and nobody else`, async (context) => {
    const home = await testHome(context);
    const node = await party();
    home.allowNode(node);
    const received: string[] = [];
    const watching = (async () => {
      for (let link = 0; link < 2; link++) {
        const taken = await home.links.take();
        taken.link.onMessage(({ kind }) => void received.push(kind));
      }
    })();
    let proxied = 0;
    const proxy = createTcpServer((socket) => {
      proxied += 1;
      socket.on("error", () => undefined).destroy();
    });
    const authority = await issue();
    const impostors = await impostor(context, authority);
    const order: PatchedOrder = {
      certificates,
      proxy: await listening(context, proxy),
      systemCertificate: authority.certificate.toString("pem"),
      home: targetOf(home, home, home.address),
      wrongPin: targetOf(home, await party(), home.address),
      impostor: targetOf(home, home, impostors.address),
      leaf: node.leaf,
    };
    const program = join(fileURLToPath(new URL(".", import.meta.url)), "patchedDial.mjs");
    const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(order)], {
      timeout: 60_000,
    });
    const results = decodeJson(resultsSchema, stdout);
    assert.ok(results.ok, stdout);
    const { home: first, again, wrongPin, impostor: other, carelessTls, carelessUpgrade } = results.value;
    assert.deepEqual([first, again], ["open", "open"]);
    await watching;
    assert.deepEqual(received, ["leaving", "leaving"]);
    assert.equal(wrongPin, "home-not-the-inviter");
    assert.equal(other, "home-not-the-inviter");
    // The careless clients show that the patches are on: one trusts the extra authority, the other left its own socket.
    assert.equal(carelessTls, "answered");
    assert.equal(carelessUpgrade, "another connection");
    assert.equal(impostors.requests(), 1, "only the careless client sent anything to the impostor");
    assert.equal(proxied, 1, "only the careless client went to the proxy");
  });
}
