/** When a letter may leave: what people mean by later, in their own time. */

export interface Preset {
  key: "evening" | "tomorrow" | "monday";
  at: Date;
}

/** The usual times, from now on. */
export function presets(now: Date): Preset[] {
  const found: Preset[] = [];
  if (now.getHours() < 17) found.push({ key: "evening", at: atHour(now, 0, 18) });
  found.push({ key: "tomorrow", at: atHour(now, 1, 8) });
  const toMonday = (8 - now.getDay()) % 7 || 7;
  if (toMonday > 1) found.push({ key: "monday", at: atHour(now, toMonday, 8) });
  return found;
}

function atHour(now: Date, days: number, hour: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
}

/** A time as <input type="datetime-local"> has it. */
export function asLocal(when: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}T${two(when.getHours())}:${two(when.getMinutes())}`;
}
