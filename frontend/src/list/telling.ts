/** What those hear who do not see the list. */

import { gettext, interpolate } from "../shared/i18n";
import type { Row } from "./types";

const PAUSE_MS = 30_000;
let toldAt = 0;

/** Say that mail came, at most every 30 seconds. */
export function tellNew({ who, address }: Row): void {
  if (Date.now() - toldAt < PAUSE_MS) return;
  toldAt = Date.now();
  const region = document.getElementById("list-news");
  if (region) region.textContent = interpolate(gettext("New mail from %(who)s"), { who: who || address });
}
