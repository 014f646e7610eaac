import { expect, test } from 'vitest';
import type { Series } from '../client';
import { chartOf, spanText, totalOf } from './series';

const series: Series = {
  since: '2026-01-31T08:00:00.000Z',
  from: '2026-01-31T09:30:00.000Z',
  started: [1, 2, 0],
  completed: [0, 1, 1],
  failed: [0, 0, 1],
  cancelled: [0, 0, 0],
  steps: [3, 3, 3],
  step_failures: [0, 0, 1],
};

test('a chart has a point for each minute', () => {
  const from = Date.parse(series.from) / 1000;
  expect(chartOf(series)).toEqual([
    [from, from + 60, from + 120],
    [1, 2, 0],
    [0, 1, 1],
    [0, 0, 1],
  ]);
  expect(totalOf(series, 'completed')).toBe(2);
});

test('the time of a chart is that of the server if it was started later', () => {
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  expect(spanText(series, clock)).toBe('in the last 3 minutes');
  expect(spanText({ ...series, since: '2026-01-31T09:31:30Z' }, clock)).toBe(
    'since the server was started at 09:31',
  );
});
