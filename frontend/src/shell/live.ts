/** The socket that says what changed; while it is gone, a line says so and the page asks once a minute. */

import { say } from "../list/events";

const LONGEST_MS = 30_000;
const SHOWN_AFTER_MS = 3000;
const POLL_MS = 60_000;
const SESSION_OVER = 4401;

/** How long to wait before the n-th try, a little different for everybody. */
export function pause(tries: number, random: number): number {
  return Math.min(LONGEST_MS, 500 * 2 ** Math.min(tries, 10)) * (0.75 + random / 2);
}

export class Live {
  private tries = 0;
  private lost = false;
  private line: HTMLElement | null = document.getElementById("offline-line");
  private showing = 0;
  private polling = 0;
  private waiting = 0;
  private socket: WebSocket | null = null;

  constructor(
    private readonly url: string,
    private readonly mailbox: number,
  ) {
    window.addEventListener("online", () => this.again());
    window.addEventListener("offline", () => this.socket?.close());
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.again();
    });
    this.connect();
  }

  private connect(): void {
    const socket = (this.socket = new WebSocket(this.url));
    socket.addEventListener("open", () => this.found());
    socket.addEventListener("message", (event: MessageEvent<string>) => {
      for (const [mailbox, folder, modseq] of JSON.parse(event.data) as [number, number, number][]) {
        say("mail:changed", { mailbox, folder, modseq });
      }
    });
    socket.addEventListener("close", (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (event.code === SESSION_OVER) {
        location.reload();
        return;
      }
      this.missing();
    });
  }

  private found(): void {
    this.tries = 0;
    window.clearTimeout(this.showing);
    window.clearInterval(this.polling);
    this.showing = this.polling = 0;
    if (this.line) this.line.hidden = true;
    // What was said meanwhile was not heard.
    if (this.lost) this.poll();
    this.lost = false;
  }

  private missing(): void {
    this.lost = true;
    this.showing ||= window.setTimeout(() => {
      if (this.line) this.line.hidden = false;
    }, SHOWN_AFTER_MS);
    this.polling ||= window.setInterval(() => this.poll(), POLL_MS);
    window.clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.connect(), pause(this.tries++, Math.random()));
  }

  private again(): void {
    if (this.socket) return;
    window.clearTimeout(this.waiting);
    this.connect();
  }

  private poll(): void {
    say("mail:changed", { mailbox: this.mailbox, folder: -1, modseq: 0 });
  }
}
