import { expect, test } from 'vitest';
import { hrefOf, parseRoute } from './route';

test('a place and its fragment are the same both ways', () => {
  for (const [scope, path, query] of [
    ['default', ['runs'], { status: 'failed' }],
    ['team-a', ['flows', 'shop/order (1)', 'edit'], {}],
    ['default', ['runs', 'a?b#c%d~é'], { q: '<b>&="', node: 'x y' }],
    ['default', ['runs', 'a/../b %2F 入库\u202e 👩‍🚀'], {}],
    ['a.b:c', ['overview'], {}],
  ] as const) {
    const route = parseRoute(hrefOf(scope, path, query));
    expect(route.scope).toBe(scope);
    expect(route.path).toEqual([...path]);
    expect(Object.fromEntries(route.query)).toEqual(query);
  }
});

test('a malformed fragment is no error', () => {
  expect(parseRoute('#/runs/%E0%A4%A').path).toEqual(['runs', '%E0%A4%A']);
  expect(parseRoute('').path).toEqual([]);
  expect(parseRoute('#/~bad scope!/runs').scope).toBe('default');
});
