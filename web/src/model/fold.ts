// A time axis without its idle stretches: work keeps its scale, a wait of days becomes a narrow fold.
import type { Attempt } from './attempts';

export interface Fold {
  from: number;
  to: number;
  /** Place on the axis, 0 to 1. */
  x0: number;
  x1: number;
}

export interface Axis {
  from: number;
  to: number;
  folds: Fold[];
  /** The place of a time, 0 to 1. */
  x(at: number): number;
  /** Times for labels, each outside of folds. */
  ticks: number[];
}

interface Stretch {
  from: number;
  to: number;
  folded: boolean;
  x0: number;
  x1: number;
}

/** Merged stretches of time in which something worked. */
function busyStretches(attempts: readonly Attempt[], end: number): [number, number][] {
  const work: [number, number][] = [];
  for (const attempt of attempts) {
    work.push([attempt.from, attempt.from]);
    for (const segment of attempt.segments) {
      const to = segment.to ?? end;
      if (segment.kind === 'work') work.push([segment.from, to]);
      // The end of a wait is a moment that must stay visible.
      else if (segment.to !== undefined) work.push([segment.to, segment.to]);
    }
  }
  work.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of work) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

const foldShare = 0.04;
const minGapMs = 3000;
const marginMs = 250;

/**
 * The axis from `from` to `to`. A stretch without work is folded if it takes seconds and is long beside
 * the rest. A margin stays at both of its ends, so that a call of a millisecond does not look long.
 */
export function foldedAxis(attempts: readonly Attempt[], from: number, to: number, fold = true): Axis {
  const end = Math.max(to, from + 1);
  const busy = busyStretches(attempts, end).filter(([a, b]) => b >= from && a <= end);
  const gaps: [number, number][] = [];
  let at = from;
  for (const [a, b] of busy) {
    if (a > at) gaps.push([at, a]);
    at = Math.max(at, b);
  }
  if (end > at) gaps.push([at, end]);
  const worked = busy.reduce((sum, [a, b]) => sum + (b - a), 0);
  const folded: [number, number][] = [];
  if (fold) {
    // The longest gaps first, as long as each is long beside all that stays.
    let kept = end - from;
    for (const gap of [...gaps].sort((p, q) => q[1] - q[0] - (p[1] - p[0]))) {
      const length = gap[1] - gap[0];
      const rest = kept - length;
      if (length < minGapMs || length < Math.max(worked, rest) / 4 || folded.length >= 12) break;
      const margin = Math.min(Math.max(worked / 10, marginMs), length / 4);
      folded.push([gap[0] + margin, gap[1] - margin]);
      kept = rest + 2 * margin;
    }
  }
  // Each fold takes its share; but half of the axis stays for what is to scale.
  folded.sort((p, q) => p[0] - q[0]);
  const share = folded.length > 0 ? Math.min(foldShare, 0.5 / folded.length) : 0;
  const scaled = end - from - folded.reduce((sum, [a, b]) => sum + (b - a), 0);
  const scale = scaled > 0 ? (1 - share * folded.length) / scaled : 0;
  const fixed = scaled > 0 ? share : 1 / Math.max(1, folded.length);
  const stretches: Stretch[] = [];
  let x = 0;
  const push = (a: number, b: number, isFold: boolean) => {
    const width = isFold ? fixed : (b - a) * scale;
    stretches.push({ from: a, to: b, folded: isFold, x0: x, x1: x + width });
    x += width;
  };
  at = from;
  for (const [a, b] of folded) {
    if (a > at) push(at, a, false);
    push(a, b, true);
    at = b;
  }
  if (end > at || stretches.length === 0) push(at, end, false);

  const place = (time: number): number => {
    if (time <= from) return 0;
    if (time >= end) return 1;
    let low = 0;
    let high = stretches.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (stretches[middle]!.to < time) low = middle + 1;
      else high = middle;
    }
    const s = stretches[low]!;
    return s.to === s.from ? s.x0 : s.x0 + ((time - s.from) / (s.to - s.from)) * (s.x1 - s.x0);
  };
  return {
    from,
    to: end,
    folds: stretches.filter((s) => s.folded).map(({ from, to, x0, x1 }) => ({ from, to, x0, x1 })),
    x: place,
    ticks: ticksOf(stretches),
  };
}

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
];

function ticksOf(stretches: Stretch[]): number[] {
  const ticks: number[] = [];
  let lastX = -1;
  for (const s of stretches) {
    if (s.folded) continue;
    const wanted = Math.max(1, Math.floor((s.x1 - s.x0) * 8));
    const raw = (s.to - s.from) / wanted;
    const step = steps.find((each) => each >= raw) ?? 86_400_000 * Math.ceil(raw / 86_400_000);
    const origin = stretches[0]!.from;
    for (let t = origin + Math.ceil((s.from - origin) / step) * step; t <= s.to; t += step) {
      const x = s.x0 + (s.to === s.from ? 0 : ((t - s.from) / (s.to - s.from)) * (s.x1 - s.x0));
      if (x - lastX < 0.09) continue;
      ticks.push(t);
      lastX = x;
    }
  }
  return ticks;
}
