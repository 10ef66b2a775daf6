/** The console: server-rendered pages with fragments; what asks for something opens in a dialog over the page. */

import { startAsking } from "./shared/asking";
import { startPage } from "./shared/page";

startPage();
startAsking();
