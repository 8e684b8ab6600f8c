// Debian's Chromium, started so that it asks nobody outside of this machine anything.
// It must never reach another host: names do not resolve, and what a page tried is written down.
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

const SWITCHES: readonly string[] = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--force-color-profile=srgb",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  "--no-first-run",
  "--no-pings",
];

export async function launchChromium(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(
      `${CHROMIUM} is missing: type sudo apt-get install -y --no-install-recommends chromium, or set CHROMIUM`,
    );
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    // Chromium's own sandbox refuses to start as root, and in containers without user namespaces.
    chromiumSandbox: false,
    args: [...SWITCHES],
  });
}
