// Under which address of this machine another one may reach it, the likeliest first, and where the Home must listen for that
// without cutting off the workers it has. It opens nothing: the person chooses, the Home listens.

/** What kind of network an address belongs to, judged by the address and the name of its interface. */
export type AddressKind = "network" | "vpn" | "public" | "virtual" | "link-local" | "loopback";

export interface MachineAddress {
  readonly address: string;
  readonly interfaceName: string;
  readonly kind: AddressKind;
}

/** As `os.networkInterfaces()` gives them. */
export type Interfaces = Readonly<
  Record<
    string,
    readonly { readonly address: string; readonly family: string; readonly internal: boolean }[] | undefined
  >
>;

export const ADDRESSES_OFFERED_MAX = 16;

/** Names of interfaces that lead to containers and virtual machines on this very machine. */
const VIRTUAL_NAMES = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|lxc|lxd|podman|cni|flannel|vEthernet)/iu;
const VPN_NAMES = /^(?:tun|tap|wg|utun|ppp|zt|tailscale|ipsec)/iu;
const ORDER: readonly AddressKind[] = ["network", "vpn", "public", "virtual", "link-local", "loopback"];

/** Every address with its kind, the likeliest first; IPv4 before IPv6, since people can read it out. */
export function rankAddresses(interfaces: Interfaces): readonly MachineAddress[] {
  const found = Object.entries(interfaces).flatMap(([interfaceName, addresses]) =>
    (addresses ?? []).map(({ address, internal }) => ({
      address,
      interfaceName,
      kind: internal ? ("loopback" as const) : kindOf(address, interfaceName),
    })),
  );
  return found
    .toSorted((left, right) => ORDER.indexOf(left.kind) - ORDER.indexOf(right.kind) || family(left) - family(right))
    .filter(({ kind, address }) => kind !== "link-local" || !isIpv6(address))
    .slice(0, ADDRESSES_OFFERED_MAX);
}

/** Where a Home listens now. */
export interface Listening {
  readonly host: string;
  readonly port: number;
}

/** Where the owner wants it to listen; empty and 0 leave it open. */
export interface ListenSettings {
  readonly listenHost: string;
  readonly listenPort: number;
}

/** What an invite asks for; absent parts are the Home's to choose. */
export interface ListenPlan {
  readonly listenHost?: string;
  readonly listenPort?: number;
  readonly addresses?: readonly string[];
  /** True where it must listen on every address, because workers use another one than was chosen. */
  readonly widened: boolean;
}

/** `hasWorkers`: others use the address it listens on, and must go on reaching it. `settings` count where it listens nowhere. */
export function listenPlan(
  current: Listening | undefined,
  hasWorkers: boolean,
  chosen: string,
  settings: ListenSettings = { listenHost: "", listenPort: 0 },
): ListenPlan {
  if (current === undefined) return firstPlan(chosen, settings);
  if (current.host === chosen) return { listenHost: chosen, widened: false };
  const { host, port } = current;
  const here = { listenPort: port, addresses: [joined(chosen, port)] };
  if (isWildcard(host)) return { listenHost: host, ...here, widened: false };
  if (!hasWorkers) return { listenHost: chosen, widened: false };
  return { listenHost: isIpv6(host) || isIpv6(chosen) ? "::" : "0.0.0.0", ...here, widened: true };
}

function firstPlan(chosen: string, { listenHost, listenPort }: ListenSettings): ListenPlan {
  const host = listenHost === "" ? chosen : listenHost;
  // Without a port there is no address to name yet: the Home names those it listens on.
  if (listenPort === 0) return { listenHost: host, widened: false };
  return {
    listenHost: host,
    listenPort,
    addresses: [joined(isWildcard(host) ? chosen : host, listenPort)],
    widened: false,
  };
}

/** For a worker on this very machine: whatever the Home listens on reaches it, so nothing has to move. */
export function localPlan(current: Listening | undefined): ListenPlan {
  if (current === undefined) return { listenHost: LOOPBACK, widened: false };
  const { host, port } = current;
  const address = isWildcard(host) ? LOOPBACK : host;
  return { listenHost: host, listenPort: port, addresses: [joined(address, port)], widened: false };
}

export const LOOPBACK = "127.0.0.1";

function kindOf(address: string, interfaceName: string): AddressKind {
  if (VIRTUAL_NAMES.test(interfaceName)) return "virtual";
  if (/^(?:169\.254\.|fe80:)/iu.test(address)) return "link-local";
  if (VPN_NAMES.test(interfaceName) || /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./u.test(address)) return "vpn";
  const isPrivate = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd])/iu.test(address);
  return isPrivate ? "network" : "public";
}

function family({ address }: MachineAddress): number {
  return isIpv6(address) ? 1 : 0;
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function joined(address: string, port: number): string {
  return isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
