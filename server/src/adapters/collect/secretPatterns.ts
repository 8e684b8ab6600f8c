// The high-signal secrets that secretlint's recommended rules do not know, or know only in their long form.
// It decides by the form of a value alone. False positives cost a run (a withheld file may break a build), so each
// pattern either starts with an issuer's own prefix or asks for a telling name and a value that looks drawn by lot.

import { looksDrawnByLot } from "#platform/redaction/drawnByLot.ts";

export interface SecretPattern {
  readonly rule: string;
  readonly what: string;
  /** Global. Bounded repetitions only: no input may make it slow. */
  readonly pattern: RegExp;
  /** Whether a match is one; absent where the form alone proves it. */
  readonly confirms?: (match: RegExpMatchArray) => boolean;
}

export const SECRET_PATTERNS: readonly SecretPattern[] = [
  {
    rule: "private-key",
    what: "a private key in PEM or PGP armour",
    // The header alone is not a key: code that handles keys names it. Base64 has to follow, after real or escaped line ends,
    // in a quoted message each with a `>`.
    pattern:
      /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\r|\\n|[\s>]){1,16}(?:[A-Za-z-]{1,40}: [^\n\\]{0,100}(?:\\r|\\n|[\s>]){1,16}){0,4}[A-Za-z0-9+/=]{40}/gu,
  },
  {
    rule: "aws-access-key-id",
    what: "an AWS access key id",
    pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/gu,
    confirms: (match) => !match[0].endsWith("EXAMPLE"),
  },
  { rule: "google-api-key", what: "a Google API key", pattern: /\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/gu },
  { rule: "stripe-key", what: "a Stripe key", pattern: /\b[sr]k_(?:live|test|prod)_[0-9A-Za-z]{20,120}/gu },
  {
    rule: "openai-key",
    what: "an OpenAI key",
    pattern: /\bsk-(?:proj|svcacct|admin)-[\w-]{20,100}T3BlbkFJ[\w-]{20,100}/gu,
  },
  {
    rule: "github-token",
    what: "a GitHub token",
    pattern: /\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,100})/gu,
  },
  { rule: "slack-token", what: "a Slack token", pattern: /\bxox[abeoprs]-[0-9A-Za-z-]{20,200}/gu },
  {
    rule: "json-web-token",
    what: "a signed JSON web token",
    pattern: /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}/gu,
  },
  // Our own: whoever has one of these is the owner, this Home, or a worker that nobody compared words with.
  { rule: "arw-owner-secret", what: "the owner secret of a Home", pattern: /\barw-owner-[a-z2-7]{32}\b/gu },
  { rule: "arw-identity", what: "the identity key of a Home or worker", pattern: /\barw-identity-v1 [\w-]{43}/gu },
  { rule: "arw-invite", what: "an invite to a Home", pattern: /\barw1_[\w-]{200}/gu },
  {
    rule: "assigned-secret",
    what: "a value that looks drawn by lot, assigned to a name such as password or token",
    pattern:
      /(?:passw(?:or)?d|secret|token|api_?-?key|access_?-?key|client_?-?secret|auth)["'`]?\s{0,4}(?::|=>|=)\s{0,4}["'`]([^\s"'`]{20,200})["'`]/giu,
    confirms: (match) => looksDrawnByLot(match[1] ?? ""),
  },
];
