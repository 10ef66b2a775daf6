/** What an answer quotes: taken from the end of a letter, to be folded away while one writes. */

/** Split a letter in what is one's own and the quote that ends it, with the line that introduces it. */
export function splitQuote(root: DocumentFragment): { own: DocumentFragment; quote: DocumentFragment | null } {
  const pieces = [...root.childNodes].filter((node) => node.nodeType === Node.ELEMENT_NODE || node.textContent?.trim());
  let last = pieces.length - 1;
  while (last >= 0 && isEmpty(pieces[last])) last--;
  const end = pieces[last];
  if (!(end instanceof HTMLElement)) return { own: root, quote: null };
  // What came as plain text is one box with lines and the quote in it.
  if (end.tagName === "DIV" && end.lastElementChild?.tagName === "BLOCKQUOTE" && !textAfter(end.lastElementChild)) {
    end.replaceWith(...end.childNodes);
    return splitQuote(root);
  }
  if (end.tagName !== "BLOCKQUOTE") return { own: root, quote: null };
  const quote = document.createDocumentFragment();
  const before = previous(end);
  quote.append(...(before ? [before] : []), end);
  return { own: root, quote };
}

function previous(quote: HTMLElement): ChildNode | null {
  let before = quote.previousSibling;
  while (before && isEmpty(before)) before = before.previousSibling;
  return before && /[:\uff1a]\s*$/.test(before.textContent ?? "") && (before.textContent ?? "").length < 400 ? before : null;
}

function textAfter(element: Element): string {
  let text = "";
  for (let next = element.nextSibling; next; next = next.nextSibling) text += next.textContent ?? "";
  return text.trim();
}

function isEmpty(node: Node | undefined): boolean {
  if (!node) return true;
  return !node.textContent?.trim() && !(node instanceof Element && node.matches("img, hr, table, :has(img)"));
}
