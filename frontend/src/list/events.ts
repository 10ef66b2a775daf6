/** What islands say to each other, on the document. */

import type { Row, Verb } from "./types";

export interface MailOpen {
  mailbox: number;
  folder: number;
  thread: string;
  uid: number;
  content: number;
  /** What is known of it until it has come. */
  row?: Row;
}

export interface MailCompose {
  mailbox: number;
  how: "new" | "reply" | "reply-all" | "forward";
  content?: number;
  draft?: string;
  to?: string;
}

export interface MailAct {
  verb: Verb;
  mailbox?: number;
  folder?: number;
  uids?: number[];
  contents?: number[];
  target?: number;
  label?: string;
}

export interface MailActed {
  undo: number | null;
  verb: string;
  count: number;
}

/** A folder changed; folder 0 is the list of folders, -1 anything, for hints were missed. */
export interface MailChanged {
  mailbox: number;
  folder: number;
  modseq: number;
}

interface Events {
  "mail:open": MailOpen;
  "mail:close": null;
  "mail:opened": { thread: string };
  /** The conversation after this one, or before it. */
  "mail:step": { by: number };
  "mail:compose": MailCompose;
  "mail:act": MailAct;
  "mail:acted": MailActed;
  "mail:changed": MailChanged;
}

export function say<Name extends keyof Events>(name: Name, detail: Events[Name], from: EventTarget = document): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

export function hear<Name extends keyof Events>(name: Name, run: (detail: Events[Name]) => void): () => void {
  const listener = (event: Event) => run((event as CustomEvent<Events[Name]>).detail);
  document.addEventListener(name, listener);
  return () => document.removeEventListener(name, listener);
}
