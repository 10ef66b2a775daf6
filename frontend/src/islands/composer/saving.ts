/** When a draft is saved: at most every three seconds, only when it changed, one save at a time. */

export const EVERY_MS = 3000;
export const RETRY_MS = 10_000;

export interface Clock {
  now(): number;
  set(run: () => void, ms: number): number;
  clear(timer: number): void;
}

const CLOCK: Clock = {
  now: () => Date.now(),
  set: (run, ms) => window.setTimeout(run, ms),
  clear: (timer) => window.clearTimeout(timer),
};

/** What became of a save: kept, worth another try, or nothing to try again by itself. */
export type Outcome = "saved" | "retry" | "stop";

export class Saving {
  /** What was saved last, as text; null as long as nothing has finished loading. */
  private last: string | null = null;
  private timer = 0;
  private savedAt = -Infinity;
  private running: Promise<void> | null = null;
  private paused = false;

  constructor(
    private readonly read: () => string,
    private readonly save: (text: string, settle: boolean) => Promise<Outcome>,
    private readonly clock: Clock = CLOCK,
  ) {}

  /** From here on what differs from this is a change. */
  begin(text: string = this.read()): void {
    this.last = text;
  }

  /** Whether there is something to save. */
  get isDirty(): boolean {
    return this.last !== null && this.read() !== this.last;
  }

  /** Something may have changed. */
  touch(): void {
    if (this.timer || this.paused || this.last === null) return;
    this.later(Math.max(0, Math.min(EVERY_MS, this.savedAt + EVERY_MS - this.clock.now())) || 800);
  }

  /** Save now what is not saved yet, and wait until it is. */
  async flush(settle = false): Promise<void> {
    this.stopTimer();
    await this.running;
    await this.run(settle);
  }

  /** No save until `resume`: two versions are being looked at, or the letter is being sent. Waits for the one under way. */
  async pause(): Promise<void> {
    this.paused = true;
    this.stopTimer();
    await this.running;
  }

  resume(): void {
    this.paused = false;
    if (this.isDirty) this.touch();
  }

  private later(ms: number): void {
    this.stopTimer();
    this.timer = this.clock.set(() => {
      this.timer = 0;
      void this.run(false);
    }, ms);
  }

  private stopTimer(): void {
    if (this.timer) this.clock.clear(this.timer);
    this.timer = 0;
  }

  private run(settle: boolean): Promise<void> {
    if (this.running) return this.running;
    if (this.paused || (!this.isDirty && !settle) || this.last === null) return Promise.resolve();
    this.running = this.once(settle).finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async once(settle: boolean): Promise<void> {
    const text = this.read();
    this.savedAt = this.clock.now();
    const outcome = await this.save(text, settle);
    if (outcome === "saved") this.last = text;
    if (this.paused || outcome === "stop") return;
    if (outcome === "retry") this.later(RETRY_MS);
    else if (this.isDirty) this.later(Math.max(0, this.savedAt + EVERY_MS - this.clock.now()));
  }
}
