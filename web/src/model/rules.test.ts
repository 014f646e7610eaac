import { expect, test } from 'vitest';
import { rulesIn } from './rules';

test('the rules of a flow are found in both forms', () => {
  const rule = { '>': [{ var: 'n' }, 1] };
  expect(
    rulesIn({
      name: 'f',
      nodes: [
        { id: 'large', type: 'condition', data: { expr: rule } },
        {
          id: 'short',
          type: 'condition',
          expr: { var: 'when' },
          next: [{ when: rule, to: 'pay' }, { to: 'end' }],
        },
      ],
      edges: [
        { source: 'large', target: 'pay', data: { when: true } },
        { source: 'pay', target: 'end', data: { when: { '!': [{ var: 'n' }] } } },
      ],
    }),
  ).toEqual([
    { label: 'condition of large', rule },
    { label: 'condition of short', rule: { var: 'when' } },
    { label: 'way to pay', rule },
    { label: 'edge pay → end', rule: { '!': [{ var: 'n' }] } },
  ]);
  expect(rulesIn(undefined)).toEqual([]);
  expect(rulesIn('text')).toEqual([]);
});

test('the number of rules is bounded', () => {
  expect(rulesIn(Array.from({ length: 1000 }, () => ({ when: { var: 'a' } })))).toHaveLength(200);
});
