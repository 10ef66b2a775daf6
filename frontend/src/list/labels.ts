/** Which label: of those the mailbox knows, or a new one. */

import { gettext } from "../shared/i18n";
import { choose } from "./picker";

/** The labels beside the folders. */
export function knownLabels(): string[] {
  return [...document.querySelectorAll<HTMLElement>("#webmail-nav [data-label]")].map((each) => each.dataset["label"] ?? "");
}

/** Ask for a label; those that are given have a check mark. */
export function askLabel(given: readonly string[], near: Element | null, known = knownLabels()): Promise<string | null> {
  const names = [...new Set([...known, ...given])];
  return choose({
    title: gettext("Label"),
    near,
    mayMake: true,
    choices: names.map((name) => ({ value: name, label: name, icon: /* icon */ "tag", isOn: given.includes(name) })),
  });
}
