/** What its author does with a letter: its text, files, people, and keys. */

import { gettext } from "../../shared/i18n";
import { asLink } from "./editor";
import { ComposerLeaving } from "./leaving";
import { type Doubt, newId } from "./letter";
import type { Person } from "./people";
import type { RecipientField } from "./recipient-field";
import { type Field, FIELDS } from "./state";
import { escaped, keepTaste, line, quotedText, textOf } from "./texts";
import type { Deed } from "./toolbar";
import { Upload } from "./uploads";

export abstract class ComposerWriting extends ComposerLeaving {
  /* Files. */

  protected addFiles(files: Iterable<File>): Upload[] {
    const added = [...files].map((file) => new Upload(file.name || gettext("file"), file.type, file.size, "", () => this.changed(), file));
    this.files = [...this.files, ...added];
    for (const upload of added) void upload.start();
    return added;
  }

  /** Pictures within the text; in plain text they are files. */
  protected addPictures(files: Iterable<File>): void {
    if (this.isPlain) {
      this.addFiles(files);
      return;
    }
    for (const file of files) {
      if (!/^image\/(?:png|jpeg|gif|webp)$/.test(file.type)) {
        this.addFiles([file]);
        continue;
      }
      const cid = `${newId()}@picture`;
      const upload = new Upload(file.name || gettext("Picture"), file.type, file.size, cid, () => this.changed(), file);
      this.files = [...this.files, upload];
      void upload.start().then(() => {
        if (upload.kept) this.editor?.picture(`/mail/uploads/${upload.kept.id}`, upload.name);
      });
    }
  }

  protected drop(file: Upload): void {
    file.cancel();
    this.files = this.files.filter((each) => each !== file);
    this.changed();
  }

  protected readonly onPick = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    if (input.name === "pictures") this.addPictures(input.files ?? []);
    else this.addFiles(input.files ?? []);
    input.value = "";
  };

  protected readonly onDrag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    this.isOver = event.type === "dragover" || event.type === "dragenter";
    if (event.type === "drop") this.addFiles(event.dataTransfer.files);
  };

  protected readonly onPaste = (event: ClipboardEvent): void => {
    const files = event.clipboardData?.files;
    // Pictures pasted into the text are Squire's.
    if (!files?.length || this.textBox.contains(event.target as Node)) return;
    event.preventDefault();
    this.addFiles(files);
  };

  /* Text. */

  protected run(deed: Deed): void {
    if (deed === "image") this.querySelector<HTMLInputElement>("[name=pictures]")?.click();
    else if (deed === "clear") this.editor?.clear();
    else if (deed === "link") this.openLink();
    else this.editor?.toggle(deed);
  }

  protected openLink(): void {
    const dialog = this.querySelector<HTMLDialogElement>(".composer-link");
    const editor = this.editor;
    if (!dialog || !editor) return;
    const [text, address] = ["#link-text", "#link-address"].map((each) => dialog.querySelector<HTMLInputElement>(each));
    const selected = editor.selectedText;
    if (text) text.value = selected;
    if (address) address.value = editor.linkHere || (asLink(selected) && /[.@]/.test(selected) ? asLink(selected) : "");
    dialog.querySelector<HTMLElement>("[data-text]")?.toggleAttribute("hidden", selected !== "" || editor.linkHere !== "");
    dialog.querySelector<HTMLElement>("[data-remove]")?.toggleAttribute("hidden", editor.linkHere === "");
    dialog.showModal();
    address?.focus();
  }

  protected setLink(typed: string, text: string): boolean {
    const href = asLink(typed);
    const editor = this.editor;
    if (!href || !editor) return false;
    const selected = editor.selectedText;
    editor.focus();
    if (!selected && text && !editor.linkHere) {
      const link = document.createElement("a");
      link.href = href;
      link.textContent = text;
      editor.insert(link);
    } else editor.link(href);
    this.changed();
    return true;
  }

  /** A press below a letter that is nothing but a signature begins the letter. */
  protected readonly onBlank = (event: MouseEvent): void => {
    const first = this.textBox.firstElementChild;
    if (event.target !== this.textBox || !this.editor || first?.textContent?.trim() || !this.textBox.querySelector(".mail-signature")) return;
    event.preventDefault();
    this.editor.focus();
    this.editor.toStart();
  };

  protected unfold(): void {
    if (!this.quote || !this.editor) return;
    this.quote.prepend(line());
    this.editor.append(this.quote);
    this.quote = null;
    this.hasQuote = false;
    this.changed();
    this.editor.focus();
  }

  protected dropQuote(): void {
    this.quote = null;
    this.hasQuote = false;
    this.changed();
    this.editor?.focus();
  }

  protected switchKind(): void {
    if (this.isPlain) {
      // Nothing was lost if nothing was written meanwhile.
      if (this.plainBox.value !== this.plainBefore) {
        const fragment = document.createDocumentFragment();
        for (const words of this.plainBox.value.split("\n")) fragment.append(line(words));
        this.editor?.load(fragment);
        this.quote = null;
        this.hasQuote = false;
      }
      this.isPlain = false;
    } else {
      const quoted = this.quote ? `\n${quotedText(this.quote)}` : "";
      this.plainBox.value = `${textOf(this.textBox)}${quoted}`;
      this.plainBefore = this.plainBox.value;
      this.isPlain = true;
    }
    keepTaste(this.isPlain);
    this.changed();
    void this.updateComplete.then(() => (this.isPlain ? this.plainBox.focus() : this.editor?.focus()));
  }

  protected plainBefore: string | null = null;

  protected chooseAuthor(event: Event): void {
    this.author = (event.target as HTMLSelectElement).value;
    const identity = this.identities.find(({ address }) => address === this.author);
    this.editor?.sign(identity?.html || escaped(identity?.text ?? ""));
    const next = identity?.text ?? "";
    const before = `-- \n${this.signatureText}`;
    if (this.signatureText && this.plainBox.value.includes(before)) {
      this.plainBox.value = this.plainBox.value.replace(before, () => (next ? `-- \n${next}` : ""));
    }
    this.signatureText = next;
    this.changed();
  }

  protected setPeople(field: Field, people: Person[]): void {
    this.people = { ...this.people, [field]: people };
    this.changed();
  }

  protected setPending(field: Field, text: string): void {
    this.pending = { ...this.pending, [field]: text };
    this.changed();
  }

  protected showField(field: Field): void {
    this.shown = new Set([...this.shown, field]);
    void this.updateComplete.then(() => this.querySelector<RecipientField>(`recipient-field[name=${field}]`)?.focus());
  }

  protected fix(doubt: Doubt): void {
    const wrong = new Set(doubt.about);
    for (const field of FIELDS) {
      this.people[field] = this.people[field].map((person) => (wrong.has(person.address) ? { ...person, address: doubt.instead } : person));
    }
    this.people = { ...this.people };
    this.doubts = this.doubts.filter((each) => each !== doubt);
    this.changed();
  }

  protected readonly onKey = (event: KeyboardEvent): void => {
    // Keys of the page are not for who writes.
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      void this.send();
    } else if (event.key === "Escape" && !event.defaultPrevented && !(event.target as Element).closest("dialog") && !this.inTab) {
      event.preventDefault();
      event.stopPropagation();
      if (this.doubts.length) this.doubts = [];
      else void this.close();
    } else if (event.key !== "F6") event.stopPropagation();
  };

  protected focusFirst(): void {
    if (!this.people.to.length) this.querySelector<RecipientField>("recipient-field")?.focus();
    else if (!this.subject) this.querySelector<HTMLElement>(".composer-subject input")?.focus();
    else if (this.isPlain) {
      this.plainBox.focus();
      this.plainBox.setSelectionRange(0, 0);
    } else {
      this.editor?.focus();
      this.editor?.toStart();
    }
  }
}
