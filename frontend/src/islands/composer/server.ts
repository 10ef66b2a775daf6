/** What the composer asks of the server. */

import { request } from "../../shared/http";
import type { Doubt, Draft, Identity, Letter, Sent } from "./letter";
import type { Person } from "./people";

export const ROOT = "/mail/";

export type How = "reply" | "reply-all" | "reply-list" | "forward" | "forward-file";

const at = (mailbox: number, draft: string): string => `${ROOT}${mailbox}/drafts/${draft}`;

export function begin(mailbox: number, how: How, content: number): Promise<Letter> {
  return request<{ letter: Letter }>(`${ROOT}${mailbox}/begin`, { json: { how, content } }).then(({ letter }) => letter);
}

export function open(mailbox: number, draft: string): Promise<Draft> {
  return request<Draft>(at(mailbox, draft));
}

export function openMessage(mailbox: number, content: number): Promise<Draft> {
  return request<Draft>(`${ROOT}${mailbox}/drafts/of/${content}`, { json: {} });
}

export interface Saved {
  revision: number;
  saved_at: string;
}

export function save(mailbox: number, draft: string, revision: number, letter: Letter, settle: boolean): Promise<Saved> {
  return request<Saved>(at(mailbox, draft), { method: "PUT", json: { revision, letter, settle } });
}

export function discard(mailbox: number, draft: string): Promise<unknown> {
  return request(at(mailbox, draft), { method: "DELETE" });
}

export interface SendOptions {
  sure: boolean;
  at: string | null;
}

export function send(
  mailbox: number,
  draft: string,
  revision: number,
  letter: Letter,
  options: SendOptions,
): Promise<Sent | { doubts: Doubt[] }> {
  return request(`${at(mailbox, draft)}/send`, { json: { revision, letter, ...options } });
}

export function recall(sending: string): Promise<{ draft: string }> {
  return request(`${ROOT}outbox/${sending}/recall`, { json: {} });
}

export function suggest(text: string, signal: AbortSignal): Promise<Person[]> {
  const address = `${ROOT}suggestions?q=${encodeURIComponent(text)}`;
  return request<{ people: Person[] }>(address, { signal }).then(({ people }) => people);
}

let asked: Promise<Identity[]> | null = null;

/** As whom one may write; asked once a page. */
export function identities(): Promise<Identity[]> {
  asked ??= request<{ identities: Identity[] }>(`${ROOT}identities`).then((answer) => answer.identities);
  asked.catch(() => {
    asked = null;
  });
  return asked;
}

/** Take a fresh token: who signed in again, in another tab, made this page's worthless. False while nobody has. */
export async function renew(): Promise<boolean> {
  try {
    const { token } = await request<{ token: string }>(`${ROOT}identities`);
    const meta = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]');
    if (meta) meta.content = token;
    return true;
  } catch {
    return false;
  }
}
