import { expect, test } from 'vitest';
import type { Job } from '../client';
import {
  hasEnded,
  jobCount,
  jobFields,
  jobFilter,
  jobIdOf,
  jobProgress,
  jobStatuses,
  jobText,
  maxSelectedRuns,
  selectedFilter,
} from './jobs';

const job: Job = {
  id: 'j-1',
  command: 'cancel',
  filter: 'status=running',
  reason: '',
  rate: 0,
  dry_run: false,
  started_by: 'ops',
  state: 'running',
  matched: 1300,
  done: 1200,
  refused: 0,
  failed: 0,
  damaged: 0,
  created_at: '2026-01-31T09:30:00Z',
  updated_at: '2026-01-31T09:30:00Z',
  ended_at: null,
  error: null,
};

test('the filter of a job has the statuses that take its command', () => {
  expect(jobFilter({ flow: 'a b', filter: 'attr.team=blue' }, 'cancel')).toBe(
    'status=running,paused flow="a b" attr.team=blue',
  );
  expect(jobFilter({ status: 'failed' }, 'delete')).toBe('status=failed');
  expect(jobStatuses({ status: 'failed' }, 'cancel')).toEqual([]);
  expect(jobStatuses({}, 'retry')).toEqual(['failed']);
});

test('a job for selected runs has their ids, and the statuses that take its command', () => {
  expect(selectedFilter(['a', 'b-1'], 'retry')).toBe('id=a,b-1 status=failed');
  const ids = Array.from({ length: maxSelectedRuns }, () => '"'.repeat(255));
  expect(selectedFilter(ids, 'cancel').length).toBeLessThan(128 * 1024);
});

test('a job has a reason, or a signal', () => {
  const input = { reason: ' late ', type: 'go', payload: 1 };
  expect(jobFields('cancel', input)).toEqual({ reason: 'late' });
  expect(jobFields('cancel', { ...input, reason: ' ' })).toEqual({});
  expect(jobFields('signal', input)).toEqual({ signal: 'go', payload: 1 });
  expect(jobFields('delete', input)).toEqual({});
  expect(jobIdOf('cancel', 'console-0123456789abcdef')).toBe('cancel-456789abcdef');
});

test('a job says how far it is, and what it left', () => {
  expect(jobProgress({ ...job, state: 'selecting', matched: 1 })).toBe('1 run found so far');
  expect(jobProgress(job)).toBe('1,200 of 1,300 runs done');
  expect(jobProgress({ ...job, refused: 2, failed: 1 })).toBe(
    '1,200 of 1,300 runs done, 2 refused, 1 failed',
  );
  expect(jobProgress({ ...job, dry_run: true, done: 0 })).toBe('1,300 runs fit');
  expect(jobProgress({ ...job, matched: 0, done: 0 })).toBe('0 runs fit');
  expect(jobCount({ ...job, refused: 2, failed: 1 }, 'waiting')).toBe(97);
  expect(jobCount({ ...job, refused: 2 }, 'refused')).toBe(2);
  expect(hasEnded(job)).toBe(false);
});

test('the start of a job is a command of the program', () => {
  const where = { base: 'http://h:1/', scope: 'default', keyed: false };
  expect(
    jobText(where, { command: 'cancel', filter: 'status=running flow=x', reason: "it's late", rate: 5 }),
  ).toBe(
    `pawl jobs start cancel --filter 'status=running flow=x' --reason 'it'\\''s late' --rate 5 --server http://h:1`,
  );
  expect(
    jobText(where, { command: 'signal', filter: 'id=a', signal: 'go', payload: { n: 1 } as never }),
  ).toBe(`pawl jobs start signal --filter id=a --signal go --payload '{"n":1}' --server http://h:1`);
});
