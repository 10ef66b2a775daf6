/** Deeds on the server, with a notice and the way back. */

import { HttpError, request } from "../shared/http";
import { gettext } from "../shared/i18n";
import { notify } from "../shared/notices";
import { say } from "./events";
import type { Verb } from "./types";

export interface Wanted {
  verb: Verb;
  places?: { folder: number; uids: number[] }[];
  contents?: number[];
  /** Of `contents`, those in this folder alone. */
  folder?: number;
  all?: number;
  target?: number;
  label?: string;
}

export interface Done {
  verb: string;
  count: number;
  undo: number | null;
  text: string;
}

const QUIET = new Set(["star", "unstar", "read", "unread"]);
const undos: number[] = [];
let underway: Promise<unknown> = Promise.resolve();

/** Do it; returns whether it was done. Whoever shows the list has shown it already; `tells` may keep the notice back. */
export function act(base: string, wanted: Wanted, tells: (done: Done) => boolean = () => true): Promise<boolean> {
  const doing = perform(base, wanted, tells);
  underway = Promise.all([underway, doing]);
  return doing;
}

async function perform(base: string, wanted: Wanted, tells: (done: Done) => boolean): Promise<boolean> {
  try {
    const done = await request<Done>(`${base}act`, { json: wanted });
    const { undo } = done;
    if (undo !== null) undos.push(undo);
    say("mail:acted", { undo, verb: done.verb, count: done.count });
    if (!tells(done)) return true;
    if (undo !== null && !(QUIET.has(wanted.verb) && done.count === 1)) {
      notify(done.text, { action: { label: gettext("Undo"), run: () => void takeBack(base, undo) } });
    } else if (wanted.verb === "erase" || (!done.count && !QUIET.has(wanted.verb))) {
      notify(done.text);
    }
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

/** Take back what was done last, or what the token names. */
export async function takeBack(base: string, token?: number): Promise<void> {
  // Whoever is quick takes back what the server has not answered yet.
  if (token === undefined) await underway;
  const wanted = token ?? undos.at(-1);
  if (wanted === undefined) {
    notify(gettext("There is nothing to take back."));
    return;
  }
  const at = undos.lastIndexOf(wanted);
  if (at >= 0) undos.splice(at, 1);
  try {
    const back = await request<{ text: string; restored: number }>(`${base}undo/${wanted}`, { method: "POST" });
    notify(back.text);
    say("mail:acted", { undo: null, verb: "undo", count: back.restored });
  } catch (error) {
    complain(error);
  }
}

export function complain(error: unknown): void {
  if (error instanceof HttpError && error.status === 401) {
    location.reload();
    return;
  }
  const text =
    error instanceof HttpError && error.status < 500 && error.message
      ? error.message
      : gettext("The server could not be reached. Nothing was changed.");
  notify(text, { error: true });
}
