/** Sign-in, settings and other plain pages; what few of them need is loaded where they do. */

import { startAsking } from "./shared/asking";
import { startPage } from "./shared/page";

startPage();
startAsking();
if (document.querySelector("[data-copies], [data-saves], [data-prints]")) {
  void import("./shared/keeping").then(({ startKeeping }) => startKeeping());
}
if (document.querySelector("[data-passkey]")) {
  void import("./shared/passkey").then(({ startPasskeys }) => startPasskeys());
}
