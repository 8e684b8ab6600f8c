// Tells a socket on which no Home listens from one that this user may not open: the first is answered by starting a Home,
// the second by a person. It must never call a missing permission an absent Home.

/** Of a failed connect: no socket or, on Windows, no such pipe; a dead one; and one that was reset. A Home that is killed between the connect and its accept resets it: there is no Home then either. */
const ABSENT_CODES: readonly unknown[] = ["ENOENT", "ECONNREFUSED", "ECONNRESET"];

/** Whether `cause`, the error of a failed connect, says that no Home listens there. */
export function isHomeAbsent(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && ABSENT_CODES.includes(cause.code);
}
