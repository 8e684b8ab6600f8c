// The moment by this machine's own clock and time zone, as the owner's rules speak of it.
// It decides nothing.
import type { LocalTime } from "../core/rules/judgeJob.ts";
import type { Weekday } from "../core/rules/ownerRules.ts";

const WEEK: readonly Weekday[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

export function localTimeOf(moment: Date): LocalTime {
  const digits = (value: number): string => String(value).padStart(2, "0");
  return {
    day: `${String(moment.getFullYear()).padStart(4, "0")}-${digits(moment.getMonth() + 1)}-${digits(moment.getDate())}`,
    weekday: WEEK[moment.getDay()] ?? "sun",
    minute: moment.getHours() * 60 + moment.getMinutes(),
  };
}
