// The rules of the redactor: the public ones, and ours for what those leave out. Data only.
// A rule may find too much; it must never need more of the text at once than its few hundred characters.
import { PUBLIC_FORMS, PUBLIC_RUNS } from "./publicRules.ts";

/** A fixed keyword and a run of characters behind it: the form of most issued tokens. */
export interface KeywordRun {
  readonly rule: string;
  readonly keyword: string;
  /** In either case; the keyword is then written in lower case. */
  readonly folded: boolean;
  /** No letter, digit or underscore may stand before it. */
  readonly atWordStart: boolean;
  /** The run's characters, as the inside of a bracket expression. */
  readonly members: string;
  /** From this many on it is one; all that follows of the run belongs to it, however long. */
  readonly min: number;
  /** The keyword itself is no secret and stays. */
  readonly staysReadable?: true;
}

/** Names, and the exact form of a value that is assigned to them. */
export interface AssignedForm {
  readonly rule: string;
  /** In lower case; matched in either. */
  readonly names: readonly string[];
  /** A pattern for the whole value. */
  readonly value: string;
}

export interface RedactionRules {
  readonly runs: readonly KeywordRun[];
  readonly forms: readonly AssignedForm[];
  /** What is assigned to such a name is one where it looks drawn by lot. */
  readonly tellingNames: readonly string[];
  /** Here a short value is one as well: people choose passwords. */
  readonly passwordNames: readonly string[];
}

const WORD = "\\-0-9A-Z_a-z";
const BASE64 = "+/-9=A-Z_a-z\\-";

function run(rule: string, keyword: string, members: string, min: number, atWordStart = true): KeywordRun {
  return { rule, keyword, folded: false, atWordStart, members, min };
}

const OWN_RUNS: readonly KeywordRun[] = [
  // Our own: who has the one is the owner, who has the other may join.
  run("arw-owner-secret", "arw-owner-", WORD, 20),
  run("arw-invite", "arw1_", "\\-0-9A-Z_a-z", 40),
  // Base64 of `{"`: a web token, signed or encrypted, and any other JSON in base64.
  run("json-web-token", "eyJ", `.${BASE64}`, 40),
  run("json-web-token", "ZXlK", `.${BASE64}`, 60),
  run("openai-api-key", "sk-proj-", WORD, 20),
  run("openai-api-key", "sk-svcacct-", WORD, 20),
  run("openai-api-key", "sk-admin-", WORD, 20),
  run("api-key", "sk-", WORD, 40),
  run("twilio-api-key", "SK", "0-9a-f", 32),
  run("airtable-personal-access-token", "pat", ".0-9A-Za-z", 79),
  run("atlassian-api-token", "ATATT3", `${BASE64}`, 100),
  run("aws-bedrock-api-key", "bedrock-api-key-", BASE64, 28),
  run("openshift-user-token", "sha256~", WORD, 43),
  run("sentry-org-token", "sntrys_eyJpYXQiO", BASE64, 40),
  run("slack-app-token", "xapp-", "\\-0-9A-Za-z", 20),
  run("slack-legacy-token", "xoxo-", "\\-0-9A-Fa-f", 20),
  run("slack-legacy-token", "xoxs-", "\\-0-9A-Fa-f", 20),
  run("slack-webhook", "hooks.slack.com/", "+/-9A-Za-z", 40, false),
  run("github-fine-grained-pat", "github_pat_", "0-9A-Z_a-z", 40),
  // A private key in base64 once more: `-----BEGIN …PRIVATE` in its three commonest spellings.
  run("private-key", "LS0tLS1CRUdJTiBQUklWQVRF", BASE64, 40, false),
  run("private-key", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURS", BASE64, 40, false),
  run("private-key", "LS0tLS1CRUdJTiBFQyBQUklWQVRF", BASE64, 40, false),
  run("private-key", "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUg", BASE64, 40, false),
  { ...run("authorization", "bearer ", `.~${BASE64}`, 20), folded: true, staysReadable: true },
  { ...run("authorization", "authorization: basic ", BASE64, 8), folded: true, staysReadable: true },
  // Our own: whoever has one of these is the owner, a Home or worker, or somebody whom the owner invited.
  run("arw-owner-secret", "arw-owner-", "a-z2-7", 16),
  run("arw-identity", "arw-identity-v1 ", WORD, 40),
  run("arw-invite", "arw1_", WORD, 100),
];

const TELLING_NAMES: readonly string[] = [
  ..."secret token apikey api_key api-key accesskey access_key access-key privatekey private_key private-key".split(
    " ",
  ),
  ..."signingkey signing_key signing-key encryptionkey encryption_key encryption-key auth credential".split(" "),
];

const PASSWORD_NAMES: readonly string[] = ["password", "passwd", "passphrase", "pwd"];

export const REDACTION_RULES: RedactionRules = {
  runs: [...OWN_RUNS, ...PUBLIC_RUNS],
  forms: PUBLIC_FORMS,
  tellingNames: TELLING_NAMES,
  passwordNames: PASSWORD_NAMES,
};
