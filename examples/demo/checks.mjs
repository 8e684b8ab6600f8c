// The demo's checks of itself: what the programs said, held against each other and against the disks.
// Each is one claim; none passes for lack of anything to look at.
import { join } from "node:path";
import { holdsSecret, searchFolder } from "./search.mjs";

export function checkAll(story, told) {
  checkRuns(story, told);
  checkAnswers(story, told);
  checkRecords(story, told);
  checkSecrets(story, told);
  const { report } = told;
  story.check(
    "the journal verifies",
    report?.kind === "ok",
    report === undefined ? "no report" : `${report.frames} frames`,
  );
}

function checkRuns(story, { here, there }) {
  if (here === undefined || there === undefined) return;
  const same = here.stdout !== "" && here.stdout === there.stdout;
  story.check("local and offloaded output agree, byte for byte", same, `${Buffer.byteLength(there.stdout)} bytes`);
  story.check(
    "both end with the tests' own exit code",
    here.exitCode === 1 && there.exitCode === 1,
    `${here.exitCode} and ${there.exitCode}`,
  );
}

/** The answers are held against the log itself, counted anew, and not against its own summary. */
function checkAnswers(story, { answers, log }) {
  const count = (mark) => log.split("\n").filter((line) => line.startsWith(mark)).length;
  const passed = count("ok  ");
  const failed = count("FAILED  ");
  for (const [where, answer] of [
    ["here", answers.here],
    ["on the worker", answers.there],
  ]) {
    const read = parsed(answer);
    const right = passed > 0 && read?.passed === passed && read?.failed === failed;
    story.check(`the model ${where} read the counts right`, right, `${passed} passed, ${failed} failed`);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkRecords(story, { records, timeline, there }) {
  const allowed = records.filter(({ decision }) => decision === "allow");
  const out = timeline.filter(({ crossing }) => crossing?.direction === "out");
  const back = timeline.filter(({ crossing }) => crossing?.direction === "back");
  const offers = timeline.filter(({ kind, where }) => kind === "JobOffered" && where?.name !== "local");
  const ofRecord = (entries, record) =>
    entries.filter(({ corrId, crossing }) => corrId === record.corr_id && crossing.leaseId === record.lease_id);
  const paired = allowed.every((record) => ofRecord(out, record).length === 1 && ofRecord(back, record).length === 1);
  const expected = there === undefined ? 1 : 2;
  story.check(
    "every crossing has exactly one record",
    paired && [allowed.length, out.length, back.length, offers.length].every((found) => found === expected),
    `jobs sent: ${offers.length}, records: ${allowed.length}, crossings: ${out.length} out, ${back.length} back`,
  );
  const bytesAgree = allowed.every((record) => {
    const [crossing] = ofRecord(out, record);
    return record.bytes_out > 0 && crossing?.crossing.bytes === record.bytes_out;
  });
  story.check(
    "as many bytes left as the records name",
    allowed.length > 0 && bytesAgree,
    `${sum(allowed, "bytes_out")} out, ${sum(allowed, "bytes_in")} back`,
  );
  const receipted = allowed.every(({ digest, received_digest: received }) => received === digest);
  story.check(
    "each receipt names the digest of its record",
    allowed.length > 0 && receipted,
    allowed.map(({ digest }) => digest.slice(0, 19)).join(", "),
  );
}

function sum(records, field) {
  return records.reduce((total, record) => total + record[field], 0);
}

function checkSecrets(story, { secrets, workspace, homeState, workerState, timeline, printed }) {
  const planted = searchFolder(workspace, secrets);
  story.check(
    "the search finds the planted secrets where they are",
    planted.found.length === 2,
    planted.found.join(", "),
  );
  const worker = searchFolder(workerState, secrets);
  story.check(
    "and in no byte of the worker's folder",
    worker.searchedBytes > 0 && worker.found.length === 0,
    heldIn(worker),
  );
  const homes = join(homeState, "homes");
  const kept = searchFolder(homes, secrets);
  // The Home's own copy of what it ran here is in its blobs: those never leave, and hold what the workspace holds.
  const told = kept.found.filter((path) => !path.split("/").includes("blobs"));
  story.check(
    "in no log and no event of the journal",
    kept.searchedBytes > 0 && told.length === 0 && !holdsSecret(Buffer.from(JSON.stringify(timeline)), secrets),
    told.join(", "),
  );
  story.check(
    "in nothing that any program printed",
    printed.length > 0 && !holdsSecret(printed, secrets),
    `${printed.length} bytes`,
  );
}

function heldIn({ found, searchedBytes }) {
  return found.length > 0 ? found.join(", ") : `${searchedBytes} bytes searched`;
}
