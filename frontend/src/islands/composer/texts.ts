/** Between text and HTML, and which of the two its author likes to write. */

const PLAIN_KEY = "mail-writes-plain";

export function line(words = ""): HTMLElement {
  const box = document.createElement("div");
  box.append(words ? document.createTextNode(words) : document.createElement("br"));
  return box;
}

/** Take blank lines from the end of a beginning; the ones it needs are added anew. */
export function trimEnd(fragment: DocumentFragment): void {
  while (fragment.lastChild && !fragment.lastChild.textContent?.trim() && !(fragment.lastChild instanceof Element && fragment.lastChild.querySelector("img"))) {
    fragment.lastChild.remove();
  }
  if (!fragment.lastChild) fragment.append(line());
}

export function escaped(text: string): string {
  const box = document.createElement("div");
  text.split("\n").forEach((words, at) => box.append(...(at ? [document.createElement("br")] : []), words));
  return text ? box.innerHTML : "";
}

export function textOf(root: HTMLElement): string {
  return root.innerText.replace(/\u00a0/g, " ").replace(/\n{3,}/g, "\n\n").trimEnd();
}

export function quotedText(quote: DocumentFragment): string {
  const box = document.createElement("div");
  box.className = "composer-measure";
  box.append(quote.cloneNode(true));
  document.body.append(box);
  const said: string[] = [];
  for (const piece of box.childNodes) {
    const text = piece instanceof HTMLElement ? piece.innerText : (piece.textContent ?? "");
    const isQuote = piece instanceof HTMLElement && piece.tagName === "BLOCKQUOTE";
    said.push(isQuote ? text.trim().split("\n").map((words) => (words.startsWith(">") ? `>${words}` : `> ${words}`)).join("\n") : text.trim());
  }
  box.remove();
  return `\n${said.filter(Boolean).join("\n")}`;
}

export function readTaste(): boolean {
  try {
    return localStorage.getItem(PLAIN_KEY) === "1";
  } catch {
    return false;
  }
}

export function keepTaste(isPlain: boolean): void {
  try {
    localStorage.setItem(PLAIN_KEY, isPlain ? "1" : "0");
  } catch {
    // Then it is asked again next time.
  }
}
