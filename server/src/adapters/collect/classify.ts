// Says by a file's name alone whether it is a secret. Contents are the detector's matter.
// Everything that no rule names is `internal`. Nothing may make a secret less than secret.
import type { Classification } from "#protocol/egress.ts";
import { globMatcher } from "./globMatcher.ts";

export interface SourceClass {
  readonly classification: Classification;
  /** Why it is more than internal; absent where it is not. */
  readonly reason?: string;
}

interface SourceRule {
  readonly reason: string;
  /** Matched without regard to case: a `.ENV` is one too. Without a slash they match the file's name in any folder. */
  readonly globs: readonly string[];
}

const SECRET_SOURCES: readonly SourceRule[] = [
  { reason: "environment file", globs: [".env", ".env.*", "*.env", ".envrc", ".dev.vars"] },
  {
    reason: "key or certificate store",
    globs: [
      ..."*.pem *.key *.p12 *.pfx *.pkcs12 *.p8 *.ppk *.jks *.keystore *.kdbx *.gpg *.tfstate *.tfstate.*".split(" "),
      ..."id_rsa* id_dsa* id_ecdsa* id_ed25519*".split(" "),
    ],
  },
  {
    reason: "credential file",
    globs: [
      ...".npmrc .yarnrc .yarnrc.yml .netrc _netrc .pypirc .pgpass .my.cnf .htpasswd .git-credentials".split(" "),
      ..."credentials credentials.@(json|yml|yaml|ini|csv|toml) client_secret*.json service-account*.json service_account*.json".split(
        " ",
      ),
      ..."**/.docker/config.json .dockercfg kubeconfig *.kubeconfig **/.kube/config **/.config/gh/hosts.yml".split(" "),
      ..."*.tfvars *.tfvars.json **/.cargo/credentials* .terraformrc terraform.rc secrets.json secrets.y?(a)ml".split(
        " ",
      ),
    ],
  },
  // Keys, invites' secrets and everything that other workspaces did, where a state folder lies inside a workspace.
  { reason: "state of a Home", globs: ["**/homes/ws_*/**"] },
  { reason: "credential folder", globs: ["**/.aws/**", "**/.ssh/**", "**/.gnupg/**", "**/.azure/**", "**/.gcloud/**"] },
];

/** Shared on purpose, so their content decides: an example of an environment, and public keys. */
const DECIDED_BY_CONTENT = globMatcher([".env.example", ".env.sample", ".env.template", ".env.dist", "id_*.pub"]);

const RULES = SECRET_SOURCES.map(({ reason, globs }) => ({ reason, matches: globMatcher(globs) }));
const CREDENTIAL_FOLDERS = globMatcher(["**/.aws/**", "**/.ssh/**", "**/.gnupg/**"]);

/** Globs that name at least every secret, for a listing that knows `*` and `**` only: classifySource decides. */
export const SECRET_NAMES: readonly string[] = SECRET_SOURCES.flatMap(({ globs }) => globs).map((glob) => {
  const plain = glob.replace(/[@?]\([^)]*\)/gu, "*");
  return plain.includes("/") ? plain : `**/${plain}`;
});

/** The class of a file by its path in the workspace, or of any path with forward slashes. */
export function classifySource(path: string): SourceClass {
  const lowerCase = path.toLowerCase();
  if (DECIDED_BY_CONTENT(lowerCase) && !CREDENTIAL_FOLDERS(lowerCase)) return { classification: "internal" };
  const rule = RULES.find(({ matches }) => matches(lowerCase));
  return rule === undefined ? { classification: "internal" } : { classification: "secret", reason: rule.reason };
}
