/** What a composer holds: the letter, its draft, and how the two are kept the same. */

import { LitElement } from "lit";
import { property, query, state } from "lit/decorators.js";

import { HttpError } from "../../shared/http";
import { gettext, interpolate, language } from "../../shared/i18n";
import type { Start } from "./beginning";
import { asHtml, cleanFragment } from "./cleaning";
import { type Conflict, conflictOf } from "./conflict";
import { Editor, type Format, signature } from "./editor";
import { forget, keep, kept } from "./keeping";
import { blank, type Doubt, type Identity, type Letter, newId, type Sent } from "./letter";
import { parsePeople, type Person, withPeople } from "./people";
import { splitQuote } from "./quoting";
import { type Outcome, Saving } from "./saving";
import * as server from "./server";
import { escaped, line, readTaste, trimEnd } from "./texts";
import { Upload } from "./uploads";

export type Field = "to" | "cc" | "bcc";
export const FIELDS: Field[] = ["to", "cc", "bcc"];
const COPY_AFTER_MS = 400;

export abstract class ComposerState extends LitElement {
  @property({ type: Boolean, attribute: "in-tab" }) inTab = false;
  @state() protected ready = false;
  @state() protected subject = "";
  @state() protected people: Record<Field, Person[]> = { to: [], cc: [], bcc: [] };
  @state() protected shown: ReadonlySet<Field> = new Set(["to"]);
  @state() protected author = "";
  @state() protected identities: Identity[] = [];
  @state() protected isPlain = false;
  @state() protected formats: ReadonlySet<Format> = new Set();
  @state() protected files: Upload[] = [];
  @state() protected hasQuote = false;
  @state() protected status = "";
  @state() protected problem = "";
  protected problemOf = "";
  @state() protected sessionOver = false;
  @state() protected refused: readonly string[] = [];
  @state() protected doubts: Doubt[] = [];
  @state() protected conflict: Conflict | null = null;
  @state() protected isSending = false;
  @state() protected isSmall = false;
  @state() protected isWide = false;
  @state() protected isOver = false;
  @state() protected sent: Sent | null = null;
  /** What was thrown away, in a tab of its own, as long as that can be undone. */
  @state() protected discarded: Start | null = null;

  @query(".composer-text") protected textBox!: HTMLElement;
  @query("textarea") protected plainBox!: HTMLTextAreaElement;

  mailbox = 0;
  draft = newId();
  protected revision = 0;
  protected rest = blank();
  protected quote: DocumentFragment | null = null;
  protected editor: Editor | null = null;
  protected pending: Partial<Record<Field, string>> = {};
  protected signatureText = "";
  protected copyTimer = 0;
  protected sentTo: Person[] = [];
  protected readonly saving = new Saving(
    () => JSON.stringify(this.letter()),
    (text, settle) => this.save(text, settle),
  );

  protected abstract addPictures(files: Iterable<File>): void;
  protected abstract openLink(): void;
  protected abstract focusFirst(): void;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("pagehide", this.leaving);
    window.addEventListener("beforeunload", this.warn);
    window.addEventListener("online", this.back);
    window.addEventListener("focus", this.back);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("pagehide", this.leaving);
    window.removeEventListener("beforeunload", this.warn);
    window.removeEventListener("online", this.back);
    window.removeEventListener("focus", this.back);
    this.editor?.destroy();
    this.editor = null;
  }

  /** Put a letter in and let its author write; until then nothing is saved. */
  async start(start: Start): Promise<void> {
    this.mailbox = start.mailbox;
    this.draft = start.draft ?? this.draft;
    this.revision = start.revision ?? 0;
    const own = kept(this.draft);
    const isCopy = own !== null && own.mailbox === start.mailbox;
    if (isCopy) this.revision = own.revision;
    await this.updateComplete;
    this.identities = await server.identities().catch(() => []);
    const letter = isCopy ? own.letter : (start.letter ?? blank());
    this.load(letter, start.isNew === true && !isCopy);
    this.status = start.savedAt ? this.savedWords(start.savedAt) : "";
    this.ready = true;
    await this.updateComplete;
    // What was typed before it was lost is a change; what the server just gave is none.
    this.saving.begin(isCopy || start.isUnsaved ? "" : undefined);
    if (isCopy || start.isUnsaved) this.changed();
    this.focusFirst();
  }

  protected load(letter: Letter, isNew: boolean): void {
    this.rest = letter;
    const identity = this.identities.find(({ address }) => address === letter.author.address.toLowerCase()) ?? this.identities[0];
    this.author = identity?.address ?? letter.author.address;
    this.subject = letter.subject;
    this.people = { to: letter.to, cc: letter.cc, bcc: letter.bcc };
    this.shown = new Set(FIELDS.filter((field) => field === "to" || letter[field].length > 0));
    this.files = letter.files.map((file) => Upload.of(file, () => this.changed()));
    this.isPlain = isNew ? readTaste() && !letter.html.includes("<img") : letter.is_plain;
    this.signatureText = identity?.text ?? "";
    const { own, quote } = splitQuote(cleanFragment(letter.html));
    this.quote = quote;
    this.hasQuote = quote !== null;
    if (isNew) trimEnd(own);
    if (isNew && identity) this.addSignature(own, identity);
    this.editor ??= new Editor(this.textBox, {
      changed: () => this.changed(),
      moved: (on) => (this.formats = on),
      pictures: (files) => this.addPictures(files),
      link: () => this.openLink(),
    });
    this.editor.load(own);
    this.plainBox.value = isNew ? `${letter.text ? letter.text : ""}` : letter.text;
    if (isNew && this.signatureText) {
      // Above the quote, as in the other kind of letter.
      this.plainBox.value = `\n\n-- \n${this.signatureText}${letter.text ? `\n${letter.text}` : ""}`;
    }
  }

  protected addSignature(own: DocumentFragment, identity: Identity): void {
    const signed = identity.html || escaped(identity.text);
    if (!signed) return;
    own.append(line(), signature(signed));
  }

  /** The letter as it stands; what is typed and no chip yet goes with it. */
  letter(): Letter {
    const identity = this.identities.find(({ address }) => address === this.author);
    const editor = this.editor;
    const html = editor ? editor.html + (this.quote ? asHtml(this.quote) : "") : this.rest.html;
    const pending = (field: Field): Person[] => withPeople(this.people[field], parsePeople(this.pending[field] ?? ""));
    return {
      ...this.rest,
      author: { address: this.author, name: identity?.name ?? this.rest.author.name },
      to: pending("to"),
      cc: pending("cc"),
      bcc: pending("bcc"),
      subject: this.subject,
      text: this.isPlain ? this.plainBox.value : "",
      html: this.isPlain ? "" : html,
      is_plain: this.isPlain,
      files: this.files.flatMap(({ kept: file }) => {
        if (!file || (file.cid && (this.isPlain || !html.includes(`/mail/uploads/${file.id}"`)))) return [];
        return [file];
      }),
    };
  }

  /** Something changed: keep a copy here soon, and save it when it is time. */
  protected changed(): void {
    this.requestUpdate();
    if (!this.ready) return;
    // The editor tidies up after itself, which is no change of its author's.
    if (this.problem && JSON.stringify(this.letter()) !== this.problemOf) this.problem = "";
    this.copyTimer ||= window.setTimeout(() => this.copy(), COPY_AFTER_MS);
    this.saving.touch();
  }

  protected copy(): void {
    window.clearTimeout(this.copyTimer);
    this.copyTimer = 0;
    if (!this.ready || this.sent || !this.saving.isDirty) return;
    keep({ mailbox: this.mailbox, draft: this.draft, revision: this.revision, letter: this.letter(), at: Date.now() });
  }

  protected async save(text: string, settle: boolean): Promise<Outcome> {
    const letter = JSON.parse(text) as Letter;
    try {
      const saved = await server.save(this.mailbox, this.draft, this.revision, letter, settle);
      this.revision = saved.revision;
      this.status = this.savedWords(saved.saved_at);
      this.sessionOver = false;
      // What was typed while it was on its way is only in the copy.
      if (JSON.stringify(this.letter()) === text) forget(this.draft);
      return "saved";
    } catch (error) {
      return this.notSaved(error);
    }
  }

  protected notSaved(error: unknown): Outcome {
    this.copy();
    if (!(error instanceof HttpError)) {
      this.status = gettext("Offline. Kept in this browser");
      return "retry";
    }
    if (error.status === 401 || error.status === 403) {
      this.sessionOver = true;
      this.status = gettext("Kept in this browser");
      return "stop";
    }
    const conflict = conflictOf(error.status, error.body);
    if (conflict) {
      this.conflict = conflict;
      this.status = gettext("Not saved");
      this.focusSoon("[data-first]");
      return "stop";
    }
    this.status = gettext("Not saved");
    this.complain(error.message);
    return error.status >= 500 ? "retry" : "stop";
  }

  protected savedWords(at: string): string {
    const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
    return interpolate(gettext("Saved %(time)s"), { time });
  }

  protected readonly leaving = (): void => {
    this.copy();
  };

  protected readonly warn = (event: BeforeUnloadEvent): void => {
    if (this.ready && !this.sent && this.saving.isDirty && (this.sessionOver || this.files.some(({ state }) => state === "waiting"))) {
      event.preventDefault();
    }
  };

  protected readonly back = (): void => {
    if (this.ready && !this.sent && !this.conflict && (this.sessionOver || this.saving.isDirty)) void this.again();
  };

  protected async again(): Promise<void> {
    if (this.sessionOver) {
      if (!(await server.renew())) return;
      this.sessionOver = false;
    }
    await this.saving.flush();
  }

  protected focusSoon(selector: string): void {
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(selector)?.focus());
  }

  protected complain(text: string): void {
    this.problem = text;
    this.problemOf = JSON.stringify(this.letter());
  }
}
