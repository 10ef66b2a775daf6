/** What a key means. Single letters can be switched off; then only keys that every list knows are left. */

export type Deed =
  | "next" | "previous" | "first" | "last" | "page-down" | "page-up" | "open" | "back" | "select" | "extend-down"
  | "extend-up" | "archive" | "delete" | "junk" | "star" | "move" | "label" | "read" | "unread" | "undo" | "search"
  | "help" | "compose" | "reply" | "reply-all" | "forward" | "next-pane" | "previous-pane" | "go-inbox" | "go-starred"
  | "go-drafts" | "go-sent" | "go-all" | "go-outbox" | "go-folder" | "select-all" | "select-none"
  | "select-unread" | "compose-tab" | "archive-next" | "archive-previous" | "palette"; // prettier-ignore

const ALWAYS: Record<string, Deed> = { F6: "next-pane", "Shift+F6": "previous-pane", Escape: "back", "Ctrl+k": "palette" };

const IN_LIST: Record<string, Deed> = {
  ArrowDown: "next", ArrowUp: "previous", Home: "first", End: "last", PageDown: "page-down", PageUp: "page-up",
  Enter: "open", " ": "select", Delete: "delete", "Shift+ArrowDown": "extend-down", "Shift+ArrowUp": "extend-up",
  "Ctrl+a": "select-all",
}; // prettier-ignore

const SINGLE: Record<string, Deed> = {
  j: "next", k: "previous", J: "extend-down", K: "extend-up", o: "open", u: "back", x: "select", e: "archive",
  "#": "delete", "!": "junk", s: "star", v: "move", l: "label", I: "read", U: "unread", z: "undo", "/": "search",
  "?": "help", c: "compose", C: "compose-tab", "[": "archive-previous", "]": "archive-next", r: "reply", a: "reply-all", f: "forward",
}; // prettier-ignore

const AFTER: Record<string, Record<string, Deed>> = {
  g: {
    i: "go-inbox", s: "go-starred", d: "go-drafts", t: "go-sent", a: "go-all", o: "go-outbox", l: "go-folder",
  },
  "*": { a: "select-all", n: "select-none", u: "select-unread" },
}; // prettier-ignore

export const SEQUENCE_MS = 1500;

export interface Press {
  key: string;
  ctrlKey?: boolean;
  altKey?: boolean;
  metaKey?: boolean;
  shiftKey?: boolean;
}

/** Reads presses one after another; `g` waits for what follows it. */
export class KeyReader {
  private before = "";
  private at = 0;

  constructor(public singles = true) {}

  /** What this press means, or nothing. */
  read(press: Press, now: number, inList: boolean): Deed | null {
    const { key } = press;
    const command = press.ctrlKey || press.metaKey;
    if (press.altKey || ["Shift", "Control", "Alt", "Meta"].includes(key)) return null;
    const named = (command ? "Ctrl+" : "") + (press.shiftKey && key.length > 1 ? "Shift+" : "") + key;
    const plain = ALWAYS[named] ?? (inList ? IN_LIST[named] : undefined);
    const first = now - this.at < SEQUENCE_MS ? this.before : "";
    this.before = "";
    if (plain) return plain;
    if (command || !this.singles) return null;
    if (first) {
      const second = AFTER[first]?.[key];
      if (second) return second;
    }
    if (key in AFTER) {
      this.before = key;
      this.at = now;
      return null;
    }
    return SINGLE[key] ?? null;
  }
}

/** Whether somebody is typing, so that letters are letters. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit"].includes(target.type);
  return target.matches("textarea, select");
}
