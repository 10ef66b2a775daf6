/** A copy of what is not saved yet, in this browser: it outlives a lost connection, a session's end and a crash. */

import type { Letter } from "./letter";

export interface Copy {
  mailbox: number;
  draft: string;
  revision: number;
  letter: Letter;
  at: number;
}

const PREFIX = "mail-unsaved:";
const key = (draft: string): string => PREFIX + draft;

/** Keep a copy; false where the browser has no room for it. */
export function keep(copy: Copy): boolean {
  try {
    localStorage.setItem(key(copy.draft), JSON.stringify(copy));
    return true;
  } catch {
    return false;
  }
}

export function forget(draft: string): void {
  try {
    localStorage.removeItem(key(draft));
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

export function kept(draft: string): Copy | null {
  try {
    const text = localStorage.getItem(key(draft));
    return text ? (JSON.parse(text) as Copy) : null;
  } catch {
    return null;
  }
}
