/** Rows dragged to a folder; the Move button does the same for those who do not drag. */

import { interpolate, ngettext } from "../shared/i18n";

const KIND = "application/x-mail-rows";

/** Begin: what is under the pointer at the folders is said by this list alone. */
export function startDrag(event: DragEvent, count: number): void {
  const { dataTransfer } = event;
  if (!dataTransfer) return;
  dataTransfer.setData(KIND, String(count));
  dataTransfer.effectAllowed = "move";
  const sign = document.createElement("div");
  sign.className = "notice drag-sign";
  sign.textContent = interpolate(ngettext("Move %(n)s message", "Move %(n)s messages", count), { n: count });
  document.body.append(sign);
  dataTransfer.setDragImage(sign, -8, -8);
  window.setTimeout(() => sign.remove());
}

/** Let folders beside the list take rows; returns what ends that. */
export function takeDrops(current: number, drop: (folder: number) => void): () => void {
  const stop = new AbortController();
  const folderOf = (event: DragEvent): HTMLElement | null => {
    if (!event.dataTransfer?.types.includes(KIND) || !(event.target instanceof Element)) return null;
    const found = event.target.closest<HTMLElement>("#webmail-nav [data-folder]");
    return found?.dataset["folder"] === String(current) ? null : found;
  };
  const clear = (): void => document.querySelectorAll(".is-drop").forEach((each) => each.classList.remove("is-drop"));
  const listen = (name: "dragover" | "drop" | "dragend", run: (event: DragEvent) => void): void =>
    document.addEventListener(name, run, { signal: stop.signal });
  listen("dragover", (event) => {
    const folder = folderOf(event);
    clear();
    if (!folder) return;
    event.preventDefault();
    folder.classList.add("is-drop");
  });
  listen("drop", (event) => {
    const folder = folderOf(event);
    clear();
    if (!folder) return;
    event.preventDefault();
    drop(Number(folder.dataset["folder"]));
  });
  listen("dragend", clear);
  return () => stop.abort();
}
