// Secrets that are none, put together at run time so that no scanner finds one in this repository.
// Each has the form of a real one, for tests that search every sink for it.

const LOT = "Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6Gf1Yc0MaEuRi";

export const PLANTED_SECRETS: Readonly<Record<string, string>> = {
  github: `${"gh"}p_${LOT.slice(0, 36)}`,
  awsId: `${"AK"}IA${"QWERTYUIOPASDF77"}`,
  slack: `${"xo"}xb-${"493857201938"}-${"582930174655"}-${LOT.slice(0, 24)}`,
  google: `${"AI"}za${LOT.slice(0, 35)}`,
  stripe: `${"sk"}_live_${LOT.slice(0, 28)}`,
  openai: `${"sk"}-proj-${LOT}${"T3Blbk"}FJ${LOT}`,
  jsonWebToken: `${"eyJ"}hbGciOiJIUzI1NiJ9.${"eyJ"}zdWIiOiI3NzcifQ.${LOT}`,
  privateKey: `-----BEGIN ${"PRIVATE"} KEY-----\n${"MC4CAQAwBQYDK2VwBCIE".repeat(3)}\n-----END ${"PRIVATE"} KEY-----\n`,
  openPgp: `-----BEGIN ${"PGP PRIVATE"} KEY BLOCK-----\nVersion: 1\n\n${"lQdGBF9abcdQ".repeat(5)}\n`,
  assigned: `const databasePassword = "${LOT.slice(3, 30)}";`,
  ownerSecret: `${"arw"}-owner-${LOT.toLowerCase()
    .replace(/[^a-z2-7]/g, "q")
    .slice(0, 32)}`,
  identity: `${"arw"}-identity-v1 ${LOT}${LOT.slice(0, 43 - LOT.length)}`,
  invite: `${"arw"}1_${LOT.repeat(8)}`,
  basicAuth: `https://deploy:${LOT.slice(0, 20)}@registry.acme.dev/x`,
};
