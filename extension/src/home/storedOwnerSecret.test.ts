// Where the owner secret is kept, and what is said on a machine that keeps nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoredOwnerSecret } from "./storedOwnerSecret.ts";

type Secrets = ConstructorParameters<typeof StoredOwnerSecret>[0];

/** A keyring of this kind, and everything that the person was told. */
function opened(
  kind: "keeps" | "throws" | "forgets",
  typed?: string,
): { readonly secret: StoredOwnerSecret; readonly kept: Map<string, string>; readonly warnings: string[] } {
  const kept = new Map<string, string>();
  const warnings: string[] = [];
  const refuse = (): void => {
    if (kind === "throws") throw new Error("no keyring");
  };
  const secrets: Secrets = {
    get: async (key) => {
      refuse();
      return kept.get(key);
    },
    store: async (key, value) => {
      refuse();
      if (kind === "keeps") kept.set(key, value);
    },
    delete: async (key) => {
      refuse();
      kept.delete(key);
    },
  };
  const dialogs = { askSecret: async () => typed, warn: (text: string) => void warnings.push(text) };
  return { secret: new StoredOwnerSecret(secrets, async () => "the key", dialogs), kept, warnings };
}

test("where the machine has a keyring the secret is kept in it, and nothing is said", async () => {
  const { kept, secret, warnings } = opened("keeps");
  await secret.keep("hunter2");
  assert.equal(kept.get("the key"), "hunter2");
  assert.deepEqual(warnings, []);
});

for (const kind of ["throws", "forgets"] as const) {
  test(`where the keyring ${kind}, it is said once that the secret is kept for this session, with what helps`, async () => {
    const { secret, warnings } = opened(kind);
    await secret.keep("hunter2");
    await secret.keep("hunter2");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /no keyring.*this session only.*ARW: Copy Owner Secret/u);
    assert.doesNotMatch(warnings[0] ?? "", /hunter2/u);
    assert.equal(await secret.get(), "hunter2");
    await secret.forget();
    await assert.rejects(secret.get(), { code: "owner-secret-missing" });
  });
}

test("two calls that need the secret ask once, and nothing typed is no secret", async () => {
  const { secret } = opened("keeps", " hunter2 ");
  assert.deepEqual(await Promise.all([secret.get(), secret.get()]), ["hunter2", "hunter2"]);
  await assert.rejects(opened("keeps", "  ").secret.get(), { code: "owner-secret-missing" });
});
