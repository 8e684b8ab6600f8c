// Which names are secret whatever their content, and which merely look alike.
import assert from "node:assert/strict";
import { test } from "node:test";
import { classifySource } from "./classify.ts";

test("files that hold secrets by custom are secret in any folder and any case", () => {
  const secret = [
    ..." .env .env.local .ENV .env.production prod.env .envrc server.pem a/b/tls.key store.p12 old.pfx"
      .trim()
      .split(" "),
    ..."id_rsa id_rsa.old id_ed25519 passwords.kdbx .npmrc .netrc .pypirc credentials credentials.json".split(" "),
    ..."home/.aws/config .aws/anything .ssh/config .gnupg/x/y app.keystore service-account-prod.json".split(" "),
    ...".git-credentials .docker/config.json deep/.docker/config.json .kube/config terraform.tfstate".split(" "),
    ...".ssh/id_rsa.pub -rf/.env .env.d/x.env homes/ws_a/identity .state/arw/homes/ws_a/invites/inv_b".split(" "),
  ];
  for (const path of secret) assert.equal(classifySource(path).classification, "secret", path);
});

test("names that only look alike are internal", () => {
  const internal = [
    ..."src/environment.ts env.ts keyboard.ts monkey.js docker/config.json credentials.ts key/index.ts".split(" "),
    ..."README.md .env.example .env.sample id_rsa.pub .gitignore src/pem.ts config.json homes/list.ts".split(" "),
  ];
  for (const path of internal) assert.deepEqual(classifySource(path), { classification: "internal" }, path);
});

test("a name with a line break in it is still matched as a whole", () => {
  assert.equal(classifySource("folder\nname/.env").classification, "secret");
  assert.equal(classifySource("a\nb.pem").classification, "secret");
});
