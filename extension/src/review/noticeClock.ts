// When the owner may be interrupted about what waits: once for each thing, all in one notice, never while the list of waiting
// things is on the screen, and never twice within five minutes. Pure: time and sight are inputs.

/** Two notices are at least so far apart. */
export const NOTICE_GAP_MS: number = 5 * 60_000;

export interface NoticeState {
  /** What has been told or seen already. */
  readonly told: ReadonlySet<string>;
  readonly lastNoticeAt?: number;
}

export interface NoticeInput {
  /** What waits now. */
  readonly waiting: readonly string[];
  /** Whether the list of waiting things is on the screen. */
  readonly inSight: boolean;
  readonly now: number;
}

export interface NoticeStep {
  readonly state: NoticeState;
  readonly notify: boolean;
  /** Ask again after so long: something untold waits, and it is too early to tell. */
  readonly againInMs?: number;
}

export function noticeStep({ lastNoticeAt, told }: NoticeState, { inSight, now, waiting }: NoticeInput): NoticeStep {
  // What no longer waits is forgotten, so that the set stays as small as what waits.
  const known = new Set(waiting.filter((id) => told.has(id)));
  const since = lastNoticeAt === undefined ? {} : { lastNoticeAt };
  if (waiting.length === known.size) return { state: { told: known, ...since }, notify: false };
  if (inSight) return { state: { told: new Set(waiting), ...since }, notify: false };
  const waitMs = lastNoticeAt === undefined ? 0 : lastNoticeAt + NOTICE_GAP_MS - now;
  if (waitMs > 0) return { state: { told: known, ...since }, notify: false, againInMs: waitMs };
  return { state: { told: new Set(waiting), lastNoticeAt: now }, notify: true };
}
