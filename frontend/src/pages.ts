/** Sign-in, settings and other plain pages. */

import { startAsking } from "./shared/asking";
import { startKeeping } from "./shared/keeping";
import { startPage } from "./shared/page";

startPage();
startAsking();
startKeeping();
