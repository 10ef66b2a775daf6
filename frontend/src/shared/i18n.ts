/** The words of the islands, in the reader's language. The catalogue is a module loaded before this one. */

type Catalogue = Record<string, string | string[]>;

declare global {
  // eslint-disable-next-line no-var
  var mailCatalogue: { messages: Catalogue; plural: (n: number) => number } | undefined;
}

const catalogue = globalThis.mailCatalogue;

/** The translation of a text, or the text itself. */
export function gettext(text: string): string {
  const found = catalogue?.messages[text];
  return typeof found === "string" ? found : (found?.[0] ?? text);
}

/** The translation that fits a number. */
export function ngettext(one: string, many: string, n: number): string {
  const found = catalogue?.messages[one];
  if (catalogue && Array.isArray(found)) return found[catalogue.plural(n)] ?? many;
  return n === 1 ? one : many;
}

/** Put named values into a text: `interpolate("%(n)s new", {n: 3})`. */
export function interpolate(text: string, values: Record<string, string | number>): string {
  return text.replace(/%\((\w+)\)s/g, (_, name: string) => String(values[name] ?? ""));
}

/** The language of the page, for dates and numbers. */
export const language = globalThis.document?.documentElement.lang || "en";
