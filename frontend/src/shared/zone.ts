/** The reader's time zone, said to the server in a cookie, so that pages tell times as clocks on the wall do. */

const COOKIE = "zone";
const YEAR = 365 * 86400;

export function sayZone(): void {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!timeZone || document.cookie.split("; ").includes(`${COOKIE}=${timeZone}`)) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${COOKIE}=${timeZone}; path=/; max-age=${YEAR}; SameSite=Lax${secure}`;
}
