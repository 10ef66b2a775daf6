/** The editor: Squire in the page, with our own cleaning, and what the toolbar needs to know. */

import Squire from "squire-rte";

import { asHtml, cleanFragment, plainLooks } from "./cleaning";

export type Format = "bold" | "italic" | "underline" | "bullets" | "numbers" | "quote" | "link";

export interface EditorHooks {
  changed: () => void;
  /** The caret moved: these formats are on. */
  moved: (on: ReadonlySet<Format>) => void;
  /** Pictures were pasted. */
  pictures: (files: File[]) => void;
  link: () => void;
}

const SIGNATURE = "mail-signature";
const MAC = /Mac|iP(?:hone|ad)/.test(navigator.platform);
export const MOD = MAC ? "Meta-" : "Ctrl-";
/** How keys are named on this machine. */
export const MOD_NAME = MAC ? "⌘" : "Ctrl+";

export class Editor {
  private readonly squire: Squire;
  private quiet = true;

  constructor(
    readonly root: HTMLElement,
    hooks: EditorHooks,
  ) {
    this.squire = new Squire(root, {
      blockTag: "DIV",
      sanitizeToDOMFragment: (html: string) => cleanFragment(html),
      didError: (error: unknown) => console.error(error),
    });
    this.squire.setKeyHandler(`${MOD}k`, (_squire, event) => {
      event.preventDefault();
      hooks.link();
    });
    // Ctrl+D strikes through in Squire; browsers bookmark with it.
    this.squire.setKeyHandler(`${MOD}d`, null);
    this.squire.addEventListener("willPaste", ((event: CustomEvent<{ fragment?: DocumentFragment }>) => {
      if (event.detail.fragment) plainLooks(event.detail.fragment);
    }) as EventListener);
    this.squire.addEventListener("pasteImage", ((event: CustomEvent<{ clipboardData: DataTransfer }>) => {
      hooks.pictures([...event.detail.clipboardData.files]);
    }) as EventListener);
    this.squire.addEventListener("input", () => {
      if (!this.quiet) hooks.changed();
    });
    const moved = (): void => hooks.moved(this.formats());
    this.squire.addEventListener("pathChange", moved);
    this.squire.addEventListener("select", moved);
    this.squire.addEventListener("cursor", moved);
  }

  destroy(): void {
    this.squire.destroy();
  }

  /** Put a letter in; that is no change of its author's. */
  load(fragment: DocumentFragment): void {
    this.quiet = true;
    this.squire.setHTML(asHtml(fragment) || "<div><br></div>");
    // Squire tells of it by an observer, after this.
    window.setTimeout(() => (this.quiet = false), 0);
  }

  get html(): string {
    return this.squire.getHTML();
  }

  /** Whether there is nothing but blank lines. */
  get isEmpty(): boolean {
    return !this.root.textContent?.trim() && !this.root.querySelector("img, table, hr");
  }

  focus(): void {
    this.squire.focus();
  }

  toStart(): void {
    this.squire.moveCursorToStart();
  }

  append(fragment: DocumentFragment): void {
    this.squire.modifyDocument(() => this.root.append(fragment));
    this.squire.fireEvent("input");
  }

  formats(): Set<Format> {
    const on = new Set<Format>();
    const path = this.squire.getPath();
    if (this.squire.hasFormat("B")) on.add("bold");
    if (this.squire.hasFormat("I")) on.add("italic");
    if (this.squire.hasFormat("U")) on.add("underline");
    if (this.squire.hasFormat("A")) on.add("link");
    const list = path.lastIndexOf("OL") > path.lastIndexOf("UL") ? "numbers" : "bullets";
    if (/(?:^|>)[OU]L\b/.test(path)) on.add(list);
    if (/(?:^|>)BLOCKQUOTE\b/.test(path)) on.add("quote");
    return on;
  }

  toggle(format: Format): void {
    const isOn = this.formats().has(format);
    switch (format) {
      case "bold":
        isOn ? this.squire.removeBold() : this.squire.bold();
        break;
      case "italic":
        isOn ? this.squire.removeItalic() : this.squire.italic();
        break;
      case "underline":
        isOn ? this.squire.removeUnderline() : this.squire.underline();
        break;
      case "bullets":
        isOn ? this.squire.removeList() : this.squire.makeUnorderedList();
        break;
      case "numbers":
        isOn ? this.squire.removeList() : this.squire.makeOrderedList();
        break;
      case "quote":
        isOn ? this.squire.decreaseQuoteLevel() : this.squire.increaseQuoteLevel();
        break;
      case "link":
        break;
    }
    this.squire.focus();
  }

  clear(): void {
    this.squire.removeAllFormatting();
    this.squire.focus();
  }

  /** The address of the link at the caret, or ''. */
  get linkHere(): string {
    const range = this.squire.getSelection();
    const start = range.startContainer;
    const element = start instanceof Element ? start : start.parentElement;
    return element?.closest("a")?.getAttribute("href") ?? "";
  }

  get selectedText(): string {
    return this.squire.getSelectedText();
  }

  link(href: string): void {
    this.squire.focus();
    if (href) this.squire.makeLink(href);
    else this.squire.removeLink();
  }

  insert(element: HTMLElement): void {
    this.squire.insertElement(element);
  }

  picture(src: string, alt: string): void {
    this.squire.insertImage(src, { alt });
  }

  /** Put a signature where the former was, or below what is written. */
  sign(html: string): void {
    const before = this.root.querySelector(`.${SIGNATURE}`);
    const fragment = html ? signature(html) : document.createDocumentFragment();
    this.squire.modifyDocument(() => {
      if (before) before.replaceWith(fragment);
      else this.root.append(fragment);
    });
  }
}

/** A signature as it stands in a letter, below the line that mail programs know. */
export function signature(html: string): DocumentFragment {
  const box = document.createElement("div");
  box.className = SIGNATURE;
  const line = document.createElement("div");
  line.textContent = "-- ";
  box.append(line, cleanFragment(html));
  const fragment = document.createDocumentFragment();
  fragment.append(box);
  return fragment;
}

/** Make an address of what somebody typed for a link; '' for what may not be one. */
export function asLink(text: string): string {
  const typed = text.trim();
  if (!typed || /\s/.test(typed)) return "";
  if (/^(?:https?:\/\/|mailto:|tel:)/i.test(typed)) return typed;
  if (/^[a-z][a-z0-9+.-]*:/i.test(typed) && !/^[\w.-]+:\d/.test(typed)) return "";
  return /^[^@/]+@[^@/]+$/.test(typed) ? `mailto:${typed}` : `https://${typed}`;
}
