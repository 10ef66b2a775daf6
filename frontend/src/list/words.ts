/** A row in words, for those who hear it, and its date as short as today allows. */

import { gettext, interpolate, language, ngettext } from "../shared/i18n";
import type { Row } from "./types";

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });

/** Today a time, this year a day, else a date. */
export function shortDate(at: number, now: Date): string {
  const then = new Date(at * 1000);
  if (then.toDateString() === now.toDateString()) return clock.format(then);
  if (then.getFullYear() === now.getFullYear()) return day.format(then);
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${then.getFullYear()}-${pad(then.getMonth() + 1)}-${pad(then.getDate())}`;
}

export function exactDate(at: number): string {
  return exact.format(new Date(at * 1000));
}

/** Who and what, in the order in which it matters: one sentence for the whole row. */
export function rowName(row: Row): string {
  const parts = [
    row.unread ? gettext("Unread") : "",
    row.draft ? gettext("Draft") : "",
    row.who || row.address,
    row.subject || gettext("(no subject)"),
    row.attachment ? gettext("Has attachment") : "",
    row.starred ? gettext("Starred") : "",
    row.answered ? gettext("Answered") : "",
    row.forwarded ? gettext("Forwarded") : "",
    ...row.labels.map((name) => interpolate(gettext("Label %(name)s"), { name })),
    row.count > 1 ? interpolate(ngettext("%(n)s message", "%(n)s messages", row.count), { n: row.count }) : "",
    exactDate(row.at),
  ];
  return `${parts.filter(Boolean).join(". ")}.`;
}

/** A colour of twelve, the same for the same name. */
export function labelColour(name: string): number {
  let sum = 7;
  for (const letter of name.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum % 12;
}

/** The part of an address after the @, unless it is what is shown already. */
export function domainOf(row: Row): string {
  const at = row.address.lastIndexOf("@");
  return at < 0 || row.who === row.address ? "" : row.address.slice(at + 1);
}
