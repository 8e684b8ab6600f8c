// An address is host and port and nothing else; an error is told by its class, not by its words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "#protocol/quantities.ts";
import { homeUnreachable, parseAddress, tlsProblem } from "./dialProblems.ts";

for (const [address, host, port] of [
  ["home.example:8443", "home.example", 8443],
  ["127.0.0.1:1", "127.0.0.1", 1],
  ["[::1]:65535", "::1", 65_535],
  ["[fe80::1%eth0]:80", "fe80::1%eth0", 80],
] as const) {
  test(`${address} is an address`, () => {
    assert.deepEqual(parseAddress(address), { host, port });
  });
}

for (const address of [
  "home",
  "home:",
  "home:0",
  "home:65536",
  "::1:80",
  "a b:80",
  "https://home:80",
  "home:80/x",
  ":80",
]) {
  test(`${JSON.stringify(address)} is no address`, () => {
    assert.throws(() => parseAddress(address), { code: "invite-malformed" });
  });
}

for (const [code, problem] of [
  ["CERT_HAS_EXPIRED", "clock-skew"],
  ["CERT_NOT_YET_VALID", "clock-skew"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "not-enrolled-or-revoked"],
  ["ECONNRESET", "home-unreachable"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "home-not-the-inviter"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "home-not-the-inviter"],
] as const) {
  test(`the handshake error ${code} means ${problem}`, () => {
    assert.equal(tlsProblem("home:1", Object.assign(new Error("x"), { code }), epochMs(0)).code, problem);
  });
}

test("an unreachable Home is said with every address and the cause", () => {
  const { message } = homeUnreachable(["a:1", "b:2"], Object.assign(new Error("x"), { code: "ECONNREFUSED" }));
  assert.match(message, /a:1, b:2 \(ECONNREFUSED\)/);
});
