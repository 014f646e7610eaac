import { expect, test } from 'vitest';
import type { EventDigest } from '../client';
import { arrivals, changesCounts, concerns } from './digest';

const none: EventDigest = { events: 0, kinds: {}, runs: [], more_runs: false, jobs: [], flow_files: false };

test('a digest concerns the runs that it names, and any if it does not name all', () => {
  const digest = { ...none, runs: [{ id: 'a', events: 1 }] };
  expect(concerns(digest, 'a')).toBe(true);
  expect(concerns(digest, 'b', 'a')).toBe(true);
  expect(concerns(digest, 'b')).toBe(false);
  expect(concerns({ ...digest, more_runs: true }, 'b')).toBe(true);
});

test('counts change with the status of a run', () => {
  expect(changesCounts({ ...none, kinds: { step_started: 3 } })).toBe(false);
  expect(changesCounts({ ...none, kinds: { step_started: 3, run_failed: 1 } })).toBe(true);
  expect(changesCounts({ ...none, kinds: { run_deleted: 1 } })).toBe(true);
});

test('new runs are counted once, and not those that are shown', () => {
  const digest: EventDigest = {
    events: 7,
    kinds: { run_created: 3, run_failed: 1, step_started: 3 },
    runs: [
      { id: 'a', events: 3, status: 'failed' },
      { id: 'b', events: 2, status: 'running' },
      { id: 'c', events: 1, status: 'running' },
      { id: 'old', events: 1 },
    ],
    more_runs: false,
    jobs: [],
    flow_files: false,
  };
  const shows = (id: string) => id === 'c';
  expect(arrivals(digest, undefined, shows)).toBe(2);
  expect(arrivals(digest, 'running', shows)).toBe(1);
  expect(arrivals(digest, 'failed', shows)).toBe(1);
  expect(arrivals(digest, 'paused', shows)).toBe(0);
  expect(arrivals({ ...digest, kinds: { run_created: 900 }, more_runs: true }, 'running', shows)).toBe(900);
});
