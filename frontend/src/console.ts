/** The console: server-rendered pages with fragments; no island of its own yet. */

import { startPage } from "./shared/page";

startPage();
