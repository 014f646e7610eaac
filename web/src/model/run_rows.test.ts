import { expect, test } from 'vitest';
import type { RunSummary } from '../client';
import { renewedRows } from './run_rows';

const run = (id: string, status: RunSummary['status']) => ({ id, status }) as RunSummary;
const rows = [run('a', 'running'), run('b', 'running'), run('c', 'running')];

test('rows change in place, and those of deleted runs go', () => {
  const found = { runs: [run('c', 'completed')], next: null };
  expect(renewedRows(rows, ['b', 'c'], found)).toEqual([run('a', 'running'), run('c', 'completed')]);
  expect(renewedRows(rows, ['c'], found)).toEqual([rows[0], rows[1], run('c', 'completed')]);
});

test('an answer that is not whole drops no row', () => {
  expect(renewedRows(rows, ['a', 'b'], { runs: [], next: null, damaged: ['a: checksum'] })).toEqual(rows);
  expect(renewedRows(rows, ['a', 'b'], { runs: [], next: 'more' })).toEqual(rows);
});
