/** The toolbar: one stop of the Tab key, arrows walk through it, and each button says whether it is on. */

import { html, nothing, type TemplateResult } from "lit";

import { gettext } from "../../shared/i18n";
import { icon } from "../../shared/icons";
import { MOD_NAME, type Format } from "./editor";

export type Deed = Format | "image" | "clear";

const buttons = (): { deed: Deed; label: string; icon: TemplateResult; keys?: string; gap?: boolean }[] => [
  { deed: "bold", label: gettext("Bold"), icon: icon("bold"), keys: "B" },
  { deed: "italic", label: gettext("Italic"), icon: icon("italic"), keys: "I" },
  { deed: "underline", label: gettext("Underline"), icon: icon("underline"), keys: "U", gap: true },
  { deed: "bullets", label: gettext("Bulleted list"), icon: icon("list"), keys: "Shift+8" },
  { deed: "numbers", label: gettext("Numbered list"), icon: icon("list-ordered"), keys: "Shift+9" },
  { deed: "quote", label: gettext("Quote"), icon: icon("quote"), keys: "]", gap: true },
  { deed: "link", label: gettext("Link"), icon: icon("link"), keys: "K" },
  { deed: "image", label: gettext("Picture"), icon: icon("image"), gap: true },
  { deed: "clear", label: gettext("Clear formatting"), icon: icon("remove-formatting") },
];

export function toolbar(on: ReadonlySet<Format>, run: (deed: Deed) => void): TemplateResult {
  return html`<div class="composer-toolbar" role="toolbar" aria-label=${gettext("Formatting")} @keydown=${walk} @focusin=${stay}>
    ${buttons().map(({ deed, label, icon: drawn, keys, gap }, at) => {
      const isToggle = deed !== "image" && deed !== "clear";
      const name = keys ? `${label} (${MOD_NAME}${keys})` : label;
      return html`<button type="button" class="composer-tool ${gap ? "has-gap" : ""}" tabindex=${at ? -1 : 0} title=${name}
        aria-label=${name} aria-pressed=${isToggle ? String(on.has(deed as Format)) : nothing}
        data-deed=${deed} @mousedown=${keepSelection} @click=${() => run(deed)}>${drawn}</button>`;
    })}
  </div>`;
}

/** A press on a button must not take the caret out of the text. */
function keepSelection(event: Event): void {
  event.preventDefault();
}

function tools(event: Event): HTMLElement[] {
  return [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".composer-tool")];
}

function stay(event: FocusEvent): void {
  for (const each of tools(event)) each.tabIndex = each === event.target ? 0 : -1;
}

function walk(event: KeyboardEvent): void {
  const all = tools(event);
  const at = all.indexOf(event.target as HTMLElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[(to + all.length) % all.length]?.focus();
}
