/** Notices: what was just done, with its undo; polite for readers, assertive for failures. */

import { gettext } from "./i18n";

export interface NoticeOptions {
  /** The label and deed of the button, most often Undo; `byKey` lets the key for undo press it. */
  action?: { label: string; run: () => void; byKey?: boolean };
  error?: boolean;
  /** Milliseconds it stays; 0 until dismissed. */
  time?: number;
}

/** Show a notice; it pauses while pointed at or focused. Returns a function that takes it away. */
export function notify(text: string, options: NoticeOptions = {}): () => void {
  const region = document.getElementById(options.error ? "alerts" : "notices");
  if (!region) return () => undefined;
  const notice = document.createElement("div");
  notice.className = options.error ? "notice is-error" : "notice";
  const words = document.createElement("span");
  words.textContent = text;
  notice.append(words);
  let timer = 0;
  const remove = () => {
    window.clearTimeout(timer);
    notice.remove();
  };
  if (options.action) {
    const { label, run, byKey } = options.action;
    const act = button(label, () => {
      remove();
      run();
    });
    if (byKey) act.dataset["undo"] = "";
    notice.append(act);
  }
  const close = button("×", remove);
  close.setAttribute("aria-label", gettext("Dismiss"));
  notice.append(close);
  const time = options.time ?? (options.error ? 0 : 10_000);
  const start = () => {
    if (time) timer = window.setTimeout(remove, time);
  };
  for (const event of ["pointerenter", "focusin"]) notice.addEventListener(event, () => window.clearTimeout(timer));
  for (const event of ["pointerleave", "focusout"]) notice.addEventListener(event, start);
  region.append(notice);
  start();
  return remove;
}

function button(label: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}
