/** What a refused save means: two versions to choose from, a draft that is gone, or one that may come back. */

import type { Letter } from "./letter";

export type Conflict =
  | { kind: "both"; revision: number; theirs: Letter }
  /** Gone from the folder, but not sent: it can be saved again. */
  | { kind: "deleted"; revision: number }
  /** Sent or discarded: what is written here can only become another letter. */
  | { kind: "over" };

export interface Refusal {
  code?: string;
  revision?: number;
  theirs?: Letter | null;
}

/** Read the answer to a save with 409; null for any other refusal. */
export function conflictOf(status: number, answer: unknown): Conflict | null {
  if (status !== 409 || typeof answer !== "object" || answer === null) return null;
  const { code, revision = 0, theirs } = answer as Refusal;
  if (code === "conflict" && theirs) return { kind: "both", revision, theirs };
  if (code === "gone") return revision > 0 ? { kind: "deleted", revision } : { kind: "over" };
  return null;
}

/** Say in which fields two versions differ. */
export function differing(mine: Letter, theirs: Letter): (keyof Letter)[] {
  const fields: (keyof Letter)[] = ["author", "to", "cc", "bcc", "subject", "files"];
  const changed = fields.filter((field) => JSON.stringify(plain(mine[field])) !== JSON.stringify(plain(theirs[field])));
  return words(mine) === words(theirs) ? changed : [...changed, "text"];
}

function plain(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((each: { id?: number }) => each.id ?? each);
}

/** The words of a version, without the marks of its HTML. */
export function words({ html, text, is_plain }: Letter): string {
  if (is_plain || !html) return text.trim();
  return html
    .replace(/<(?:br|\/p|\/div|\/li|\/tr|\/h\d|\/blockquote)\b[^>]*>/gi, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&nbsp;/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&")
    .replace(/[ \t]+\n/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
