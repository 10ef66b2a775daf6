/** To, Cc, Bcc: chips, with suggestions while one types (a combobox), and many addresses at once by paste. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { gettext, interpolate } from "../../shared/i18n";
import { icon } from "../../shared/icons";
import { asTyped, isAddress, onChip, parsePeople, withPeople, type Person } from "./people";
import { suggest } from "./server";

const WAIT_MS = 120;

@customElement("recipient-field")
export class RecipientField extends LitElement {
  @property() label = "";
  @property() name = "to";
  @property({ attribute: false }) people: Person[] = [];
  /** Addresses the server would not take. */
  @property({ attribute: false }) refused: readonly string[] = [];

  @state() private typed = "";
  @state() private found: Person[] = [];
  @state() private at = -1;
  @state() private said = "";

  private asking: AbortController | null = null;
  private timer = 0;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.asking?.abort();
    window.clearTimeout(this.timer);
  }

  /** Take what was typed but not made a chip yet. */
  commit(): void {
    if (this.typed.trim()) this.add(parsePeople(this.typed));
    this.type("");
  }

  override focus(): void {
    this.input?.focus();
  }

  private get input(): HTMLInputElement | null {
    return this.querySelector("input");
  }

  protected override render(): TemplateResult {
    const isOpen = this.found.length > 0;
    const list = `${this.name}-suggestions`;
    return html`<label class="composer-label" for="field-${this.name}">${this.label}</label>
      <div class="people" @mousedown=${this.toInput}>
        ${this.people.map((person, index) => this.chip(person, index))}
        <input id="field-${this.name}" class="people-input" .value=${this.typed} autocomplete="off" autocapitalize="off" spellcheck="false"
          inputmode="email" enterkeyhint="next" role="combobox" aria-autocomplete="list" aria-expanded=${String(isOpen)} aria-controls=${list}
          aria-activedescendant=${this.at >= 0 ? `${list}-${this.at}` : nothing} @input=${this.onInput} @keydown=${this.onKey}
          @paste=${this.onPaste} @blur=${this.onBlur}>
      </div>
      <ul class="people-found" id=${list} role="listbox" aria-label=${gettext("Suggestions")} ?hidden=${!isOpen}>
        ${this.found.map((person, index) => html`<li id="${list}-${index}" role="option" aria-selected=${String(index === this.at)}
            class=${index === this.at ? "is-active" : ""} @mousedown=${(event: Event) => this.pick(event, person)}>
            <span>${person.name || person.address}</span>${person.name ? html`<span class="muted">${person.address}</span>` : nothing}</li>`)}
      </ul>
      <span class="sr-only" role="status">${this.said}</span>`;
  }

  private chip(person: Person, index: number): TemplateResult {
    const isBad = !isAddress(person.address) || this.refused.includes(person.address);
    const what = isBad ? interpolate(gettext("%(who)s, this is no address we can send to"), { who: asTyped(person) }) : asTyped(person);
    // Who speaks to the computer says what they see, so the name begins with that.
    const who = what.startsWith(onChip(person)) ? what : `${onChip(person)}, ${what}`;
    return html`<span class="person ${isBad ? "is-bad" : ""}">
      <button type="button" class="person-name" tabindex="-1" data-index=${index} title=${asTyped(person)}
        aria-label=${interpolate(gettext("%(who)s. Enter edits, Delete removes."), { who })}
        @keydown=${(event: KeyboardEvent) => this.onChipKey(event, index)} @dblclick=${() => this.edit(index)}
        @click=${() => isBad && this.edit(index)}>${isBad ? icon("triangle-alert") : nothing}<bdi>${onChip(person)}</bdi></button>
      <button type="button" class="person-remove" tabindex="-1" aria-label=${interpolate(gettext("Remove %(who)s"), { who: person.address })}
        @click=${() => this.drop(index)}>${icon("x")}</button>
    </span>`;
  }

  private toInput(event: MouseEvent): void {
    if (event.target !== event.currentTarget) return;
    event.preventDefault();
    this.focus();
  }

  private onInput(event: InputEvent): void {
    const text = (event.target as HTMLInputElement).value;
    // A comma ends an address, and so does a blank after a whole one.
    if (/[,;]\s*$/.test(text) || (/\s$/.test(text) && isAddress(text.trim()))) {
      if (!/^\s*"[^"]*$/.test(text)) {
        this.add(parsePeople(text));
        this.type("");
        return;
      }
    }
    this.type(text);
  }

  private type(text: string): void {
    this.typed = text;
    const input = this.input;
    if (input && input.value !== text) input.value = text;
    this.at = -1;
    this.asking?.abort();
    window.clearTimeout(this.timer);
    if (text.trim().length < 1) this.found = [];
    else this.timer = window.setTimeout(() => void this.ask(text), WAIT_MS);
    this.dispatchEvent(new CustomEvent("typed", { detail: text }));
  }

  private async ask(text: string): Promise<void> {
    const asking = (this.asking = new AbortController());
    try {
      const found = await suggest(text, asking.signal);
      if (asking.signal.aborted || this.typed !== text) return;
      const there = new Set(this.people.map(({ address }) => address.toLowerCase()));
      this.found = found.filter(({ address }) => !there.has(address.toLowerCase()));
      this.at = this.found.length && !isAddress(text.trim()) ? 0 : -1;
    } catch {
      // Whoever is offline types on without suggestions.
    }
  }

  private onKey(event: KeyboardEvent): void {
    const isOpen = this.found.length > 0;
    const input = event.target as HTMLInputElement;
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        if (!isOpen) return;
        this.at = (this.at + (event.key === "ArrowDown" ? 1 : this.at < 0 ? 0 : -1) + this.found.length) % this.found.length;
        break;
      case "Enter":
      case "Tab": {
        const person = this.found[this.at];
        if (person) {
          this.add([person]);
          this.type("");
        } else if (this.typed.trim()) this.commit();
        else if (event.key === "Tab") return;
        // Tab takes what is typed and goes on, as everywhere.
        if (event.key === "Tab") return;
        break;
      }
      case "Escape":
        if (!isOpen) return;
        this.found = [];
        break;
      case "Backspace":
      case "ArrowLeft":
        if (input.selectionStart !== 0 || input.selectionEnd !== 0 || !this.people.length) return;
        this.chipButton(this.people.length - 1)?.focus();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private onChipKey(event: KeyboardEvent, index: number): void {
    switch (event.key) {
      case "Backspace":
      case "Delete":
        this.drop(index);
        break;
      case "Enter":
      case "F2":
        this.edit(index);
        break;
      case "ArrowLeft":
        this.chipButton(Math.max(0, index - 1))?.focus();
        break;
      case "ArrowRight":
        (this.chipButton(index + 1) ?? this.input)?.focus();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private chipButton(index: number): HTMLElement | null {
    return this.querySelector<HTMLElement>(`.person-name[data-index="${index}"]`);
  }

  private onPaste(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const people = parsePeople(text);
    if (people.length < 2 && !people.some(({ address }) => isAddress(address))) return;
    event.preventDefault();
    this.add(people);
    this.type("");
  }

  private onBlur(): void {
    this.found = [];
    this.commit();
  }

  private pick(event: Event, person: Person): void {
    event.preventDefault();
    this.add([person]);
    this.type("");
  }

  private add(people: Person[]): void {
    if (!people.length) return;
    const before = this.people.length;
    this.change(withPeople(this.people, people));
    const more = this.people.length - before;
    this.said = more === 1 ? interpolate(gettext("Added %(who)s"), { who: asTyped(people[0] as Person) }) : interpolate(gettext("Added %(n)s people"), { n: more });
  }

  private drop(index: number): void {
    const gone = this.people[index];
    if (!gone) return;
    this.said = interpolate(gettext("Removed %(who)s"), { who: asTyped(gone) });
    this.change(this.people.filter((_person, at) => at !== index));
    void this.updateComplete.then(() => (index ? (this.chipButton(index - 1) ?? this.input) : this.input)?.focus());
  }

  private edit(index: number): void {
    const person = this.people[index];
    if (!person) return;
    this.commit();
    this.change(this.people.filter((_person, at) => at !== index));
    void this.updateComplete.then(() => {
      this.type(asTyped(person));
      this.input?.focus();
    });
  }

  private change(people: Person[]): void {
    this.people = people;
    this.dispatchEvent(new CustomEvent("people", { detail: people }));
  }
}
