import { expect, test } from 'vitest';
import type { ErrorGroups, RunSummary } from '../client';
import { coverageText, groupFilter } from './errors';
import { both, condition, firstThatFit, mistakeIn, quoted, suggestions, typedFilter } from './filter';
import { waitWords } from './words';

test('values are in quotes where the language needs it', () => {
  expect(['order', 'card, declined', 'a "b" \\', ''].map(quoted)).toEqual([
    'order',
    '"card, declined"',
    '"a \\"b\\" \\\\"',
    '""',
  ]);
  expect(both(' status=failed ', undefined, '', condition('id', '=', 'a', 'b c'))).toBe(
    'status=failed id=a,"b c"',
  );
});

test('ids fill a filter as far as it goes', () => {
  expect(firstThatFit(['a', 'b c', 'd'], 2, 100)).toEqual(['a', 'b c']);
  expect(firstThatFit(['a', 'b c', 'd'], 9, 8)).toEqual(['a', 'b c']);
  expect(firstThatFit(['入库', 'b'], 9, 7)).toEqual(['入库']);
});

test('a text without an operator is the beginning of an id', () => {
  expect(typedFilter(' order-17 ')).toBe('id^=order-17');
  expect(typedFilter('status=failed')).toBe('status=failed');
  expect(typedFilter('  ')).toBe('');
});

const attributes = new Map([
  ['team', ['blue', '"01"']],
  ['total', ['42']],
]);

test('fields and values are suggested at the caret', () => {
  const at = (text: string, flows: string[] = []) =>
    suggestions(text, text.length, { flows, attributes }).map((each) => text.slice(0, each.from) + each.text);
  expect(at('sta')).toEqual(['status=', 'started>']);
  expect(at('')).toContain('waiting=');
  expect(at('status=failed,p')).toEqual(['status=failed,paused']);
  expect(at('status!=')).toHaveLength(5);
  expect(at('error="a b" flow=sh', ['ship all', 'shop/order', 'bill'])).toEqual([
    'error="a b" flow="ship all"',
    'error="a b" flow=shop/order',
  ]);
  expect(at('flow="ship a', ['ship all'])).toEqual(['flow="ship all"']);
  expect(at('error="status=')).toEqual([]);
  // In the middle of a text, only what is before the caret counts.
  expect(suggestions('fl status=failed', 2, { flows: [], attributes })).toMatchObject([
    { text: 'flow=', from: 0 },
  ]);
});

test('attributes and their values are suggested', () => {
  const at = (text: string) =>
    suggestions(text, text.length, { flows: [], attributes }).map(
      (each) => text.slice(0, each.from) + each.text,
    );
  expect(at('attr')).toEqual(['attr.team=', 'attr.total=']);
  expect(at('attr.te')).toEqual(['attr.team=']);
  expect(at('attr.team=')).toEqual(['attr.team=blue', 'attr.team="01"']);
  expect(at('status=failed attr.team!=blue,0')).toEqual(['status=failed attr.team!=blue,"01"']);
  expect(at('attr.team=blue')).toEqual([]);
  expect(at('attr.none=')).toEqual([]);
  expect(at('')).toContain('attr.total=');
});

test('the position of a mistake counts bytes, its mark characters', () => {
  const filter = 'flow=é x=1';
  const mistake = mistakeIn(filter, 'invalid filter at position 9: unknown field "x"')!;
  expect(filter.slice(mistake.at)).toBe('x=1');
  expect(mistake.message).toBe('unknown field "x"');
  expect(mistakeIn(filter, 'invalid cursor')).toBeUndefined();
});

test('a filter selects the runs of a group of errors', () => {
  const group = (type: string, node: string) => ({ type, node, count: 1, newest: 'r', message: '' });
  expect(groupFilter(group('u v', ''))).toBe('error="u v"');
  expect(groupFilter(group('t', 'n'))).toBe('error=t node=n');
});

test('it is said which failed runs were grouped', () => {
  const groups: ErrorGroups = {
    groups: [],
    runs: 1,
    others: 0,
    exact: true,
    search: { index: '', keys_read: 0 },
  };
  expect(coverageText(groups)).toBe('1 failed run');
  expect(coverageText({ ...groups, runs: 10_000, exact: false })).toBe('Of the newest 10,000 failed runs');
});

test('waits are said as the program says them', () => {
  const waits = [
    { kind: 'signal', name: 'approved', node: 'ask' },
    { kind: 'timer', name: '', node: 'w' },
    { kind: 'run', name: '', node: '' },
  ];
  const of = (n: number) => waitWords({ waits: waits.slice(0, n) } as RunSummary);
  expect([of(0), of(1), of(3)]).toEqual(['', 'signal approved at ask', 'signal approved at ask and 2 more']);
});
