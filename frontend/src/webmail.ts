/** The webmail's start: the common parts and the islands of the first screen. */

import "./islands/mail-thread";
import { startPage } from "./shared/page";

startPage();
