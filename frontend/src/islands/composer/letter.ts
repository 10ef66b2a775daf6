/** A letter as the server and the composer tell it each other. */

import type { Person } from "./people";

export interface KeptFile {
  id: number;
  name: string;
  type: string;
  size: number;
  /** Where it is shown in the HTML; empty for an attachment. */
  cid: string;
}

export interface Letter {
  author: Person;
  to: Person[];
  cc: Person[];
  bcc: Person[];
  subject: string;
  text: string;
  html: string;
  is_plain: boolean;
  files: KeptFile[];
  in_reply_to: string;
  references: string[];
  answers: { mailbox: number; content: number; how: "reply" | "forward" } | null;
}

export interface Identity {
  address: string;
  name: string;
  text: string;
  html: string;
}

export interface Draft {
  id: string;
  mailbox: number;
  revision: number;
  saved_at: string;
  letter: Letter;
}

export interface Doubt {
  kind: string;
  text: string;
  about: string[];
  instead: string;
}

export interface Sent {
  id: string;
  draft: string;
  until: string;
  scheduled: boolean;
  shown: number;
}

export function blank(): Letter {
  return {
    author: { address: "", name: "" },
    to: [],
    cc: [],
    bcc: [],
    subject: "",
    text: "",
    html: "",
    is_plain: false,
    files: [],
    in_reply_to: "",
    references: [],
    answers: null,
  };
}

/** An id nobody else has; pages without TLS have no randomUUID. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
