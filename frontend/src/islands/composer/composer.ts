/** <mail-composer>: one letter being written, docked beside the list or in a tab of its own. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { gettext } from "../../shared/i18n";
import { icon } from "../../shared/icons";
import { type Start, takeBack } from "./beginning";
import { MOD_NAME } from "./editor";
import type { Sent } from "./letter";
import { asTyped, type Person } from "./people";
import { conflictSheet, doubtsSheet, filesStrip, laterDialog, linkDialog } from "./sheets";
import { type Field, FIELDS } from "./state";
import { toolbar } from "./toolbar";
import { ComposerWriting } from "./writing";
import "./recipient-field";

@customElement("mail-composer")
export class MailComposer extends ComposerWriting {
  /* What is seen. */

  protected override render(): TemplateResult {
    const name = this.subject || gettext("New message");
    const look = `${this.isSmall ? "is-small" : ""} ${this.isWide ? "is-wide" : ""} ${this.inTab ? "is-tab" : ""} ${this.isOver ? "is-over" : ""}`;
    return html`<section class="composer ${look}" role=${this.inTab ? "group" : "dialog"} aria-label=${name} @keydown=${this.onKey} @paste=${this.onPaste}
      @dragenter=${this.onDrag} @dragover=${this.onDrag} @dragleave=${this.onDrag} @drop=${this.onDrag}>
      ${this.head(name)}
      ${this.sent ? this.sentPanel(this.sent) : nothing}
      ${this.discarded ? this.discardedPanel(this.discarded) : nothing}
      <div class="composer-body" ?hidden=${this.isSmall || this.sent !== null || this.discarded !== null}>
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

  protected head(name: string): TemplateResult | typeof nothing {
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

  protected widen(): void {
    this.isWide = !this.isWide;
    this.isSmall = false;
  }

  protected heads(): TemplateResult {
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

  protected notes(): TemplateResult {
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

  protected foot(): TemplateResult {
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

  protected discardedPanel(start: Start): TemplateResult {
    return html`<div class="empty composer-sent" role="status">${icon("trash-2")}<strong>${gettext("Draft discarded")}</strong>
      <div class="composer-sent-deeds"><button type="button" class="btn" data-first @click=${() => this.restart(start)}>${icon("undo-2")}${gettext("Undo")}</button>
      <a class="btn" href="/mail/${this.mailbox}/">${gettext("To the inbox")}</a></div></div>`;
  }

  protected sentPanel(sent: Sent): TemplateResult {
    return html`<div class="empty composer-sent" role="status">${icon("send")}<strong>${this.sentWords(sent)}</strong>
      <span>${gettext("The server sends it, whatever you do with this page.")}</span>
      <div class="composer-sent-deeds"><button type="button" class="btn" data-first @click=${() => void takeBack(sent, (start) => this.restart(start), this.mailbox)}>${icon("undo-2")}${gettext("Undo")}</button>
      <a class="btn" href="/mail/${this.mailbox}/">${gettext("To the inbox")}</a><a class="btn btn-ghost" href="/mail/outbox">${gettext("Outbox")}</a></div></div>`;
  }
}

export { beginning } from "./beginning";
