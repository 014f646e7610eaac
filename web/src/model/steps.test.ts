import { expect, test } from 'vitest';
import type { RunStep } from '../client';
import { checkpointOf, cutValue, stepKey, stepLook, stepName } from './steps';

const step: RunStep = {
  checkpoint: 12,
  node: 'a',
  type: 'task',
  visit: 1,
  attempt: 1,
  calls: 1,
  status: 'completed',
  started_at: '2026-01-31T09:30:00Z',
};

test('a step has a key with its checkpoint', () => {
  expect(stepKey(step)).toBe('12.1.1');
  expect(stepKey({ ...step, compensates: true })).toBe('12.1.1c');
  expect(checkpointOf('12.1.1c')).toBe(12);
  for (const text of ['', '12', '0.1.1', '12.1.1x', '-1.1.1']) expect(checkpointOf(text)).toBeUndefined();
});

test('a step is named by what is not the first', () => {
  expect(stepName(step)).toBe('visit 1');
  expect(stepName({ ...step, visit: 3, attempt: 2 })).toBe('visit 3, attempt 2');
  expect(stepName({ ...step, item: 0, visit: 1 })).toBe('item 0');
  expect(stepName({ ...step, compensates: true })).toBe('visit 1, compensation');
  expect(['queued', 'timed_out', 'completed', 'a later one'].map(stepLook)).toEqual([
    'waiting',
    'stopped',
    'completed',
    'stopped',
  ]);
});

test('a value that was cut is known from one that looks like it', () => {
  expect(cutValue({ cut: { bytes: 70_000, sha256: 'ab', text: '{"a":' } })).toEqual({
    bytes: 70_000,
    text: '{"a":',
  });
  expect(cutValue({ cut: { bytes: 70_000, sha256: 'ab', text: '' }, more: 1 })).toBeUndefined();
  expect(cutValue({ cut: 'hair' })).toBeUndefined();
  expect(cutValue(null)).toBeUndefined();
});
