// Whether a notice that is on the screen still tells a person anything: it goes once all it tells of is read or decided.
// VS Code lets nobody close one notice, only put all toasts away behind its bell: so that is wished for no longer than needed.
// Pure: time and what is over are inputs.

/** A toast that is looked at leaves the screen by itself within this. */
export const TOAST_MS = 20_000;

export interface ShownNotice {
  /** What it tells of. */
  readonly keys: ReadonlySet<string>;
  /** Since when it is looked at; absent while the window has not the focus. */
  readonly lookedAtMs?: number;
}

/** `gone`: it has left the screen by itself, and what else is there is nobody's to move. */
export type NoticeFate = "stays" | "put-away" | "gone";

export function noticeFate(
  { keys, lookedAtMs }: ShownNotice,
  isOver: (key: string) => boolean,
  now: number,
): NoticeFate {
  if (![...keys].every(isOver)) return "stays";
  return lookedAtMs !== undefined && now - lookedAtMs > TOAST_MS ? "gone" : "put-away";
}

export function shownNotice(keys: ReadonlySet<string>, focused: boolean, now: number): ShownNotice {
  return focused ? { keys, lookedAtMs: now } : { keys };
}
