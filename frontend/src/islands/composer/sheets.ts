/** What lies over or between the fields: questions before sending, two versions to choose from, later, a link, files. */

import { html, nothing, type TemplateResult } from "lit";

import { gettext, interpolate, language, ngettext } from "../../shared/i18n";
import { icon } from "../../shared/icons";
import { differing, words, type Conflict } from "./conflict";
import { asLocal, presets } from "./later";
import type { Doubt, Letter } from "./letter";
import { asTyped } from "./people";
import { inBytes, type Upload } from "./uploads";

export function doubtsSheet(doubts: readonly Doubt[], run: { anyway: () => void; back: () => void; fix: (doubt: Doubt) => void }): TemplateResult {
  return html`<div class="composer-sheet" role="alertdialog" aria-label=${gettext("Before it leaves")} tabindex="-1">
    ${icon("triangle-alert", "composer-sheet-icon")}
    <div class="composer-sheet-body">
      <strong>${gettext("Before it leaves")}</strong>
      <ul>${doubts.map((doubt) => html`<li>${doubt.text}
        ${doubt.instead ? html`<button type="button" class="link" @click=${() => run.fix(doubt)}>${gettext("Change it")}</button>` : nothing}</li>`)}</ul>
    </div>
    <div class="composer-sheet-foot">
      <button type="button" class="btn btn-sm" data-first @click=${run.back}>${gettext("Back")}</button>
      <button type="button" class="btn btn-sm btn-primary" @click=${run.anyway}>${gettext("Send anyway")}</button>
    </div>
  </div>`;
}

const FIELD_NAMES = (): Partial<Record<keyof Letter, string>> => ({
  author: gettext("From"),
  to: gettext("To"),
  cc: gettext("Cc"),
  bcc: gettext("Bcc"),
  subject: gettext("Subject"),
  files: gettext("Files"),
  text: gettext("Text"),
});

export function conflictSheet(
  conflict: Conflict,
  mine: Letter,
  run: { mine: () => void; theirs: () => void; again: () => void; close: () => void },
): TemplateResult {
  if (conflict.kind !== "both") {
    const text = conflict.kind === "over"
      ? gettext("This draft was sent or discarded elsewhere. What you see here is kept in this window only.")
      : gettext("This draft was deleted by another program. What you see here is kept in this window only.");
    return html`<div class="composer-sheet is-warning" role="alertdialog" aria-label=${gettext("The draft is gone")} tabindex="-1">
      ${icon("triangle-alert", "composer-sheet-icon")}<div class="composer-sheet-body">${text}</div>
      <div class="composer-sheet-foot"><button type="button" class="btn btn-sm" @click=${run.close}>${gettext("Close without it")}</button>
      <button type="button" class="btn btn-sm btn-primary" data-first @click=${run.again}>${conflict.kind === "over" ? gettext("Keep it as a new draft") : gettext("Save it again")}</button></div></div>`;
  }
  const names = FIELD_NAMES();
  const fields = differing(mine, conflict.theirs).map((field) => names[field] ?? field);
  const version = (title: string, letter: Letter, label: string, choose: () => void, isFirst: boolean): TemplateResult => html`
    <section class="composer-version" aria-label=${title}>
      <h3>${title}</h3>
      <p class="muted">${letter.to.map(asTyped).join(", ") || gettext("No recipient yet")}</p>
      <p><strong dir="auto">${letter.subject || gettext("(no subject)")}</strong></p>
      <div class="composer-version-text" dir="auto" tabindex="0" role="group" aria-label=${gettext("Text")}>${words(letter)}</div>
      ${letter.files.length ? html`<p class="muted">${icon("paperclip")} ${letter.files.map(({ name }) => name).join(", ")}</p>` : nothing}
      <button type="button" class="btn ${isFirst ? "btn-primary" : ""}" ?data-first=${isFirst} @click=${choose}>${label}</button>
    </section>`;
  return html`<div class="composer-conflict" role="alertdialog" aria-label=${gettext("Two versions of this draft")} tabindex="-1">
    <p class="composer-conflict-head">${icon("git-compare-arrows")}<span><strong>${gettext("This draft was changed elsewhere meanwhile.")}</strong>
      ${gettext("Nothing was overwritten. Choose the version to go on with.")}
      ${fields.length ? html`<span class="muted">${interpolate(gettext("They differ in: %(fields)s"), { fields: fields.join(", ") })}</span>` : nothing}</span></p>
    <div class="composer-versions">
      ${version(gettext("Your version, in this window"), mine, gettext("Keep mine"), run.mine, true)}
      ${version(gettext("The other version"), conflict.theirs, gettext("Take the other"), run.theirs, false)}
    </div>
  </div>`;
}

const PRESET_NAMES = () => ({
  evening: gettext("This evening"),
  tomorrow: gettext("Tomorrow morning"),
  monday: gettext("Monday morning"),
});

export function laterDialog(choose: (at: Date) => void): TemplateResult {
  const now = new Date();
  const when = new Intl.DateTimeFormat(language, { weekday: "short", hour: "2-digit", minute: "2-digit" });
  const names = PRESET_NAMES();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const chosen = new Date(String(new FormData(form).get("at")));
    if (Number.isNaN(chosen.getTime())) return;
    form.closest("dialog")?.close();
    choose(chosen);
  };
  return html`<dialog class="composer-later" aria-labelledby="later-title"><form @submit=${submit}>
    <div class="dialog-head"><h2 id="later-title">${gettext("Send later")}</h2>
      <button type="button" class="btn btn-ghost btn-icon" data-closes aria-label=${gettext("Close")}>${icon("x")}</button></div>
    <div class="dialog-body">
      <div class="composer-presets">${presets(now).map(({ key, at }) => html`<button type="button" class="composer-preset"
        @click=${(event: Event) => {
          (event.currentTarget as HTMLElement).closest("dialog")?.close();
          choose(at);
        }}><span>${names[key]}</span><span class="muted">${when.format(at)}</span></button>`)}</div>
      <div class="field"><label for="later-at">${gettext("Or at a time of your choice")}</label>
        <input class="input" type="datetime-local" id="later-at" name="at" required min=${asLocal(new Date(now.getTime() + 120_000))}
          max=${asLocal(new Date(now.getTime() + 365 * 86_400_000))} .value=${asLocal(new Date(now.getTime() + 3_600_000))}>
        <span class="field-help">${interpolate(gettext("In your time, %(zone)s. The server sends it; this page need not be open."), { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</span></div>
    </div>
    <div class="dialog-foot"><button type="button" class="btn" data-closes>${gettext("Cancel")}</button><button class="btn btn-primary">${gettext("Schedule")}</button></div>
  </form></dialog>`;
}

export function linkDialog(submit: (address: string, text: string) => boolean, remove: () => void): TemplateResult {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const isGood = submit(String(data.get("address")), String(data.get("text")));
    const problem = form.querySelector<HTMLElement>(".field-error");
    if (problem) problem.hidden = isGood;
    if (isGood) form.closest("dialog")?.close();
  };
  return html`<dialog class="composer-link" aria-labelledby="link-title"><form @submit=${onSubmit} novalidate>
    <div class="dialog-head"><h2 id="link-title">${gettext("Link")}</h2>
      <button type="button" class="btn btn-ghost btn-icon" data-closes aria-label=${gettext("Close")}>${icon("x")}</button></div>
    <div class="dialog-body">
      <div class="field" data-text><label for="link-text">${gettext("Text")}</label><input class="input" id="link-text" name="text" autocomplete="off"></div>
      <div class="field"><label for="link-address">${gettext("Address")}</label><input class="input" id="link-address" name="address" inputmode="url"
        autocomplete="off" placeholder="https://" aria-describedby="link-problem">
        <span class="field-error" id="link-problem" role="alert" hidden>${icon("circle-x")}${gettext("This is no web or mail address.")}</span></div>
    </div>
    <div class="dialog-foot"><button type="button" class="btn btn-ghost" data-remove @click=${(event: Event) => {
      (event.currentTarget as HTMLElement).closest("dialog")?.close();
      remove();
    }}>${gettext("Remove link")}</button><button type="button" class="btn" data-closes>${gettext("Cancel")}</button>
      <button class="btn btn-primary">${gettext("Set link")}</button></div>
  </form></dialog>`;
}

export function filesStrip(files: readonly Upload[], drop: (file: Upload) => void): TemplateResult | typeof nothing {
  const shown = files.filter(({ cid, state }) => !cid || state !== "done");
  if (!shown.length) return nothing;
  return html`<ul class="composer-files" aria-label=${ngettext("Attachment", "Attachments", shown.length)}>
    ${shown.map((file) => html`<li class="composer-file ${file.state === "failed" ? "is-failed" : ""}">
      ${icon(file.state === "failed" ? /* icon */ "triangle-alert" : file.type.startsWith("image/") ? /* icon */ "image" : /* icon */ "paperclip")}
      <span class="composer-file-name"><bdi>${file.name}</bdi></span>
      <span class="muted">${file.state === "failed" ? file.problem : inBytes(file.size, language)}</span>
      ${file.state === "waiting" ? html`<progress max="1" .value=${file.progress} aria-label=${interpolate(gettext("Uploading %(name)s"), { name: file.name })}></progress>
        <span class="composer-percent">${Math.round(file.progress * 100)} %</span>` : nothing}
      ${file.state === "failed" ? html`<button type="button" class="link" @click=${() => void file.start()}>${gettext("Try again")}</button>` : nothing}
      <button type="button" class="composer-file-drop" aria-label=${interpolate(file.state === "waiting" ? gettext("Cancel %(name)s") : gettext("Remove %(name)s"), { name: file.name })}
        @click=${() => drop(file)}>${icon("x")}</button>
    </li>`)}
  </ul>`;
}
