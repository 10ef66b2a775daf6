/** Sign-in, settings and other plain pages. */

import { startAsking } from "./shared/asking";
import { startKeeping } from "./shared/keeping";
import { startPage } from "./shared/page";

startPage();
startAsking();
startKeeping();
if (document.querySelector("[data-passkey]")) {
  void import("./shared/passkey").then(({ startPasskeys }) => startPasskeys());
}
