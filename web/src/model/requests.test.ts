import { expect, test } from 'vitest';
import { PawlError } from '../client';
import { curlText, pawlText, runIdOf, shellQuote, startText } from './commands';
import { diagnosticsIn } from './refusal';
import { atFields, extraKeys, fieldOf, initialOf } from './schema';

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

test('diagnostics of the value of a member begin in the value', () => {
  const at = (pointer: string, code = 'invalid_field') => ({
    severity: 'error' as const,
    pointer,
    code,
    message: 'm',
  });
  const error = new PawlError(422, 'invalid_argument', 'd', [
    at('/input/amount'),
    at('/input'),
    at('/inputs'),
    at('/metadata'),
    at('/customer', 'schema'),
  ]);
  expect(diagnosticsIn(error, '/input').map((each) => each.pointer)).toEqual(['/amount', '', '/customer']);
  expect(diagnosticsIn(new Error('no answer'), '/input')).toEqual([]);
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
    'pawl runs retry r --reason x --server http://h:1',
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
  // A required answer of yes or no is left to the user.
  expect(initialOf(field)).toEqual({ kind: 'a' });
  expect(extraKeys(field, { n: 1, other: 2 })).toEqual(['other']);
  expect(fieldOf({ oneOf: [] }).kind).toBe('json');
  expect(fieldOf(true).kind).toBe('json');
  expect(fieldOf({ $ref: '#' }).kind).toBe('json');
  expect(fieldOf({ type: 'object', properties: { self: { $ref: '#' } } }).kind).toBe('object');
});

test('what is wrong with a value is said at its fields', () => {
  const form = fieldOf({
    type: 'object',
    required: ['n', 'deep'],
    properties: {
      n: { type: 'integer' },
      deep: { type: 'object', required: ['yes'], properties: { yes: { type: 'boolean' } } },
      any: {},
      tags: { type: 'array', items: { type: 'string' } },
    },
  });
  const refused = (pointer: string, message: string) => ({
    severity: 'error' as const,
    code: 'schema',
    pointer,
    message,
  });
  const marks = (value: object, ...all: ReturnType<typeof refused>[]) =>
    atFields(form, value as never, all).map((each) => `${each.pointer}: ${each.message}`);
  const lacks = refused('/n', 'is required (/required)');
  expect(marks({}), 'before it is sent').toEqual([]);
  expect(marks({ deep: {} }, lacks)).toEqual(['/n: is required', '/deep/yes: is required']);
  expect(marks({}, lacks)).toEqual(['/n: is required', '/deep: is required']);
  // Once the member is there, the field is no longer marked.
  expect(marks({ n: 1, deep: { yes: false } }, lacks)).toEqual([]);
  expect(
    marks(
      { n: 1, deep: { yes: true } },
      refused('/any/x/0', 'must be a string'),
      refused('/tags/1', 'must be a string'),
      refused('/other', 'is not allowed'),
    ),
  ).toEqual(['/any: /x/0 must be a string', '/tags/1: must be a string', ': /other is not allowed']);
  // A member that the form has no field for is reported as the server does.
  const unlisted = fieldOf({ type: 'object', required: ['x'], properties: { y: {} } });
  const lacksX = refused('/x', 'is required (/required)');
  expect(atFields(unlisted, {}, [lacksX])).toEqual([
    { ...lacksX, pointer: '', message: '/x is required (/required)' },
  ]);
});
