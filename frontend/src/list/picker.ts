/** Choosing a folder or label by a few letters: a popover with a field and what fits it. */

import { html, nothing, render } from "lit";

import { icon } from "../shared/icons";
import { gettext, interpolate } from "../shared/i18n";

/** Icons of folders, whose names come from the server. */
export const FOLDER_ICONS = [
  /* icon */ "inbox", /* icon */ "star", /* icon */ "file-pen", /* icon */ "send", /* icon */ "archive",
  /* icon */ "mails", /* icon */ "octagon-alert", /* icon */ "trash-2", /* icon */ "folder",
]; // prettier-ignore

export interface Choice {
  value: string;
  label: string;
  icon: string;
  isOn?: boolean;
}

export interface Asking {
  title: string;
  choices: Choice[];
  /** Whether what was typed may be chosen although it is not there. */
  mayMake?: boolean;
  near: Element | null;
}

/** The choices that fit what was typed: at the start of a word before inside it. */
export function fitting(choices: readonly Choice[], typed: string): Choice[] {
  const wanted = typed.trim().toLocaleLowerCase();
  if (!wanted) return [...choices];
  const rank = ({ label }: Choice): number => {
    const low = label.toLocaleLowerCase();
    if (low.startsWith(wanted)) return 0;
    if (low.split(/[\s/]+/).some((word) => word.startsWith(wanted))) return 1;
    return low.includes(wanted) ? 2 : 3;
  };
  return choices
    .map((choice) => ({ choice, rank: rank(choice) }))
    .filter((each) => each.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((each) => each.choice);
}

/** Ask; resolves with what was chosen, or null. The focus goes back to where it was. */
export function choose(asking: Asking): Promise<string | null> {
  const before = document.activeElement;
  const box = document.createElement("div");
  box.className = "picker";
  box.popover = "auto";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", asking.title);
  document.body.append(box);
  let typed = "";
  let at = 0;
  let answer: string | null = null;

  const shown = (): Choice[] => {
    const found = fitting(asking.choices, typed);
    const made = typed.trim().replace(/\s+/g, "-");
    const isNew = asking.mayMake && made && !asking.choices.some((each) => each.value.toLowerCase() === made.toLowerCase());
    if (!isNew) return found;
    return [...found, { value: made, label: interpolate(gettext("New label “%(name)s”"), { name: made }), icon: /* icon */ "plus" }];
  };
  const take = (choice: Choice | undefined): void => {
    if (!choice) return;
    answer = choice.value;
    box.hidePopover();
  };
  const press = (event: KeyboardEvent): void => {
    const choices = shown();
    if (event.key === "ArrowDown") at = Math.min(at + 1, choices.length - 1);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter") take(choices[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    draw();
  };
  const draw = (): void => {
    const choices = shown();
    render(
      html`<div class="picker-find"><label class="input">${icon("search", "muted")}<input type="text" role="combobox"
          aria-expanded="true" aria-controls="picker-items" aria-activedescendant="picker-${at}" autocomplete="off"
          aria-label=${asking.title} placeholder=${asking.title} .value=${typed}
          @input=${(event: InputEvent) => {
            typed = (event.target as HTMLInputElement).value;
            at = 0;
            draw();
          }} @keydown=${press}></label></div>
        <div class="picker-items" id="picker-items" role="listbox" aria-label=${asking.title}>${choices.map(
          (choice, n) => html`<button type="button" class="item" role="option" tabindex="-1" id="picker-${n}"
            aria-selected=${n === at} @click=${() => take(choice)}>${icon(choice.isOn ? "check" : choice.icon)}<span
            class="nav-name">${choice.label}</span></button>`,
        )}${choices.length ? nothing : html`<p class="picker-none">${gettext("Nothing is called so.")}</p>`}</div>`,
      box,
    );
    box.querySelector(`#picker-${at}`)?.scrollIntoView({ block: "nearest" });
  };
  draw();
  box.showPopover();
  place(box, asking.near);
  box.querySelector("input")?.focus();
  return new Promise((resolve) => {
    box.addEventListener("toggle", (event) => {
      if ((event as ToggleEvent).newState !== "closed") return;
      box.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      resolve(answer);
    });
  });
}

function place(box: HTMLElement, near: Element | null): void {
  const to = near?.getBoundingClientRect();
  const { innerWidth, innerHeight } = window;
  const left = to ? to.left : (innerWidth - box.offsetWidth) / 2;
  const top = to ? to.bottom + 4 : innerHeight / 5;
  box.style.left = `${Math.max(8, Math.min(left, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${Math.max(8, Math.min(top, innerHeight - box.offsetHeight - 8))}px`;
}
