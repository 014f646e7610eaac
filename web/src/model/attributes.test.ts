import { expect, test } from 'vitest';
import type { RunSummary } from '../client';
import { attributeCondition, attributeText, knownAttributes } from './attributes';

const run = (id: string, attributes: RunSummary['attributes']): RunSummary => ({
  id,
  flow: 'f',
  version: '1.0.0',
  status: 'running',
  created_at: '2026-01-31T09:30:00Z',
  started_at: null,
  finished_at: null,
  error: null,
  restarted_from: null,
  parent: null,
  ...(attributes ? { attributes } : {}),
});

test('a value of an attribute becomes a condition that its type fits', () => {
  expect(attributeCondition('customer', 'acme')).toBe('attr.customer=acme');
  expect(attributeCondition('customer', 'a "b", c')).toBe('attr.customer="a \\"b\\", c"');
  expect(attributeCondition('zip', '01234')).toBe('attr.zip="01234"');
  expect(attributeCondition('flag', 'true')).toBe('attr.flag="true"');
  expect(attributeCondition('flag', true)).toBe('attr.flag=true');
  expect(attributeCondition('total', -0.5)).toBe('attr.total=-0.5');
  expect(attributeCondition('due', { time: '2026-01-31T09:30:00.000Z' })).toBe(
    'attr.due=2026-01-31T09:30:00.000Z',
  );
  expect(attributeText({ time: '2026-01-31T09:30:00.000Z' })).toBe('2026-01-31T09:30:00.000Z');
});

test('attributes of runs are collected by name, each value once', () => {
  const known = knownAttributes([
    run('a', { total: 2, team: 'blue' }),
    run('b', undefined),
    run('c', { team: 'red', total: 2 }),
    run('d', { total: '2' }),
  ]);
  expect([...known]).toEqual([
    ['team', ['blue', 'red']],
    ['total', [2, '2']],
  ]);
});
