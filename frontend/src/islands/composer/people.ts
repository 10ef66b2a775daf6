/** People as they are typed: names and addresses in any of the ways that programs copy them. */

export interface Person {
  address: string;
  name: string;
}

const ADDRESS = /^[^\s@<>()[\],;:"\\]+@[^\s@<>(),;:"\\]+$/;

/** Whether the server may take this for an address; it has the last word. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text) && !/\.\.|^\.|\.@|@\.|\.$/.test(text);
}

/** Read what was typed or pasted: `Ana Roth <ana@x.example>, b@x.example; "Roth, Ana" <a@x.example>`. */
export function parsePeople(text: string): Person[] {
  return pieces(text).flatMap((piece) => {
    const words = piece.split(/\s+/);
    // A column of a table, or addresses with nothing but blanks between them.
    if (words.length > 1 && words.every(isAddress)) return words.map((address) => ({ address, name: "" }));
    return [parsePerson(piece)];
  });
}

function parsePerson(piece: string): Person {
  const found = /^(.*?)\s*<\s*(?:mailto:)?([^<>]*?)\s*>$/s.exec(piece);
  if (!found) return { address: piece.replace(/^mailto:/i, ""), name: "" };
  const name = (found[1] ?? "").replace(/^"(.*)"$/s, "$1").replace(/\\(.)/g, "$1").replace(/\s+/g, " ");
  const address = found[2] ?? "";
  return { address, name: name === address ? "" : name };
}

function pieces(text: string): string[] {
  const found: string[] = [];
  let piece = "";
  let quoted = false;
  let angle = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] ?? "";
    if (letter === "\\" && quoted) {
      piece += letter + (text[++i] ?? "");
      continue;
    }
    // A quote that nobody closes is a letter like any other.
    if (letter === '"' && (quoted || text.includes('"', i + 1))) quoted = !quoted;
    if (!quoted) {
      if (letter === "<") angle = true;
      if (letter === ">") angle = false;
      if (letter === "\n" || letter === "\r" || letter === "\t" || (!angle && (letter === "," || letter === ";"))) {
        found.push(piece);
        piece = "";
        angle = false;
        continue;
      }
    }
    piece += letter;
  }
  return [...found, piece].map((each) => each.trim()).filter(Boolean);
}

/** Add people, each address once, the first as it was. */
export function withPeople(before: readonly Person[], more: readonly Person[]): Person[] {
  const seen = new Set<string>();
  return [...before, ...more].filter(({ address }) => {
    const key = address.toLowerCase();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** A person as it would be typed. */
export function asTyped({ address, name }: Person): string {
  if (!name) return address;
  return /[",;<>@()\\]/.test(name) ? `"${name.replace(/["\\]/g, "\\$&")}" <${address}>` : `${name} <${address}>`;
}

/** What a chip says: a name never without where it leads. */
export function onChip({ address, name }: Person): string {
  return name ? `${name} · ${address.slice(address.lastIndexOf("@") + 1)}` : address;
}

/** A few names for a notice: "Ana Roth, team@x.example +3". */
export function fewNames(people: readonly Person[], most = 2): string {
  const shown = people.slice(0, most).map(({ name, address }) => name || address);
  const more = people.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` +${more}` : "");
}
