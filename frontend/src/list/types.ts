/** What the server says of messages and folders. */

export interface Row {
  content: number;
  folder: number;
  uid: number;
  /** The messages of the folder this row stands for. */
  uids: number[];
  thread: string;
  count: number;
  who: string;
  address: string;
  subject: string;
  preview: string;
  /** Seconds since 1970. */
  at: number;
  unread: number;
  starred: boolean;
  answered: boolean;
  forwarded: boolean;
  draft: boolean;
  attachment: boolean;
  labels: string[];
}

export interface Folder {
  id: number;
  use: string;
  label: string;
  depth: number;
  icon: string;
}

/** What the page holds for the island to start from. */
export interface Boot {
  mailbox: number;
  folder: number;
  use: string;
  name: string;
  base: string;
  mayWrite: boolean;
  show: string;
  label: string;
  text: string;
  density: "cosy" | "compact";
  grouped: boolean;
  total: number | null;
  start: number;
  modseq: number;
  cursor: string;
  rows: Row[];
  labels: string[];
  folders: Folder[];
}

/** What names a row while it is where it is. */
export function keyOf(row: Row): string {
  return `${row.folder}:${row.uid}`;
}

export type Verb =
  | "archive" | "delete" | "erase" | "junk" | "not_junk" | "move"
  | "star" | "unstar" | "read" | "unread" | "label" | "unlabel"; // prettier-ignore

export const MOVES: ReadonlySet<Verb> = new Set<Verb>(["archive", "delete", "erase", "junk", "not_junk", "move"]);
