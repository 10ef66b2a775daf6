/** Secrets that are shown once: copied, printed, or saved as a file. */

import { gettext } from "./i18n";
import { notify } from "./notices";

/** `data-copies="id"`, `data-saves="id"` with `data-saves-as`, and `data-prints` on buttons. */
export function startKeeping(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button") : null;
    const { copies, saves, savesAs, prints } = button?.dataset ?? {};
    if (copies) void copy(textOf(copies));
    if (saves) save(textOf(saves), savesAs ?? "codes.txt");
    if (prints !== undefined) window.print();
  });
}

/** What is written there; every item of a list on a line of its own. */
function textOf(id: string): string {
  const found = document.getElementById(id);
  const items = [...(found?.querySelectorAll("li") ?? [])];
  if (!items.length) return found?.textContent?.trim() ?? "";
  return items.map((item) => item.textContent?.trim() ?? "").join("\n");
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(gettext("Copied."), { time: 3000 });
  } catch {
    // Browsers have no clipboard where the page came without TLS.
    notify(gettext("The browser did not allow copying. Select the text and copy it yourself."), { error: true });
  }
}

function save(text: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
