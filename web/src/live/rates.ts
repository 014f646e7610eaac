import type { EventDigest } from '../client';

export const bucketSeconds = 10;
export const buckets = 60;

const kinds = { run_created: 'started', run_completed: 'completed', run_failed: 'failed' } as const;
type Line = (typeof kinds)[keyof typeof kinds];

/** How many runs started, completed and failed in each of the last 60 stretches of 10 seconds. */
export class Rates {
  readonly lines: Record<Line, number[]> = { started: zeros(), completed: zeros(), failed: zeros() };
  #newest: number;

  /** `now`: ms since 1970, as in all functions here. */
  constructor(now = Date.now()) {
    this.#newest = bucketOf(now);
  }

  count(digest: EventDigest, now = Date.now()): void {
    this.advance(now);
    for (const [kind, line] of Object.entries(kinds))
      this.lines[line][buckets - 1]! += digest.kinds[kind] ?? 0;
  }

  /** Drops what is too old. */
  advance(now = Date.now()): void {
    const to = bucketOf(now);
    for (let steps = Math.min(to - this.#newest, buckets); steps > 0; --steps)
      for (const line of Object.values(this.lines)) {
        line.shift();
        line.push(0);
      }
    this.#newest = Math.max(this.#newest, to);
  }

  /** The begin of each stretch in seconds since 1970, the oldest first. */
  times(): number[] {
    return Array.from({ length: buckets }, (_, i) => (this.#newest - buckets + 1 + i) * bucketSeconds);
  }

  total(line: Line): number {
    return this.lines[line].reduce((sum, each) => sum + each, 0);
  }
}

function zeros(): number[] {
  return Array<number>(buckets).fill(0);
}

function bucketOf(ms: number): number {
  return Math.floor(ms / 1000 / bucketSeconds);
}
