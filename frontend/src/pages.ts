/** Sign-in, settings and other plain pages. */

import { startPage } from "./shared/page";

startPage();
