/** The webmail's start: the common parts and the islands of the first screen. */

import "./islands/mail-list";
import "./islands/mail-thread";
import type { MailList } from "./islands/mail-list";
import { startFrames } from "./shared/frames";
import { startPage } from "./shared/page";
import { showLeft, startAlone } from "./shell/alone";
import { startComposing } from "./shell/composing";
import { keepCounts } from "./shell/counts";
import { startKeys } from "./shell/keyboard";
import { Live } from "./shell/live";
import { Reading } from "./shell/reading";
import { startRecent } from "./shell/recent";
import { startTastes } from "./shell/taste";
import { startWhole } from "./shell/whole";
import { labelColour } from "./list/words";

startPage();
startFrames();
startTastes();

const shell = document.querySelector<HTMLElement>(".webmail");
const pane = document.getElementById("reading");
startComposing(shell);
if (shell) {
  const base = shell.dataset["base"] ?? "";
  const mailbox = Number(shell.dataset["mailbox"]);
  keepCounts(base, mailbox);
  startRecent(base);
  startWhole(base);
  const socket = new URL(shell.dataset["socket"] ?? "", location.href);
  socket.protocol = socket.protocol.replace("http", "ws");
  new Live(socket.href, mailbox);
  for (const dot of shell.querySelectorAll<HTMLElement>("[data-label]")) {
    dot.classList.add(`label-${labelColour(dot.dataset["label"] ?? "")}`);
  }
  startAlone(base);
  showLeft(base);
  const reading = pane ? new Reading(shell, pane) : null;
  startKeys(shell, () => document.querySelector<MailList>("mail-list"), reading);
}
