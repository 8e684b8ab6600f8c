// Which address is offered first, and that pairing one worker never cuts off another.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADDRESSES_OFFERED_MAX, type Interfaces, listenPlan, localPlan, rankAddresses } from "./addresses.ts";

function ip(address: string, internal = false): { address: string; family: string; internal: boolean } {
  return { address, family: address.includes(":") ? "IPv6" : "IPv4", internal };
}

test("the home network comes first, then a VPN; containers and this machine alone come last", () => {
  const interfaces: Interfaces = {
    lo: [ip("127.0.0.1", true), ip("::1", true)],
    docker0: [ip("172.17.0.1")],
    tailscale0: [ip("100.101.102.103")],
    eth1: [ip("203.0.113.7")],
    wlan0: [ip("192.168.1.20"), ip("fe80::1"), ip("fd00::20")],
    eth2: [ip("169.254.3.4")],
    gone: undefined,
  };
  assert.deepEqual(
    rankAddresses(interfaces).map(({ address, kind }) => `${address} ${kind}`),
    [
      "192.168.1.20 network",
      "fd00::20 network",
      "100.101.102.103 vpn",
      "203.0.113.7 public",
      "172.17.0.1 virtual",
      "169.254.3.4 link-local",
      "127.0.0.1 loopback",
      "::1 loopback",
    ],
  );
});

test("private ranges end where they end", () => {
  const kinds = (address: string): string | undefined => rankAddresses({ eth0: [ip(address)] })[0]?.kind;
  assert.deepEqual(["172.15.0.1", "172.16.0.1", "172.31.0.1", "172.32.0.1"].map(kinds), [
    "public",
    "network",
    "network",
    "public",
  ]);
  assert.deepEqual(["100.63.0.1", "100.64.0.1", "100.127.0.1", "100.128.0.1"].map(kinds), [
    "public",
    "vpn",
    "vpn",
    "public",
  ]);
});

test("no more addresses are offered than the limit", () => {
  const many = Array.from({ length: ADDRESSES_OFFERED_MAX + 1 }, (_, at) => ip(`10.0.0.${at}`));
  assert.equal(rankAddresses({ eth0: many }).length, ADDRESSES_OFFERED_MAX);
});

test("a Home that does not listen listens on the chosen address alone", () => {
  assert.deepEqual(listenPlan(undefined, true, "192.168.1.20"), { listenHost: "192.168.1.20", widened: false });
});

test("a Home that listens there, or everywhere, stays where it is", () => {
  const same = { host: "192.168.1.20", port: 7411 };
  assert.deepEqual(listenPlan(same, true, "192.168.1.20"), { listenHost: "192.168.1.20", widened: false });
  assert.deepEqual(listenPlan({ host: "0.0.0.0", port: 7411 }, true, "192.168.1.20"), {
    listenHost: "0.0.0.0",
    listenPort: 7411,
    addresses: ["192.168.1.20:7411"],
    widened: false,
  });
});

test("a worker that uses another address is not cut off: the port stays and every address is listened on", () => {
  assert.deepEqual(listenPlan({ host: "127.0.0.1", port: 7411 }, true, "192.168.1.20"), {
    listenHost: "0.0.0.0",
    listenPort: 7411,
    addresses: ["192.168.1.20:7411"],
    widened: true,
  });
  assert.equal(listenPlan({ host: "127.0.0.1", port: 7411 }, true, "fd00::20").listenHost, "::");
  assert.deepEqual(listenPlan({ host: "127.0.0.1", port: 7411 }, false, "192.168.1.20"), {
    listenHost: "192.168.1.20",
    widened: false,
  });
});

test("a setting says where it listens first; the invite names the address that was chosen", () => {
  const everywhere = { listenHost: "0.0.0.0", listenPort: 7411 };
  assert.deepEqual(listenPlan(undefined, false, "192.168.1.20", everywhere), {
    ...everywhere,
    addresses: ["192.168.1.20:7411"],
    widened: false,
  });
  assert.deepEqual(listenPlan(undefined, false, "192.168.1.20", { listenHost: "0.0.0.0", listenPort: 0 }), {
    listenHost: "0.0.0.0",
    widened: false,
  });
  assert.deepEqual(listenPlan(undefined, false, "fd00::20", { listenHost: "", listenPort: 7411 }).addresses, [
    "[fd00::20]:7411",
  ]);
});

test("a practice worker reaches the Home where it listens already, and moves nothing", () => {
  assert.deepEqual(localPlan(undefined), { listenHost: "127.0.0.1", widened: false });
  const there = { host: "192.168.1.20", port: 7411 };
  assert.deepEqual(localPlan(there).addresses, ["192.168.1.20:7411"]);
  assert.deepEqual(localPlan({ host: "0.0.0.0", port: 7411 }), {
    listenHost: "0.0.0.0",
    listenPort: 7411,
    addresses: ["127.0.0.1:7411"],
    widened: false,
  });
});
