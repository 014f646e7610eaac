import { expect, test } from 'vitest';
import { PawlError } from '../client';
import { curlText, pawlText, runIdOf, shellQuote, startText } from './commands';
import { diagnosticsBelow, extraKeys, fieldOf, initialOf } from './schema';

test('a run that the console starts gets an id that begins with the name of its flow', () => {
  const key = 'console-0123456789abcdef0123456789abcdef';
  expect(runIdOf('shop/order', key)).toBe('order-456789abcdef');
  expect(runIdOf('ship all (<b>\u202e)', key)).toBe('ship-all-b-456789abcdef');
  expect(runIdOf('日本', key)).toBe('run-456789abcdef');
  expect(runIdOf('x'.repeat(300), key)).toHaveLength(73);
});

test('a start is offered as a command of the program, quoted for a shell', () => {
  const where = { base: 'http://host:7717/pawl/', scope: 'team-a', keyed: true };
  expect(startText(where, { flow: "it's", version: '1.0.0', input: { n: 1 }, id: 'a b' })).toBe(
    `pawl runs start 'it'\\''s' --version 1.0.0 --input '{"n":1}' --id 'a b' --server http://host:7717/pawl --scope team-a`,
  );
  expect(
    startText({ ...where, scope: 'default' }, { flow: 'f', input: {}, attributes: { zip: '01', n: 2 } }),
  ).toContain(`--attr 'zip="01"' --attr n=2`);
  expect(startText({ ...where, scope: 'default' }, { flow: 'f', input: {} })).toBe(
    `pawl runs start f --input '{}' --server http://host:7717/pawl`,
  );
});

test('diagnostics of a member begin in the member, others stay as they are', () => {
  const at = (pointer: string) => ({ severity: 'error' as const, pointer, code: 'c', message: 'm' });
  const error = new PawlError(422, 'invalid_argument', 'd', [
    at('/input/amount'),
    at('/input'),
    at('/inputs'),
    at('/metadata'),
  ]);
  expect(diagnosticsBelow(error, '/input').map((each) => each.pointer)).toEqual([
    '/amount',
    '',
    '/inputs',
    '/metadata',
  ]);
  expect(diagnosticsBelow(new Error('no answer'), '/input')).toEqual([]);
});

test('commands are quoted for the shell', () => {
  expect(shellQuote('order-17')).toBe('order-17');
  expect(shellQuote("it's $HOME")).toBe(`'it'\\''s $HOME'`);
  expect(shellQuote('a\u001b[31m')).toBe("$'a\\x1b[31m'");
  expect(shellQuote("it's\u202e")).toBe("$'it\\'s\\u202e'");
  expect(shellQuote('入库 1')).toBe("'入库 1'");
  const where = { base: 'http://h:1/', scope: 'team', keyed: true };
  expect(curlText(where, '/v1/runs/r/pause', { reason: "don't" })).toBe(
    `curl -X POST -H "Authorization: Bearer $PAWL_TOKEN" -H 'Pawl-Scope: team' --json '{"reason":"don'\\''t"}' http://h:1/v1/runs/r/pause`,
  );
  expect(pawlText(where, 'signal', 'r', { type: 'go', payload: { a: 1 } })).toBe(
    `pawl runs signal r go '{"a":1}' --server http://h:1 --scope team`,
  );
  expect(pawlText({ ...where, scope: 'default' }, 'answer', '-r', { answer: -5, reason: 'x' })).toMatch(
    / --reason x --server \S+ -- -r -5$/,
  );
  expect(pawlText({ ...where, scope: 'default' }, 'retry', 'r', { reason: 'x' })).toBe(
    'pawl runs retry r --server http://h:1',
  );
});

test('a form is made from a schema', () => {
  const schema = {
    type: 'object',
    required: ['n', 'yes'],
    properties: {
      n: { type: 'integer', minimum: 1 },
      yes: { type: 'boolean' },
      kind: { enum: ['a', 1], default: 'a' },
      tags: { type: 'array', items: { type: 'string' } },
      any: {},
      deep: { $ref: '#/definitions/p' },
    },
    definitions: { p: { type: 'object', properties: { x: { type: 'number' } } } },
  };
  const field = fieldOf(schema);
  expect(field.members.map(({ name, required, field: { kind } }) => [name, required, kind])).toEqual([
    ['n', true, 'integer'],
    ['yes', true, 'boolean'],
    ['kind', false, 'choice'],
    ['tags', false, 'list'],
    ['any', false, 'json'],
    ['deep', false, 'object'],
  ]);
  expect(initialOf(field)).toEqual({ yes: false, kind: 'a', deep: {} });
  expect(extraKeys(field, { n: 1, other: 2 })).toEqual(['other']);
  expect(fieldOf({ oneOf: [] }).kind).toBe('json');
  expect(fieldOf(true).kind).toBe('json');
  expect(fieldOf({ $ref: '#' }).kind).toBe('json');
  expect(fieldOf({ type: 'object', properties: { self: { $ref: '#' } } }).kind).toBe('object');
});
