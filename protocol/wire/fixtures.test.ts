// The golden fixtures hold every message, method and event to its form: each has one, it decodes to itself, and no key
// of it can be dropped, misspelt or added without being refused at its place.
import assert from "node:assert/strict";
import { test } from "node:test";
import type * as z from "zod";
import { type Fixture, readFixtures } from "../../test/protocolFixtures.ts";
import { canonicalJson } from "../canonicalJson.ts";
import { type Decoded, decode } from "../decode.ts";
import { decodeEvent, eventSchemas } from "../decodeEvent.ts";
import { chatMessagesSchema, treeManifestSchema } from "../job.ts";
import { proposalSchema } from "../proposal.ts";
import { timelineEntrySchema } from "../timeline.ts";
import { clientErrorDataSchema, METHODS } from "./client.ts";
import { enrolReplySchema, enrolRequestSchema, inviteSchema } from "./enrol.ts";
import { homeEnvelopeSchema, homeMessageSchemas, workerEnvelopeSchema, workerMessageSchemas } from "./worker.ts";

type Decoder = (value: unknown) => Decoded<unknown>;
const by =
  (schema: z.ZodType): Decoder =>
  (value) =>
    decode(schema, value);

const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ...Object.keys(workerMessageSchemas).map((kind) => [`worker/${kind}`, by(workerEnvelopeSchema)] as const),
  ...Object.keys(homeMessageSchemas).map((kind) => [`home/${kind}`, by(homeEnvelopeSchema)] as const),
  ["enrol/enrol", by(enrolRequestSchema)],
  ["enrol/enrol-pending", by(enrolReplySchema)],
  ["enrol/enrolled", by(enrolReplySchema)],
  ["enrol/enrol-refused", by(enrolReplySchema)],
  ["enrol/invite", by(inviteSchema)],
  ["blob/tree", by(treeManifestSchema)],
  ["blob/proposal", by(proposalSchema)],
  ["blob/messages", by(chatMessagesSchema)],
  ["client/timeline-entry", by(timelineEntrySchema)],
  ["client/error-data", by(clientErrorDataSchema)],
  ...Object.entries(METHODS).flatMap(([name, method]) => [
    [`client/${name}.params`, by(method.params)] as const,
    [`client/${name}.result`, by(method.result)] as const,
  ]),
  ...Object.keys(eventSchemas).map((kind) => [`events/${kind}`, decodeEvent] as const),
]);

/** Members that may be absent, wherever they stand. A key that is not here is required in every fixture. */
const OPTIONAL: readonly RegExp[] = [
  /^client\/reviseStaged\.params \$\.change\.(?:paths|contents)$/,
  /usage\.tokens(In|Out)$/,
  /(capabilities|load)\.diskFreeBytes$/,
  /gpus\[0\]\.memoryBytes$/,
  /capabilities\.priceCard$/,
  /(hello \$\.body|NodeConnected \$)\.life$/,
  /hello \$\.body\.seenLedger$/,
  /welcome \$\.body\.ledger$/,
  /offer \$\.body\.record$/,
  /changes\[4\]\.base$/,
  /readOutput\.result \$\.removed$/,
  /result\.proposal$/,
  /snapshot\.(target|nodeVersion|proposal)$/,
  /(timeline-entry \$|entries\[0\])\.(corrId|jobId|attemptId|where|crossing|output|previewId|proposalId|stagedId|outcome)$/,
  /(showEpisode\.result \$|showResult\.result \$\.episode|episodes\[0\])\.(finishedAt|outcome|attemptId|previewId|proposalId|usage|snapshot)$/,
  /nodes\[0\]\.(compareWords|lastHeardAt|capabilities|load)$/,
  /list(Egress|Episodes|Staged)\.(params \$\.(cursor|limit)|result \$\.next)$/,
  /listRecords\.params \$\.(cursor|limit|filter\.(episodeId|nodeId|decision|path|onlyLeft))$/,
  /listRecords\.result \$\.(next|records\[0\]\.(settledLeaf|classification|carried))$/,
  /showRecord\.result \$\.(items|next|record\.(settledLeaf|classification|carried))$/,
  /createInvite\.params \$\.(listenHost|listenPort|addresses|lifetimeMs)$/,
  /approveEgress\.params \$\.(leaseMs|scoped)$/,
  /readPreview\.result \$\.(leaseUnfit|replacedBy)$/,
  /readPreview\.result \$\.preview\.(why\.policy|taint|items\[0\]\.why|cost\.(measured|prices))$/,
  /showPolicy\.result \$\.(adopted|problem|workspace(\.(name|problem))?)$/,
  /checkPolicy\.result \$\.name$/,
  /explainPolicy\.params \$\.(subject|paths|classification|bytes|model|node|purpose|at)$/,
  /\.obligations\.(redact|bytesMax|sandbox|reviewResult)$/,
  /\.document\.(gates(\.noEgress)?|nodes(\[0\]\.(trusted|location|paidOnly|prices))?)$/,
  /\.document\.rules\[0\]\.(subjects(\[0\]\.ids)?|resource|destination|purposes|time|obligations)$/,
  /\.document\.rules\[0\]\.resource\.(paths|classes|bytesMax|bytesOver|models)$/,
  /\.document\.rules\[0\]\.destination\.(nodes|keys|locations|trusted|paidOnly)$/,
  /\.document\.rules\[0\]\.time\.(days|hoursUtc|notBefore|notAfter)$/,
  /PolicyFileJudged \$\.problem$/,
  /EgressPreviewed \$\.(leaseId|leaseUnfit|taint|reviewResult)$/,
  /FilesDerived \$\.untrusted$/,
  /listClasses\.result \$\.derived\[0\]\.untrusted$/,
  /JobQueued \$\.inputClass$/,
  /\.budget\.cost$/,
  /lease\.deadline$/,
  /(LeaseReserved|LeaseCommitted) \$\.cost$/,
  /(LeaseGranted|LeaseRevoked|LeaseExpired|ActionStaged|Staged[A-Za-z]+) \$\.corrId$/,
  /ActionStaged \$\.action\.paths$/,
  /StagedEnded \$\.replacedBy$/,
  /showStaged\.result \$\.items\[0\]\.(episodeId|decided(\.reason)?|leaseId|replacedBy|run|stale|action\.paths)$/,
  /approveStaged\.result \$\.results\[0\]\.(code|episodeId|files|replacedBy)$/,
  /leases\[0\]\.(costMicrosLeft|reason)$/,
  /(follow|read)Timeline\.params \$\.episodeId$/,
  /itemChanges\.result \$\.commit$/,
  /inspectPaths\.(params \$\.on|result \$\.(destination|files\[0\]\.(bytes|reason)))$/,
  /showRequest\.result \$\.request\.(wallMs|memoryBytes|leaveOut)$/,
  /checks\[0\]\.fix$/,
  /showProposal\.result \$\.(appliedAt|appliedPaths)$/,
  /applyProposal\.params \$\.paths$/,
  /startEpisode\.params \$\.(on|title|request\.(wallMs|memoryBytes|leaveOut))$/,
  /startEpisode\.result \$\.(previewId|leaseId)$/,
  /(JobCancelled|JobFailed) \$\.attemptId$/,
  /EgressRecorded \$\.(leaseId|attemptId|reviewResult)$/,
  /ResultReviewed \$\.proposalId$/,
  /(listResults|showResult)\.result \$\.(episodes\[0\]|episode)\.review$/,
  /(readOutput|showProposal|readProposedFile)\.params \$\.review$/,
  /EgressSettled \$\.(received|error)$/,
  /JobOffered \$\.(leaseId|recordId)$/,
  /LinkRefused \$\.nodeId$/,
  /hello\.result \$\.(offloadsPaused|readOnly(\.nextTryAt)?)$/,
];

const fixtures: readonly Fixture[] = [...readFixtures("protocol/wire/fixtures"), ...readFixtures("protocol/fixtures")];

test("every message, method and event has exactly one fixture, and no fixture is an orphan", () => {
  assert.deepEqual(fixtures.map(({ name }) => name).sort(), [...DECODERS.keys()].sort());
});

test("a fixture is of the kind that its name says", () => {
  for (const { name, value } of fixtures) {
    const [folder, kind] = name.split("/");
    if (folder === "client" || folder === "blob" || name === "enrol/invite") continue;
    const message: unknown = folder === "worker" || folder === "home" ? memberOf(value, "body") : value;
    assert.equal(memberOf(message, "kind"), kind, name);
  }
});

test("a fixture decodes to itself: nothing is dropped, nothing is added", () => {
  for (const { name, value } of fixtures) {
    const decoded = decoderOf(name)(value);
    assert.ok(decoded.ok, `${name}: ${JSON.stringify(decoded)}`);
    assert.equal(canonicalJson(decoded.value), canonicalJson(value), name);
  }
});

test("a required key that is missing is refused at its path", () => {
  const optional: string[] = [];
  for (const { name, text } of fixtures) {
    for (const place of keysIn(JSON.parse(text))) {
      const { root, holder } = holderOf(text, place);
      Reflect.deleteProperty(holder, place.at(-1) ?? "");
      const decoded = decoderOf(name)(root);
      const path = pathText(place);
      if (decoded.ok) optional.push(`${name} ${path}`);
      else assert.equal(decoded.path, path, `${name}: ${decoded.problem}`);
    }
  }
  assert.deepEqual(
    optional.filter((entry) => !OPTIONAL.some((form) => form.test(entry))),
    [],
  );
  assert.deepEqual(
    OPTIONAL.filter((form) => !optional.some((entry) => form.test(entry))),
    [],
  );
});

test("a key that is not of the message is refused at the object that holds it", () => {
  for (const { name, text } of fixtures) {
    // An error's data may grow: a client of today must still show an error of tomorrow.
    if (name === "client/error-data") continue;
    for (const place of objectsIn(JSON.parse(text))) {
      const { root, holder } = holderOf(text, [...place, "intruder"]);
      Reflect.set(holder, "intruder", 1);
      const decoded = decoderOf(name)(root);
      assert.ok(!decoded.ok, `${name} ${pathText(place)}`);
      assert.equal(decoded.path, pathText(place), `${name}: ${decoded.problem}`);
      assert.match(decoded.problem, /intruder/);
    }
  }
});

type Place = readonly (string | number)[];

function decoderOf(name: string): Decoder {
  const decoder = DECODERS.get(name);
  assert.ok(decoder !== undefined, `${name} has no decoder`);
  return decoder;
}

function memberOf(value: unknown, key: string): unknown {
  assert.ok(typeof value === "object" && value !== null);
  return Reflect.get(value, key);
}

/** The places of all objects in a value, itself included. */
function objectsIn(value: unknown, place: Place = []): readonly Place[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => objectsIn(item, [...place, index]));
  return [place, ...Object.entries(value).flatMap(([key, member]) => objectsIn(member, [...place, key]))];
}

function keysIn(value: unknown): readonly Place[] {
  return objectsIn(value).flatMap((place) => {
    let holder: unknown = value;
    for (const part of place) holder = memberOf(holder, String(part));
    return typeof holder === "object" && holder !== null ? Object.keys(holder).map((key) => [...place, key]) : [];
  });
}

/** A fresh copy of the value, and the object in it that holds the last key of the place. */
function holderOf(text: string, place: Place): { readonly root: unknown; readonly holder: object } {
  const root: unknown = JSON.parse(text);
  let holder: unknown = root;
  for (const part of place.slice(0, -1)) holder = memberOf(holder, String(part));
  assert.ok(typeof holder === "object" && holder !== null);
  return { root, holder };
}

function pathText(place: Place): string {
  return place.reduce<string>((text, part) => text + (typeof part === "number" ? `[${part}]` : `.${part}`), "$");
}
