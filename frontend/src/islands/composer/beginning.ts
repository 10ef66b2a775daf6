/** How a composer comes to be: a new letter, an answer, a draft, one that was recalled. */

import { HttpError } from "../../shared/http";
import { gettext } from "../../shared/i18n";
import { notify } from "../../shared/notices";
import { blank, type Draft, type Letter, type Sent } from "./letter";
import { parsePeople } from "./people";
import * as server from "./server";
import { escaped } from "./texts";

/** What a composer begins with. */
export interface Start {
  mailbox: number;
  draft?: string;
  revision?: number;
  letter?: Letter;
  savedAt?: string;
  /** Written but not saved: a discarded letter that comes back, a copy kept in this browser. */
  isUnsaved?: boolean;
  /** A new letter or answer: the signature is still to come. */
  isNew?: boolean;
}

export interface Wish {
  mailbox: number;
  how?: string;
  content?: number;
  draft?: string;
  to?: string;
  cc?: string;
  bcc?: string;
  subject?: string;
  body?: string;
  as?: string;
}

/** Ask the server for what a letter begins with. */
export async function beginning(wish: Wish): Promise<Start> {
  const { mailbox, content, draft } = wish;
  if (draft) return opened(await server.open(mailbox, draft));
  if (content && (!wish.how || wish.how === "new" || wish.how === "draft")) return opened(await server.openMessage(mailbox, content));
  if (content) {
    const how = wish.how === "forward" && wish.as === "attachment" ? "forward-file" : (wish.how as server.How);
    return { mailbox, letter: await server.begin(mailbox, how, content), isNew: true };
  }
  const letter = { ...blank(), to: parsePeople(wish.to ?? ""), cc: parsePeople(wish.cc ?? ""), bcc: parsePeople(wish.bcc ?? ""), subject: wish.subject ?? "" };
  if (wish.body) {
    letter.text = wish.body;
    letter.html = wish.body.split("\n").map((words) => `<div>${escaped(words) || "<br>"}</div>`).join("");
  }
  return { mailbox, letter, isNew: true };
}

function opened(draft: Draft): Start {
  return { mailbox: draft.mailbox, draft: draft.id, revision: draft.revision, letter: draft.letter, savedAt: draft.saved_at };
}

/** Take a letter back before it leaves, and go on writing it. */
export async function takeBack(sent: Sent, restart: (start: Start) => void, mailbox = 0): Promise<void> {
  try {
    const { draft } = await server.recall(sent.id);
    notify(gettext("Not sent. Here it is again."), { time: 5000 });
    restart({ mailbox, draft });
  } catch (error) {
    const text = error instanceof HttpError ? error.message : gettext("The server could not be reached.");
    notify(text, { error: true });
  }
}
