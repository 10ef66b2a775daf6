/** HTML from elsewhere, before it becomes part of the page: what a letter may hold, and nothing that acts. */

import DOMPurify from "dompurify";

const FORBIDDEN = [
  "style", "form", "input", "button", "textarea", "select", "option", "iframe", "object", "embed", "svg", "math",
  "audio", "video", "source", "link", "meta", "base", "template", "dialog", "slot",
]; // prettier-ignore
// A letter is no place for boxes that lie over the page.
const LAYOUT = ["position", "z-index", "inset", "top", "left", "right", "bottom", "transform", "animation", "pointer-events"];

const purify = DOMPurify(window);
purify.addHook("afterSanitizeAttributes", (node) => {
  if (node instanceof HTMLElement) for (const name of LAYOUT) node.style.removeProperty(name);
});

/** Return a fragment that may be put into the page. */
export function cleanFragment(html: string): DocumentFragment {
  const fragment = purify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    FORBID_TAGS: FORBIDDEN,
    FORBID_ATTR: ["id", "name", "srcset", "background", "contenteditable", "tabindex", "popover", "autofocus"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    CUSTOM_ELEMENT_HANDLING: {},
  });
  return document.importNode(fragment, true);
}

const KEPT_STYLES = ["text-align", "font-weight", "font-style", "text-decoration", "text-decoration-line", "direction"];

/** Take from a paste how another program looks; tables keep it, for they are nothing without. */
export function plainLooks(fragment: DocumentFragment): void {
  for (const element of fragment.querySelectorAll<HTMLElement>("*")) {
    if (element.closest("table")) continue;
    element.removeAttribute("class");
    if (!element.hasAttribute("style")) continue;
    const kept = KEPT_STYLES.map((name) => [name, element.style.getPropertyValue(name)] as const).filter(([, value]) => value);
    element.removeAttribute("style");
    for (const [name, value] of kept) element.style.setProperty(name, value);
  }
  for (const font of fragment.querySelectorAll("font")) font.replaceWith(...font.childNodes);
}

/** The HTML of a fragment. */
export function asHtml(fragment: DocumentFragment): string {
  const box = document.createElement("div");
  box.append(fragment.cloneNode(true));
  return box.innerHTML;
}
