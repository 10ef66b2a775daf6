/** How a letter leaves the composer: sent, saved, discarded, or in another version. */

import { HttpError } from "../../shared/http";
import { gettext, interpolate, language } from "../../shared/i18n";
import { notify } from "../../shared/notices";
import { type Start, takeBack } from "./beginning";
import { forget } from "./keeping";
import { blank, type Letter, newId, type Sent } from "./letter";
import { fewNames } from "./people";
import type { RecipientField } from "./recipient-field";
import * as server from "./server";
import { ComposerState } from "./state";

export abstract class ComposerLeaving extends ComposerState {
  /* Sending. */

  protected async send(options: Partial<server.SendOptions> = {}): Promise<void> {
    if (!this.ready || this.isSending || this.conflict) return;
    for (const field of this.querySelectorAll<RecipientField>("recipient-field")) field.commit();
    this.isSending = true;
    this.doubts = [];
    this.problem = "";
    this.refused = [];
    await Promise.all(this.files.map(({ done }) => done));
    if (this.files.some(({ state }) => state === "failed")) {
      this.isSending = false;
      this.complain(gettext("A file could not be uploaded. Try it again, or remove it."));
      return;
    }
    await this.saving.pause();
    const letter = this.letter();
    this.copy();
    try {
      const wanted = { sure: false, at: null, ...options };
      const answer = await server.send(this.mailbox, this.draft, this.revision, letter, wanted);
      if ("doubts" in answer) {
        this.doubts = answer.doubts;
        this.asked = wanted;
        this.focusSoon("[data-first]");
      } else this.gone(answer, letter);
    } catch (error) {
      await this.notSent(error);
    } finally {
      this.isSending = false;
      if (!this.sent) this.saving.resume();
    }
  }

  protected asked: server.SendOptions = { sure: false, at: null };

  protected async notSent(error: unknown): Promise<void> {
    if (!(error instanceof HttpError)) {
      this.complain(gettext("The server cannot be reached. It was not sent; try again when you are online."));
      return;
    }
    const { code, about } = (error.body ?? {}) as { code?: string; about?: string[] };
    if (error.status === 401 || error.status === 403) {
      this.sessionOver = true;
      return;
    }
    this.refused = about ?? [];
    if (code === "draft_gone") this.conflict = { kind: "over" };
    else if (code === "stale") {
      const found = await server.open(this.mailbox, this.draft).catch(() => null);
      this.conflict = found ? { kind: "both", revision: found.revision, theirs: found.letter } : { kind: "over" };
    } else this.complain(error.message);
    this.focusSoon("[data-first]");
  }

  protected gone(sent: Sent, letter: Letter): void {
    forget(this.draft);
    this.sent = sent;
    this.sentTo = [...letter.to, ...letter.cc, ...letter.bcc];
    this.dispatchEvent(new CustomEvent("mail:sent", { bubbles: true, composed: true, detail: { id: sent.id, until: sent.until } }));
    if (this.inTab) {
      this.focusSoon("[data-first]");
      return;
    }
    const restart = this.restart.bind(this);
    this.remove();
    notify(this.sentWords(sent), {
      action: { label: gettext("Undo"), run: () => void takeBack(sent, restart), byKey: true },
      time: sent.scheduled ? 20_000 : sent.shown * 1000,
    });
  }

  protected sentWords(sent: Sent): string {
    const who = fewNames(this.sentTo);
    if (!sent.scheduled) return interpolate(gettext("Sending to %(who)s"), { who });
    const when = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    return interpolate(gettext("Will be sent to %(who)s on %(when)s"), { who, when: when.format(new Date(sent.until)) });
  }

  /** Open another composer like this one. */
  protected restart(start: Start): void {
    this.dispatchEvent(new CustomEvent("composer:restart", { detail: start }));
    document.dispatchEvent(new CustomEvent("composer:start", { detail: start }));
  }

  /* Closing and discarding. */

  /** Close it; what was written is a draft. */
  async close(): Promise<void> {
    for (const field of this.querySelectorAll<RecipientField>("recipient-field")) field.commit();
    const isDirty = this.ready && this.saving.isDirty;
    if (isDirty || this.revision) await this.saving.flush(true);
    if (this.conflict) return;
    const isKept = isDirty && this.saving.isDirty;
    this.remove();
    if (isKept) notify(gettext("Not saved yet. It is kept in this browser and saved when the server answers again."), { error: true });
    else if (isDirty) notify(gettext("Draft saved"), { action: { label: gettext("Open"), run: () => this.restart({ mailbox: this.mailbox, draft: this.draft }) }, time: 5000 });
  }

  protected async discard(): Promise<void> {
    const wasWritten = this.ready && (this.revision > 0 || this.saving.isDirty);
    const letter = this.ready ? this.letter() : blank();
    await this.saving.pause();
    for (const file of this.files) file.cancel();
    try {
      if (this.revision) await server.discard(this.mailbox, this.draft);
    } catch (error) {
      if (!(error instanceof HttpError && error.status === 404)) {
        this.complain(gettext("It could not be discarded. Try again."));
        this.saving.resume();
        return;
      }
    }
    forget(this.draft);
    this.ready = false;
    const { mailbox, draft } = this;
    const restart = this.restart.bind(this);
    if (this.inTab && wasWritten) {
      this.discarded = { mailbox, draft, letter, isUnsaved: true };
      this.focusSoon("[data-first]");
      return;
    }
    this.remove();
    if (wasWritten) {
      notify(gettext("Draft discarded"), {
        action: { label: gettext("Undo"), run: () => restart({ mailbox, draft, letter, isUnsaved: true }) },
      });
    }
    if (this.inTab) this.dispatchEvent(new CustomEvent("composer:done"));
  }

  protected async openTab(): Promise<void> {
    await this.saving.flush(true);
    if (this.conflict) return;
    window.open(`/mail/${this.mailbox}/compose/${this.draft}`, "_blank", "noopener");
    this.remove();
  }

  /* Two versions. */

  protected keepMine(): void {
    if (!this.conflict) return;
    if (this.conflict.kind === "over") {
      this.draft = newId();
      this.revision = 0;
    } else this.revision = this.conflict.revision;
    this.conflict = null;
    // Whatever was saved last, what is here is to be saved now.
    this.saving.begin("");
    void this.saving.flush();
  }

  protected takeTheirs(): void {
    if (this.conflict?.kind !== "both") return;
    const { theirs, revision } = this.conflict;
    this.revision = revision;
    this.conflict = null;
    this.pending = {};
    this.load(theirs, false);
    forget(this.draft);
    void this.updateComplete.then(() => this.saving.begin());
  }

  /** Close without what is here: it was asked for. */
  protected leave(): void {
    forget(this.draft);
    this.ready = false;
    this.remove();
    this.dispatchEvent(new CustomEvent("composer:done"));
  }
}
