// When the owner may be interrupted about what waits: a burst is one notice, what is on the screen is none, and nothing is told
// more than twice. In the window's focus a second notice comes after a minute; away from it none comes within five of another.
// Pure: time and sight are inputs.

/** What comes within this is one notice; and by then a person's own command has opened what it led to. */
export const BURST_MS = 1_000;
/** In the window's focus, what still waits is told once more after this. */
export const REPEAT_MS: number = 60_000;
/** Away from the window two notices are at least so far apart. */
export const NOTICE_GAP_MS: number = 5 * 60_000;

/** How often something was told. What was seen counts as told twice. */
interface Told {
  readonly seenAt: number;
  readonly times: 0 | 1 | 2;
}

export interface NoticeState {
  readonly told: ReadonlyMap<string, Told>;
  readonly lastNoticeAt?: number;
}

export interface NoticeInput {
  /** What waits now. */
  readonly waiting: readonly string[];
  /** What of it a person sees now, or is reading. */
  readonly inSight: (id: string) => boolean;
  /** Whether the window has the focus. */
  readonly focused: boolean;
  readonly now: number;
}

export interface NoticeStep {
  readonly state: NoticeState;
  readonly notify: boolean;
  /** Ask again after so long: something is to be told, and it is too early. */
  readonly againInMs?: number;
}

export function noticeStep(before: NoticeState, { focused, inSight, now, waiting }: NoticeInput): NoticeStep {
  const { lastNoticeAt } = before;
  // What no longer waits is forgotten, so that the map stays as small as what waits.
  const told = new Map(
    waiting.map((id): [string, Told] => {
      const { seenAt, times } = before.told.get(id) ?? { seenAt: now, times: 0 };
      return [id, { seenAt, times: inSight(id) ? 2 : times }];
    }),
  );
  const gapMs = focused ? REPEAT_MS : NOTICE_GAP_MS;
  const earliest = lastNoticeAt === undefined ? now : lastNoticeAt + gapMs;
  const due = [...told.values()].flatMap(({ seenAt, times }) => {
    if (times === 0) return [Math.max(seenAt + BURST_MS, earliest)];
    return times === 1 && focused ? [earliest] : [];
  });
  const since = lastNoticeAt === undefined ? {} : { lastNoticeAt };
  if (due.length === 0) return { state: { told, ...since }, notify: false };
  const inMs = Math.min(...due) - now;
  if (inMs > 0) return { state: { told, ...since }, notify: false, againInMs: inMs };
  // All that waits is in the one notice, so all of it was told once more.
  const after = new Map(
    [...told].map(([id, { seenAt, times }]) => [id, { seenAt, times: times === 0 ? 1 : 2 }] as const),
  );
  const next = focused ? { againInMs: REPEAT_MS } : {};
  return { state: { told: after, lastNoticeAt: now }, notify: true, ...next };
}

/** All of it was told otherwise. */
export function allTold({ told, ...since }: NoticeState, waiting: readonly string[]): NoticeState {
  const known = waiting.map((id): [string, Told] => [id, { seenAt: told.get(id)?.seenAt ?? 0, times: 2 }]);
  return { ...since, told: new Map(known) };
}
