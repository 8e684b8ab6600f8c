// Writes the digest of the wire (protocol/wire and its golden fixtures) into docs/protocol.md, once the page says what changed.
//   node scripts/protocol-stamp.mjs            stamps the page
//   node scripts/protocol-stamp.mjs --print    prints the digest and changes nothing
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = "docs/protocol.md";
const STAMP = /^<!-- protocol digest: sha256:[0-9a-f]* -->/;

/** Names and lengths are hashed too, so that no two different sets of files have one digest. */
function wireDigest() {
  const paths = readdirSync("protocol/wire", { recursive: true })
    .map((file) => join("protocol/wire", file).replaceAll("\\", "/"))
    .filter((path) => /\.(ts|json)$/.test(path) && !path.endsWith(".test.ts"))
    .sort();
  const hash = createHash("sha256");
  for (const path of paths) {
    const text = readFileSync(path, "utf8").replaceAll("\r\n", "\n");
    hash.update(`${path}\n${Buffer.byteLength(text)}\n${text}`);
  }
  return `sha256:${hash.digest("hex")}`;
}

if (process.argv.includes("--print")) {
  process.stdout.write(wireDigest());
} else {
  const page = readFileSync(PAGE, "utf8");
  if (!STAMP.test(page)) throw new Error(`${PAGE} does not open with <!-- protocol digest: sha256:… -->`);
  writeFileSync(PAGE, page.replace(STAMP, `<!-- protocol digest: ${wireDigest()} -->`));
  console.log(`${PAGE} is stamped`);
}
