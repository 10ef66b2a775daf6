/** The numbers beside the folders, kept true. */

import { hear } from "../list/events";
import { request } from "../shared/http";
import { interpolate, ngettext } from "../shared/i18n";

interface Counts {
  folders: { id: number; badge: number; unread: number; messages: number }[];
  percent: number;
}

export function keepCounts(base: string, mailbox: number): void {
  let waiting = 0;
  const soon = (): void => {
    waiting ||= window.setTimeout(() => {
      waiting = 0;
      request<Counts>(`${base}counts`).then(show, () => undefined);
    }, 250);
  };
  hear("mail:changed", (change) => {
    if (change.mailbox === mailbox) soon();
  });
  hear("mail:acted", soon);
}

function show({ folders, percent }: Counts): void {
  for (const { id, badge, unread, messages } of folders) {
    const item = document.querySelector<HTMLElement>(`.nav-item[data-folder="${id}"]`);
    const count = item?.querySelector<HTMLElement>(".nav-count");
    if (!item || !count) continue;
    item.classList.toggle("has-news", badge > 0);
    count.hidden = !badge;
    count.textContent = String(badge);
    if (item.getAttribute("aria-current")) headline(messages, unread);
  }
  const bar = document.querySelector<HTMLProgressElement>(".quota-bar");
  if (bar) bar.value = percent;
}

function headline(messages: number, unread: number): void {
  const line = document.getElementById("list-count");
  if (!line) return;
  const all = interpolate(ngettext("%(n)s message", "%(n)s messages", messages), { n: messages });
  const some = interpolate(ngettext("%(n)s unread", "%(n)s unread", unread), { n: unread });
  line.textContent = unread ? `${all} · ${some}` : all;
  document.title = document.title.replace(/^(.*?)(?: \(\d+\))? · /, unread ? `$1 (${unread}) · ` : "$1 · ");
}
