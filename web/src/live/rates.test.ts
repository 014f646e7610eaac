import { expect, test } from 'vitest';
import type { EventDigest } from '../client';
import { buckets, Rates } from './rates';

const event = (kind: string): EventDigest => ({
  events: 1,
  kinds: { [kind]: 1 },
  runs: [],
  more_runs: false,
});

test('runs are counted in the stretch in which they start and end', () => {
  const rates = new Rates(1_000_000);
  for (const kind of ['run_created', 'run_created', 'run_failed', 'step_started'])
    rates.count(event(kind), 1_000_000);
  rates.count(event('run_completed'), 1_025_000);
  expect([rates.total('started'), rates.total('completed'), rates.total('failed')]).toEqual([2, 1, 1]);
  expect(rates.lines.started[buckets - 3]).toBe(2);
  expect(rates.lines.completed[buckets - 1]).toBe(1);
  expect(rates.times().at(-1)).toBe(1020);
});

test('counts older than ten minutes are dropped, also after a long sleep and a clock that went back', () => {
  const rates = new Rates(1_000_000);
  rates.count(event('run_created'), 1_000_000);
  rates.advance(1_590_000);
  expect(rates.total('started')).toBe(1);
  rates.advance(900_000);
  expect(rates.total('started')).toBe(1);
  rates.advance(1_600_000);
  expect(rates.total('started')).toBe(0);
  rates.count(event('run_created'), 1_600_000);
  rates.advance(9_000_000_000);
  expect(rates.total('started')).toBe(0);
});
