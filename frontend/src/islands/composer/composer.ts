/** <mail-composer>: one letter being written, docked beside the list or in a tab of its own. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { HttpError } from "../../shared/http";
import { gettext, interpolate, language } from "../../shared/i18n";
import { icon } from "../../shared/icons";
import { notify } from "../../shared/notices";
import { takeBack, type Start } from "./beginning";
import { asHtml, cleanFragment } from "./cleaning";
import { conflictOf, type Conflict } from "./conflict";
import { asLink, Editor, MOD_NAME, signature, type Format } from "./editor";
import { forget, keep, kept } from "./keeping";
import { blank, newId, type Doubt, type Identity, type Letter, type Sent } from "./letter";
import { asTyped, fewNames, parsePeople, withPeople, type Person } from "./people";
import { splitQuote } from "./quoting";
import "./recipient-field";
import type { RecipientField } from "./recipient-field";
import { Saving, type Outcome } from "./saving";
import * as server from "./server";
import { conflictSheet, doubtsSheet, filesStrip, laterDialog, linkDialog } from "./sheets";
import { escaped, keepTaste, line, quotedText, readTaste, textOf, trimEnd } from "./texts";
import { toolbar, type Deed } from "./toolbar";
import { Upload } from "./uploads";

type Field = "to" | "cc" | "bcc";
const FIELDS: Field[] = ["to", "cc", "bcc"];
const COPY_AFTER_MS = 400;

@customElement("mail-composer")
export class MailComposer extends LitElement {
  @property({ type: Boolean, attribute: "in-tab" }) inTab = false;
  @state() private ready = false;
  @state() private subject = "";
  @state() private people: Record<Field, Person[]> = { to: [], cc: [], bcc: [] };
  @state() private shown: ReadonlySet<Field> = new Set(["to"]);
  @state() private author = "";
  @state() private identities: Identity[] = [];
  @state() private isPlain = false;
  @state() private formats: ReadonlySet<Format> = new Set();
  @state() private files: Upload[] = [];
  @state() private hasQuote = false;
  @state() private status = "";
  @state() private problem = "";
  private problemOf = "";
  @state() private sessionOver = false;
  @state() private refused: readonly string[] = [];
  @state() private doubts: Doubt[] = [];
  @state() private conflict: Conflict | null = null;
  @state() private isSending = false;
  @state() private isSmall = false;
  @state() private isWide = false;
  @state() private isOver = false;
  @state() private sent: Sent | null = null;

  @query(".composer-text") private textBox!: HTMLElement;
  @query("textarea") private plainBox!: HTMLTextAreaElement;

  mailbox = 0;
  draft = newId();
  private revision = 0;
  private rest = blank();
  private quote: DocumentFragment | null = null;
  private editor: Editor | null = null;
  private pending: Partial<Record<Field, string>> = {};
  private signatureText = "";
  private copyTimer = 0;
  private sentTo: Person[] = [];
  private readonly saving = new Saving(
    () => JSON.stringify(this.letter()),
    (text, settle) => this.save(text, settle),
  );

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

  private load(letter: Letter, isNew: boolean): void {
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

  private addSignature(own: DocumentFragment, identity: Identity): void {
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
  private changed(): void {
    this.requestUpdate();
    if (!this.ready) return;
    // The editor tidies up after itself, which is no change of its author's.
    if (this.problem && JSON.stringify(this.letter()) !== this.problemOf) this.problem = "";
    this.copyTimer ||= window.setTimeout(() => this.copy(), COPY_AFTER_MS);
    this.saving.touch();
  }

  private copy(): void {
    window.clearTimeout(this.copyTimer);
    this.copyTimer = 0;
    if (!this.ready || this.sent || !this.saving.isDirty) return;
    keep({ mailbox: this.mailbox, draft: this.draft, revision: this.revision, letter: this.letter(), at: Date.now() });
  }

  private async save(text: string, settle: boolean): Promise<Outcome> {
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

  private notSaved(error: unknown): Outcome {
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

  private savedWords(at: string): string {
    const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
    return interpolate(gettext("Saved %(time)s"), { time });
  }

  private readonly leaving = (): void => {
    this.copy();
  };

  private readonly warn = (event: BeforeUnloadEvent): void => {
    if (this.ready && !this.sent && this.saving.isDirty && (this.sessionOver || this.files.some(({ state }) => state === "waiting"))) {
      event.preventDefault();
    }
  };

  private readonly back = (): void => {
    if (this.ready && !this.sent && !this.conflict && (this.sessionOver || this.saving.isDirty)) void this.again();
  };

  private async again(): Promise<void> {
    if (this.sessionOver) {
      if (!(await server.renew())) return;
      this.sessionOver = false;
    }
    await this.saving.flush();
  }

  /* Sending. */

  private async send(options: Partial<server.SendOptions> = {}): Promise<void> {
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

  private asked: server.SendOptions = { sure: false, at: null };

  private complain(text: string): void {
    this.problem = text;
    this.problemOf = JSON.stringify(this.letter());
  }

  private async notSent(error: unknown): Promise<void> {
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

  private gone(sent: Sent, letter: Letter): void {
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
      action: { label: gettext("Undo"), run: () => void takeBack(sent, restart) },
      time: sent.scheduled ? 20_000 : sent.shown * 1000,
    });
  }

  private sentWords(sent: Sent): string {
    const who = fewNames(this.sentTo);
    if (!sent.scheduled) return interpolate(gettext("Sending to %(who)s"), { who });
    const when = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    return interpolate(gettext("Will be sent to %(who)s on %(when)s"), { who, when: when.format(new Date(sent.until)) });
  }

  /** Open another composer like this one. */
  private restart(start: Start): void {
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

  private async discard(): Promise<void> {
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
    this.remove();
    if (wasWritten) {
      notify(gettext("Draft discarded"), {
        action: { label: gettext("Undo"), run: () => restart({ mailbox, draft, letter, isUnsaved: true }) },
      });
    }
    if (this.inTab) this.dispatchEvent(new CustomEvent("composer:done"));
  }

  private async openTab(): Promise<void> {
    await this.saving.flush(true);
    if (this.conflict) return;
    window.open(`/mail/${this.mailbox}/compose/${this.draft}`, "_blank", "noopener");
    this.remove();
  }

  /* Two versions. */

  private keepMine(): void {
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

  private takeTheirs(): void {
    if (this.conflict?.kind !== "both") return;
    const { theirs, revision } = this.conflict;
    this.revision = revision;
    this.conflict = null;
    this.pending = {};
    this.load(theirs, false);
    forget(this.draft);
    void this.updateComplete.then(() => this.saving.begin());
  }

  /* Files. */

  private addFiles(files: Iterable<File>): Upload[] {
    const added = [...files].map((file) => new Upload(file.name || gettext("file"), file.type, file.size, "", () => this.changed(), file));
    this.files = [...this.files, ...added];
    for (const upload of added) void upload.start();
    return added;
  }

  /** Pictures within the text; in plain text they are files. */
  private addPictures(files: Iterable<File>): void {
    if (this.isPlain) {
      this.addFiles(files);
      return;
    }
    for (const file of files) {
      if (!/^image\/(?:png|jpeg|gif|webp)$/.test(file.type)) {
        this.addFiles([file]);
        continue;
      }
      const cid = `${newId()}@picture`;
      const upload = new Upload(file.name || gettext("Picture"), file.type, file.size, cid, () => this.changed(), file);
      this.files = [...this.files, upload];
      void upload.start().then(() => {
        if (upload.kept) this.editor?.picture(`/mail/uploads/${upload.kept.id}`, upload.name);
      });
    }
  }

  private drop(file: Upload): void {
    file.cancel();
    this.files = this.files.filter((each) => each !== file);
    this.changed();
  }

  private readonly onPick = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    if (input.name === "pictures") this.addPictures(input.files ?? []);
    else this.addFiles(input.files ?? []);
    input.value = "";
  };

  private readonly onDrag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    this.isOver = event.type === "dragover" || event.type === "dragenter";
    if (event.type === "drop") this.addFiles(event.dataTransfer.files);
  };

  private readonly onPaste = (event: ClipboardEvent): void => {
    const files = event.clipboardData?.files;
    // Pictures pasted into the text are Squire's.
    if (!files?.length || this.textBox.contains(event.target as Node)) return;
    event.preventDefault();
    this.addFiles(files);
  };

  /* Text. */

  private run(deed: Deed): void {
    if (deed === "image") this.querySelector<HTMLInputElement>("[name=pictures]")?.click();
    else if (deed === "clear") this.editor?.clear();
    else if (deed === "link") this.openLink();
    else this.editor?.toggle(deed);
  }

  private openLink(): void {
    const dialog = this.querySelector<HTMLDialogElement>(".composer-link");
    const editor = this.editor;
    if (!dialog || !editor) return;
    const [text, address] = ["#link-text", "#link-address"].map((each) => dialog.querySelector<HTMLInputElement>(each));
    const selected = editor.selectedText;
    if (text) text.value = selected;
    if (address) address.value = editor.linkHere || (asLink(selected) && /[.@]/.test(selected) ? asLink(selected) : "");
    dialog.querySelector<HTMLElement>("[data-text]")?.toggleAttribute("hidden", selected !== "" || editor.linkHere !== "");
    dialog.querySelector<HTMLElement>("[data-remove]")?.toggleAttribute("hidden", editor.linkHere === "");
    dialog.showModal();
    address?.focus();
  }

  private setLink(typed: string, text: string): boolean {
    const href = asLink(typed);
    const editor = this.editor;
    if (!href || !editor) return false;
    const selected = editor.selectedText;
    editor.focus();
    if (!selected && text && !editor.linkHere) {
      const link = document.createElement("a");
      link.href = href;
      link.textContent = text;
      editor.insert(link);
    } else editor.link(href);
    this.changed();
    return true;
  }

  /** A press below a letter that is nothing but a signature begins the letter. */
  private readonly onBlank = (event: MouseEvent): void => {
    const first = this.textBox.firstElementChild;
    if (event.target !== this.textBox || !this.editor || first?.textContent?.trim() || !this.textBox.querySelector(".mail-signature")) return;
    event.preventDefault();
    this.editor.focus();
    this.editor.toStart();
  };

  private unfold(): void {
    if (!this.quote || !this.editor) return;
    this.editor.append(this.quote);
    this.quote = null;
    this.hasQuote = false;
    this.changed();
    this.editor.focus();
  }

  private dropQuote(): void {
    this.quote = null;
    this.hasQuote = false;
    this.changed();
    this.editor?.focus();
  }

  private switchKind(): void {
    if (this.isPlain) {
      // Nothing was lost if nothing was written meanwhile.
      if (this.plainBox.value !== this.plainBefore) {
        const fragment = document.createDocumentFragment();
        for (const words of this.plainBox.value.split("\n")) fragment.append(line(words));
        this.editor?.load(fragment);
        this.quote = null;
        this.hasQuote = false;
      }
      this.isPlain = false;
    } else {
      const quoted = this.quote ? `\n${quotedText(this.quote)}` : "";
      this.plainBox.value = `${textOf(this.textBox)}${quoted}`;
      this.plainBefore = this.plainBox.value;
      this.isPlain = true;
    }
    keepTaste(this.isPlain);
    this.changed();
    void this.updateComplete.then(() => (this.isPlain ? this.plainBox.focus() : this.editor?.focus()));
  }

  private plainBefore: string | null = null;

  private chooseAuthor(event: Event): void {
    this.author = (event.target as HTMLSelectElement).value;
    const identity = this.identities.find(({ address }) => address === this.author);
    this.editor?.sign(identity?.html || escaped(identity?.text ?? ""));
    const next = identity?.text ?? "";
    const before = `-- \n${this.signatureText}`;
    if (this.signatureText && this.plainBox.value.includes(before)) {
      this.plainBox.value = this.plainBox.value.replace(before, () => (next ? `-- \n${next}` : ""));
    }
    this.signatureText = next;
    this.changed();
  }

  private setPeople(field: Field, people: Person[]): void {
    this.people = { ...this.people, [field]: people };
    this.changed();
  }

  private setPending(field: Field, text: string): void {
    this.pending = { ...this.pending, [field]: text };
    this.changed();
  }

  private showField(field: Field): void {
    this.shown = new Set([...this.shown, field]);
    void this.updateComplete.then(() => this.querySelector<RecipientField>(`recipient-field[name=${field}]`)?.focus());
  }

  private fix(doubt: Doubt): void {
    const wrong = new Set(doubt.about);
    for (const field of FIELDS) {
      this.people[field] = this.people[field].map((person) => (wrong.has(person.address) ? { ...person, address: doubt.instead } : person));
    }
    this.people = { ...this.people };
    this.doubts = this.doubts.filter((each) => each !== doubt);
    this.changed();
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    // Keys of the page are not for who writes.
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      void this.send();
    } else if (event.key === "Escape" && !event.defaultPrevented && !(event.target as Element).closest("dialog") && !this.inTab) {
      event.preventDefault();
      event.stopPropagation();
      if (this.doubts.length) this.doubts = [];
      else void this.close();
    } else if (event.key !== "F6") event.stopPropagation();
  };

  private focusFirst(): void {
    if (!this.people.to.length) this.querySelector<RecipientField>("recipient-field")?.focus();
    else if (!this.subject) this.querySelector<HTMLElement>(".composer-subject input")?.focus();
    else if (this.isPlain) {
      this.plainBox.focus();
      this.plainBox.setSelectionRange(0, 0);
    } else {
      this.editor?.focus();
      this.editor?.toStart();
    }
  }

  private focusSoon(selector: string): void {
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(selector)?.focus());
  }

  /* What is seen. */

  protected override render(): TemplateResult {
    const name = this.subject || gettext("New message");
    const look = `${this.isSmall ? "is-small" : ""} ${this.isWide ? "is-wide" : ""} ${this.inTab ? "is-tab" : ""} ${this.isOver ? "is-over" : ""}`;
    return html`<section class="composer ${look}" role=${this.inTab ? "group" : "dialog"} aria-label=${name} @keydown=${this.onKey} @paste=${this.onPaste}
      @dragenter=${this.onDrag} @dragover=${this.onDrag} @dragleave=${this.onDrag} @drop=${this.onDrag}>
      ${this.head(name)}
      ${this.sent ? this.sentPanel(this.sent) : nothing}
      <div class="composer-body" ?hidden=${this.isSmall || this.sent !== null}>
        ${this.ready ? nothing : html`<p class="composer-loading muted" role="status">${gettext("Loading …")}</p>`}
        ${this.conflict ? conflictSheet(this.conflict, this.letter(), {
          mine: () => this.keepMine(),
          theirs: () => this.takeTheirs(),
          again: () => this.keepMine(),
          close: () => this.leave(),
        }) : nothing}
        <div class="composer-fields" ?hidden=${!this.ready} ?inert=${this.conflict?.kind === "both"}>
          ${this.heads()}
          ${this.isPlain ? nothing : toolbar(this.formats, (deed) => this.run(deed))}
          <div class="composer-scroll">
            <div class="composer-text" ?hidden=${this.isPlain} role="textbox" aria-multiline="true" aria-label=${gettext("Text")} dir="auto" spellcheck="true" @mousedown=${this.onBlank}></div>
            <textarea class="composer-plain" ?hidden=${!this.isPlain} aria-label=${gettext("Text")} dir="auto" @input=${() => this.changed()}></textarea>
            ${this.hasQuote && !this.isPlain ? html`<div class="composer-quote"><button type="button" class="composer-fold" aria-label=${gettext("Show the quoted text")}
                title=${gettext("Show the quoted text")} @click=${() => this.unfold()}>•••</button>
              <button type="button" class="composer-fold-drop" aria-label=${gettext("Remove the quoted text")} title=${gettext("Remove the quoted text")}
                @click=${() => this.dropQuote()}>${icon("x")}</button></div>` : nothing}
          </div>
          ${filesStrip(this.files, (file) => this.drop(file))}
          ${this.notes()}
          ${this.foot()}
        </div>
        <div class="composer-drop" aria-hidden="true">${icon("paperclip")}${gettext("Drop files to attach them")}</div>
      </div>
      ${laterDialog((at) => void this.send({ at: at.toISOString() }))}
      ${linkDialog((address, text) => this.setLink(address, text), () => this.editor?.link(""))}
    </section>`;
  }

  private head(name: string): TemplateResult | typeof nothing {
    const status = html`<span class="composer-status muted" role="status">${this.isSending ? gettext("Sending …") : this.status}</span>`;
    if (this.inTab) return html`<div class="composer-tab-head">${status}</div>`;
    return html`<div class="composer-head">
      <h2 dir="auto">${name}</h2>
      ${status}
      <button type="button" class="composer-tool max-sm:hidden" aria-label=${this.isSmall ? gettext("Restore") : gettext("Minimise")} aria-expanded=${String(!this.isSmall)}
        @click=${() => (this.isSmall = !this.isSmall)}>${this.isSmall ? icon("chevron-up") : icon("minus")}</button>
      <button type="button" class="composer-tool max-sm:hidden" aria-label=${gettext("Large window")} aria-pressed=${String(this.isWide)}
        @click=${() => this.widen()}>${this.isWide ? icon("minimize-2") : icon("maximize-2")}</button>
      <button type="button" class="composer-tool max-sm:hidden" aria-label=${gettext("Open in a tab of its own")} @click=${() => void this.openTab()}>${icon("square-arrow-out-up-right")}</button>
      <button type="button" class="composer-tool" aria-label=${gettext("Save and close")} @click=${() => void this.close()}>${icon("x")}</button>
    </div>`;
  }

  private widen(): void {
    this.isWide = !this.isWide;
    this.isSmall = false;
  }

  private heads(): TemplateResult {
    const labels: Record<Field, string> = { to: gettext("To"), cc: gettext("Cc"), bcc: gettext("Bcc") };
    const rest = FIELDS.filter((field) => !this.shown.has(field));
    return html`
      ${this.identities.length > 1 ? html`<div class="composer-row"><label class="composer-label" for="composer-from">${gettext("From")}</label>
        <select id="composer-from" class="composer-from" @change=${(event: Event) => this.chooseAuthor(event)}>
          ${this.identities.map(({ address, name }) => html`<option value=${address} ?selected=${address === this.author}>${asTyped({ address, name })}</option>`)}
        </select></div>` : nothing}
      ${FIELDS.filter((field) => this.shown.has(field)).map((field) => html`<div class="composer-row">
        <recipient-field name=${field} .label=${labels[field]} .people=${this.people[field]} .refused=${this.refused}
          @people=${(event: CustomEvent<Person[]>) => this.setPeople(field, event.detail)}
          @typed=${(event: CustomEvent<string>) => this.setPending(field, event.detail)}></recipient-field>
        ${field === "to" ? rest.map((more) => html`<button type="button" class="composer-more" @click=${() => this.showField(more)}>${labels[more]}</button>`) : nothing}
      </div>`)}
      <div class="composer-row composer-subject"><label class="composer-label" for="composer-subject">${gettext("Subject")}</label>
        <input id="composer-subject" .value=${this.subject} autocomplete="off" dir="auto" maxlength="900" @input=${(event: Event) => {
          this.subject = (event.target as HTMLInputElement).value;
          this.changed();
        }}></div>`;
  }

  private notes(): TemplateResult {
    return html`
      ${this.sessionOver ? html`<div class="composer-sheet is-warning" role="alert">${icon("log-in", "composer-sheet-icon")}
        <div class="composer-sheet-body">${gettext("Your session is over. What you wrote is kept in this browser.")}</div>
        <div class="composer-sheet-foot"><a class="btn btn-sm btn-primary" href="/sign-in" target="_blank" rel="noopener">${gettext("Sign in in another tab")}</a></div></div>` : nothing}
      ${this.problem ? html`<div class="composer-sheet is-error" role="alert">${icon("circle-x", "composer-sheet-icon")}<div class="composer-sheet-body">${this.problem}</div></div>` : nothing}
      ${this.doubts.length ? doubtsSheet(this.doubts, {
        anyway: () => void this.send({ ...this.asked, sure: true }),
        back: () => {
          this.doubts = [];
          this.focusFirst();
        },
        fix: (doubt) => this.fix(doubt),
      }) : nothing}`;
  }

  private foot(): TemplateResult {
    const sendName = `${gettext("Send")} (${MOD_NAME}Enter)`;
    return html`<div class="composer-foot">
      <button type="button" class="btn btn-primary composer-send" title=${sendName} ?disabled=${this.isSending} @click=${() => void this.send()}>${icon("send")}${this.isSending ? gettext("Sending …") : gettext("Send")}</button>
      <button type="button" class="btn" aria-haspopup="dialog" ?disabled=${this.isSending} @click=${() => this.querySelector<HTMLDialogElement>(".composer-later")?.showModal()}>${icon("clock")}<span class="max-sm:sr-only">${gettext("Later …")}</span></button>
      <button type="button" class="btn btn-ghost" @click=${() => this.querySelector<HTMLInputElement>("[name=files]")?.click()}>${icon("paperclip")}<span class="max-sm:sr-only">${gettext("Attach")}</span></button>
      <input type="file" name="files" multiple hidden @change=${this.onPick} aria-label=${gettext("Files")}>
      <input type="file" name="pictures" multiple hidden accept="image/png,image/jpeg,image/gif,image/webp" @change=${this.onPick} aria-label=${gettext("Pictures")}>
      <span class="composer-space"></span>
      <button type="button" class="btn btn-ghost btn-icon" aria-pressed=${String(this.isPlain)} aria-label=${gettext("Plain text")} title=${gettext("Plain text")} @click=${() => this.switchKind()}>${icon("type")}</button>
      <button type="button" class="btn btn-ghost btn-icon" aria-label=${gettext("Discard")} title=${gettext("Discard")} @click=${() => void this.discard()}>${icon("trash-2")}</button>
    </div>`;
  }

  private sentPanel(sent: Sent): TemplateResult {
    return html`<div class="empty composer-sent" role="status">${icon("send")}<strong>${this.sentWords(sent)}</strong>
      <span>${gettext("The server sends it, whatever you do with this page.")}</span>
      <div class="composer-sent-deeds"><button type="button" class="btn" data-first @click=${() => void takeBack(sent, (start) => this.restart(start), this.mailbox)}>${icon("undo-2")}${gettext("Undo")}</button>
      <a class="btn" href="/mail/${this.mailbox}/">${gettext("To the inbox")}</a><a class="btn btn-ghost" href="/mail/outbox">${gettext("Outbox")}</a></div></div>`;
  }

  /** Close without what is here: it was asked for. */
  private leave(): void {
    forget(this.draft);
    this.ready = false;
    this.remove();
    this.dispatchEvent(new CustomEvent("composer:done"));
  }
}

export { beginning } from "./beginning";
