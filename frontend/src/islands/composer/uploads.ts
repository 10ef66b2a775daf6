/** Files on their way: each with its progress, to be cancelled or tried again. */

import { csrfToken } from "../../shared/http";
import { gettext } from "../../shared/i18n";
import type { KeptFile } from "./letter";
import { ROOT } from "./server";

export type UploadState = "waiting" | "done" | "failed";

export class Upload {
  state: UploadState = "waiting";
  /** 0 to 1. */
  progress = 0;
  problem = "";
  kept: KeptFile | null = null;
  done: Promise<void> = Promise.resolve();
  private asking: XMLHttpRequest | null = null;

  constructor(
    readonly name: string,
    readonly type: string,
    readonly size: number,
    readonly cid: string,
    private readonly changed: () => void,
    private readonly file: Blob | null,
  ) {}

  /** A file that is there already. */
  static of(file: KeptFile, changed: () => void): Upload {
    const made = new Upload(file.name, file.type, file.size, file.cid, changed, null);
    made.kept = file;
    made.state = "done";
    made.progress = 1;
    return made;
  }

  /** Send it, or send it once more. */
  start(): Promise<void> {
    this.state = "waiting";
    this.progress = 0;
    this.problem = "";
    this.changed();
    this.done = new Promise((resolve) => {
      const asking = (this.asking = new XMLHttpRequest());
      const finish = (problem: string): void => {
        this.asking = null;
        this.problem = problem;
        this.state = problem ? "failed" : "done";
        this.changed();
        resolve();
      };
      asking.upload.addEventListener("progress", ({ loaded, total }) => {
        this.progress = total ? loaded / total : 0;
        this.changed();
      });
      asking.addEventListener("load", () => {
        const answer = read(asking.responseText);
        if (asking.status === 201 && answer) {
          this.kept = { ...(answer as unknown as KeptFile), cid: this.cid };
          this.progress = 1;
          finish("");
        } else if (asking.status === 401) {
          finish(gettext("Your session is over. Sign in again, then try once more."));
        } else {
          finish(String(answer?.["detail"] ?? gettext("The server could not take the file.")));
        }
      });
      asking.addEventListener("error", () => finish(gettext("The connection was lost.")));
      asking.addEventListener("abort", () => finish(gettext("Cancelled.")));
      const query = new URLSearchParams({ name: this.name, type: this.type });
      asking.open("POST", `${ROOT}uploads?${query}`);
      asking.setRequestHeader("X-CSRFToken", csrfToken());
      asking.setRequestHeader("Accept", "application/json");
      // What it is says the query; the body is bytes, whatever a browser would make of the type.
      asking.setRequestHeader("Content-Type", "application/octet-stream");
      asking.send(this.file);
    });
    return this.done;
  }

  cancel(): void {
    this.asking?.abort();
  }
}

function read(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Bytes in a few letters: 84 KB, 1.2 MB. */
export function inBytes(size: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let step = 0;
  let value = size;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1024;
    step++;
  }
  const digits = step > 1 && value < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[step],
    unitDisplay: step ? "short" : "long",
    maximumFractionDigits: digits,
  }).format(value);
}
