import { expect, test } from 'vitest';
import { Client, pathOf } from './client';
import { isRaw, parseJson } from './json';
import { PawlError } from './problem';
import { SseParser } from './sse';
import { readVersions } from './versions';

function answering(
  body: string,
  init: ResponseInit = {},
): { client: Client; calls: [string, RequestInit][] } {
  const calls: [string, RequestInit][] = [];
  const client = new Client(
    { base: 'http://host/prefix/', scope: 'team-a', key: 'secret' },
    async (input, options) => {
      calls.push([String(input), options!]);
      return new Response(body, init);
    },
  );
  return { client, calls };
}

test('names in a path are encoded as one segment', () => {
  expect(pathOf('/v1/flows/{name}/publish', { name: 'shop/order ?#' })).toBe(
    '/v1/flows/shop%2Forder%20%3F%23/publish',
  );
});

test('a request carries scope, key and idempotency key, below the prefix', async () => {
  const { client, calls } = answering('{"runs": [], "next": null}');
  await client.get('/v1/runs', { query: { status: 'failed', flow: undefined, limit: 50 } });
  expect(calls[0]![0]).toBe('http://host/prefix/v1/runs?status=failed&limit=50');
  expect(calls[0]![1].headers).toMatchObject({ 'Pawl-Scope': 'team-a', Authorization: 'Bearer secret' });
  await client.post('/v1/runs/{id}/pause', { path: { id: 'r1' }, body: { reason: 'x' }, key: 'k' });
  expect(calls[1]![1].headers).toMatchObject({ 'Idempotency-Key': 'k', 'Content-Type': 'application/json' });
  expect(calls[1]![0]).not.toContain('secret');
});

test('a problem document becomes an error with its diagnostics', async () => {
  const { client } = answering(
    '{"code": "invalid_flow", "detail": "flow has 1 error", "diagnostics": [{"severity": "error", "pointer": "/nodes", "code": "no_entry", "message": "m"}]}',
    { status: 422 },
  );
  await expect(client.get('/v1/stats')).rejects.toMatchObject({
    code: 'invalid_flow',
    status: 422,
    message: 'flow has 1 error',
    diagnostics: [{ pointer: '/nodes' }],
  });
});

test('no connection, and a gateway without a server, are the same error', async () => {
  const offline = new Client({ base: 'http://host/', scope: 'default' }, () =>
    Promise.reject(new TypeError('failed to fetch')),
  );
  await expect(offline.get('/v1/stats')).rejects.toMatchObject({
    status: 0,
    code: 'no_connection',
    temporary: true,
  });
  await expect(
    answering('<h1>Bad Gateway</h1>', { status: 502 }).client.get('/v1/stats'),
  ).rejects.toBeInstanceOf(PawlError);
  await expect(
    answering('<h1>Bad Gateway</h1>', { status: 502 }).client.get('/v1/stats'),
  ).rejects.toMatchObject({ status: 0 });
});

test('an integer beyond 2^53 is not rounded where the platform can keep it', () => {
  const value = parseJson('{"n": 9007199254740993, "m": 7}') as { n: unknown; m: unknown };
  expect(value.m).toBe(7);
  if (isRaw(value.n)) expect(JSON.stringify(value)).toBe('{"n":9007199254740993,"m":7}');
});

test('server-sent events are parsed from any division of the text', () => {
  const text = ': hi\r\nid: 1.0\r\n\r\nid: 2.0\r\nevent: step\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: x\n\n';
  for (let cut = 0; cut <= text.length; ++cut) {
    const parser = new SseParser();
    const events = [...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))];
    expect(events, `cut at ${cut}`).toEqual([
      { id: '1.0', event: 'message', data: '' },
      { id: '2.0', event: 'step', data: '{"a":\n1}' },
      { id: '2.0', event: 'message', data: 'x' },
    ]);
  }
});

test('the versions of a flow are read page by page', async () => {
  const outline = (version: string) => ({ name: 'f', version, published: false, created_at: '' });
  const pages: Record<string, unknown> = {
    '': { versions: [outline('1.0.0')], next: 'more' },
    more: { versions: [outline('1.0.1')], next: null, damaged: ['f@1.0.2: checksum'] },
  };
  const client = new Client({ base: 'http://host/', scope: 'default' }, async (input) => {
    const cursor = new URL(String(input)).searchParams.get('cursor') ?? '';
    return new Response(JSON.stringify(pages[cursor]));
  });
  const all = await readVersions(client, 'f');
  expect(all.versions.map(({ version }) => version)).toEqual(['1.0.0', '1.0.1']);
  expect(all.damaged).toEqual(['f@1.0.2: checksum']);
});
