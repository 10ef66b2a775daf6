/** How a reader likes lists, kept in a cookie that the server reads, too: `density:compact~group:0`. */

const COOKIE = "list";
const YEAR = 365 * 86400;

export function parseTaste(cookies: string): Map<string, string> {
  const kept = cookies.split("; ").find((each) => each.startsWith(`${COOKIE}=`));
  const pairs = (kept?.slice(COOKIE.length + 1) ?? "").split("~").map((pair) => pair.split(":"));
  return new Map(pairs.filter((pair) => pair.length === 2 && pair[0]) as [string, string][]);
}

export function keepTaste(name: string, value: string): void {
  const kept = parseTaste(document.cookie).set(name, value);
  const text = [...kept].map((pair) => pair.join(":")).join("~");
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${COOKIE}=${text}; path=/; max-age=${YEAR}; SameSite=Lax${secure}`;
}

/** Buttons with `data-taste="name=value"` keep it and load the page as it then is. */
export function startTastes(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-taste]") : null;
    const [name, value] = button?.dataset["taste"]?.split("=") ?? [];
    if (!name || value === undefined) return;
    keepTaste(name, value);
    location.reload();
  });
}
