// A leaf speaks for the identity that signed its key, and for nobody else, whatever bytes a stranger makes of it.
import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BasicConstraintsExtension, cryptoProvider, Extension, X509CertificateGenerator } from "@peculiar/x509";
import fc from "fast-check";
import { digestOf } from "#protocol/digest.ts";
import { type EpochMs, epochMs } from "#protocol/quantities.ts";
import { publicKeyBytes, sign } from "#protocol/signature.ts";
import { identityOf } from "./identityFile.ts";
import { freshLeaf, LEAF_RENEWED_DAYS_BEFORE } from "./leafFile.ts";
import { LEAF_BACKDATED_HOURS, LEAF_DAYS, mintBootstrapLeaf, mintLeaf } from "./tlsLeaf.ts";
import {
  bindingMessage,
  IDENTITY_EXTENSION,
  LEAF_VALIDITY_DAYS_MAX,
  leafTimeProblem,
  verifyLeaf,
} from "./verifyLeaf.ts";

const HOUR_MS = 3_600_000;
const DAY_MS: number = 24 * HOUR_MS;
const NOW = epochMs(1_900_000_000_000);
const ALICE = identityOf(Buffer.alloc(32, 1));
const MALLORY = identityOf(Buffer.alloc(32, 2));

function pathIn(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "arw-leaf-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "tls-leaf.pem");
}

interface Forgery {
  readonly curve?: string;
  readonly ca?: boolean;
  readonly days?: number;
  /** Signs the binding of the forged key, or of other things. */
  readonly binding?: (spki: Buffer, notAfter: EpochMs) => Uint8Array;
}

async function forge({ curve = "P-256", ca = false, days = 30, binding }: Forgery): Promise<string> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: curve }, true, ["sign", "verify"]);
  const spki = Buffer.from(await webcrypto.subtle.exportKey("spki", keys.publicKey));
  const notAfter = epochMs(NOW + days * DAY_MS);
  const value = binding?.(spki, notAfter);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "4a",
    name: "CN=forged",
    notBefore: new Date(NOW),
    notAfter: new Date(notAfter),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys,
    extensions: [
      new BasicConstraintsExtension(ca, undefined, true),
      ...(value === undefined ? [] : [new Extension(IDENTITY_EXTENSION, false, Buffer.from(value))]),
    ],
  });
  return certificate.toString("pem");
}

/** The binding as an honest node makes it, by Alice. */
function honest(spki: Buffer, notAfter: EpochMs): Uint8Array {
  return bound(bindingMessage(spki, notAfter));
}

function bound(message: Uint8Array, signer = ALICE, claimed = ALICE): Uint8Array {
  const signature = Buffer.from(sign("arw-tls-binding-v1", message, signer.privateKey), "base64url");
  return Buffer.concat([Buffer.from([0x04, 96]), publicKeyBytes(claimed.publicKey), signature]);
}

test("a minted leaf verifies as its identity's, from PEM and from DER", async () => {
  const leaf = await mintLeaf(ALICE, NOW);
  const certificate = new X509Certificate(leaf.certificate);
  for (const verdict of [verifyLeaf(leaf.certificate), verifyLeaf(certificate.raw)]) {
    assert.ok(verdict.ok);
    assert.equal(verdict.publicKey, ALICE.publicKey);
    assert.equal(verdict.nodeId, ALICE.nodeId);
    assert.equal(verdict.fingerprint, digestOf(certificate.raw));
    assert.equal(verdict.fingerprint, leaf.fingerprint);
    assert.equal(verdict.notAfter, NOW + LEAF_DAYS * DAY_MS);
    assert.equal(verdict.notBefore, NOW - LEAF_BACKDATED_HOURS * HOUR_MS);
  }
});

test("a leaf names its node, an opaque subject and both uses", async () => {
  const { certificate } = await mintLeaf(ALICE, NOW);
  const leaf = new X509Certificate(certificate);
  assert.equal(leaf.subjectAltName, `DNS:arw.internal, URI:arw:${ALICE.nodeId}`);
  assert.match(leaf.subject, /^CN=[0-9a-f]{32}$/);
  assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  assert.notEqual(leaf.subject, new X509Certificate((await mintLeaf(ALICE, NOW)).certificate).subject);
});

test("a bootstrap certificate speaks for no identity", async () => {
  const verdict = verifyLeaf((await mintBootstrapLeaf(NOW, epochMs(NOW + HOUR_MS))).certificate);
  assert.deepEqual(verdict, { ok: false, problem: "it carries no identity" });
});

for (const [claim, forgery, problem] of [
  ["a leaf without a binding", {}, /no identity/],
  [
    "a binding signed by somebody else",
    { binding: (spki, end) => bound(bindingMessage(spki, end), MALLORY) },
    /did not sign/,
  ],
  [
    "a binding of another TLS key",
    { binding: (_, end) => bound(bindingMessage(Buffer.alloc(91), end)) },
    /did not sign/,
  ],
  [
    "a binding of an earlier end",
    { binding: (spki, end) => bound(bindingMessage(spki, epochMs(end - 1_000))) },
    /did not sign/,
  ],
  [
    "a binding with a byte too many",
    { binding: (spki, end) => Buffer.concat([honest(spki, end), Buffer.alloc(1)]) },
    /no identity/,
  ],
  [
    "a binding of another type",
    { binding: (spki, end) => Buffer.concat([Buffer.from([0x0c]), honest(spki, end).subarray(1)]) },
    /no identity/,
  ],
  ["a P-384 leaf", { curve: "P-384", binding: honest }, /not P-256/],
  ["a certificate authority", { ca: true, binding: honest }, /authority/],
  ["a leaf that lives too long", { days: LEAF_VALIDITY_DAYS_MAX + 1, binding: honest }, /too long/],
] satisfies readonly (readonly [string, Forgery, RegExp])[]) {
  test(`${claim} is refused`, async () => {
    const verdict = verifyLeaf(await forge(forgery));
    assert.ok(!verdict.ok);
    assert.match(verdict.problem, problem);
  });
}

test("the forger's own honest binding is accepted, so the refusals above are about the forgeries", async () => {
  assert.ok(verifyLeaf(await forge({ binding: honest })).ok);
  assert.ok(verifyLeaf(await forge({ days: LEAF_VALIDITY_DAYS_MAX, binding: honest })).ok);
});

test("no changed byte of a leaf verifies, and none throws", async () => {
  const der = new X509Certificate((await mintLeaf(ALICE, NOW)).certificate).raw;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ change;
      assert.ok(!verifyLeaf(changed).ok, `byte ${at} ^ ${change}`);
    }),
    { numRuns: 300 },
  );
});

test("arbitrary bytes and texts are refused and never throw", () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.string()), (bytes) => !verifyLeaf(bytes).ok));
});

test("a clock outside the leaf's life is said with what the clock says, to the millisecond", async () => {
  const verdict = verifyLeaf((await mintLeaf(ALICE, NOW)).certificate);
  assert.ok(verdict.ok);
  assert.equal(leafTimeProblem(verdict, "the Home's", verdict.notBefore), undefined);
  assert.equal(leafTimeProblem(verdict, "the Home's", epochMs(verdict.notAfter - 1)), undefined);
  for (const wrong of [epochMs(verdict.notBefore - 1), verdict.notAfter]) {
    const problem = leafTimeProblem(verdict, "the Home's", wrong);
    assert.equal(problem?.code, "clock-skew");
    assert.ok(problem.message.includes(new Date(wrong).toISOString()), problem.message);
  }
});

test("a saved leaf is used again until it has too few days left", async (context) => {
  const path = pathIn(context);
  const first = await freshLeaf(path, ALICE, NOW);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(await freshLeaf(path, ALICE, NOW), { ...first, privateKey: `${first.privateKey.trim()}\n` });
  const edge = first.notAfter - LEAF_RENEWED_DAYS_BEFORE * DAY_MS;
  assert.equal((await freshLeaf(path, ALICE, epochMs(edge - 1))).fingerprint, first.fingerprint);
  const renewed = await freshLeaf(path, ALICE, epochMs(edge));
  assert.notEqual(renewed.fingerprint, first.fingerprint);
  assert.equal((await freshLeaf(path, ALICE, epochMs(edge))).fingerprint, renewed.fingerprint);
});

test("a leaf of another identity, with another key or with no sense in it is replaced", async (context) => {
  const path = pathIn(context);
  const mallorys = await freshLeaf(path, MALLORY, NOW);
  const alices = await freshLeaf(path, ALICE, NOW);
  assert.notEqual(alices.fingerprint, mallorys.fingerprint);
  for (const text of [
    "",
    "nonsense",
    mallorys.privateKey + alices.certificate,
    readFileSync(path, "utf8").slice(0, -40),
  ]) {
    writeFileSync(path, text);
    const leaf = await freshLeaf(path, ALICE, NOW);
    assert.ok(new X509Certificate(leaf.certificate).raw.length > 0);
    assert.notEqual(leaf.fingerprint, alices.fingerprint);
  }
});
