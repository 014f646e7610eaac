import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { placeAt } from './json_place';
import { describe, hintsAt } from './schema_hints';

const schema = JSON.parse(readFileSync(new URL('../../../docs/flow.schema.json', import.meta.url), 'utf8'));

/** The hints at the "|" of a text. */
function at(text: string, nodes: string[] = []) {
  const caret = text.indexOf('|');
  const place = placeAt(text.replace('|', ''), caret);
  return place ? hintsAt(schema, place, nodes) : [];
}
const labels = (text: string, nodes?: string[]) => at(text, nodes).map((each) => each.label);

test('keys of a flow are offered, without those that are there', () => {
  expect(labels('{"name": "x", |}')).toContain('nodes');
  expect(labels('{"name": "x", |}')).not.toContain('name');
  expect(labels('{"no|')).toEqual(['nodes']);
  expect(labels('{no|')).toEqual(['nodes']);
  expect(at('{"na|me": 1}')).toEqual([]);
  expect(labels('|{}')).toEqual([]);
  expect(at('{"descr|": "x"}')[0]!.text).toBe('"description"');
  expect(at('{"descr|')[0]).toMatchObject({ text: '"description": ', description: 'For readers.' });
});

test('keys of a node depend on its type, wherever the type stands', () => {
  const task = labels('{"nodes": [{"id": "a", "type": "task", "data": {"|"}}]}');
  expect(task).toContain('code_ref');
  expect(labels('{"nodes": [{"id": "a", "data": {"|"}, "type": "signal"}]}')).not.toContain('code_ref');
  expect(labels('{"nodes": [{"data": {"ret|"}, "type": "task"}]}')).toEqual(['retry']);
  expect(labels('{"nodes": [{"type": "task", "retry": {"max_att|"}}]}')).toContain('max_attempts');
  // Broken text before and after the caret.
  expect(labels('{"nodes": [{"id": "a" "type": "task", "data": {"queu|\n}},')).toContain('queue');
});

test('values are offered: types, enumerations, ids of nodes', () => {
  expect(labels('{"nodes": [{"type": |}]}')).toContain('subflow');
  expect(at('{"nodes": [{"type": "inter|"}]}')).toMatchObject([{ text: '"interrupt"' }]);
  expect(labels('{"nodes": [{"type": "task", "effect": "|"}]}')).toContain('once');
  expect(labels('{"edges": [{"source": "a", "target": "b|"}]}', ['a', 'b1', 'b2'])).toEqual(['b1', 'b2']);
  expect(labels('{"nodes": [{"type": "task", "next": ["|"]}]}', ['a'])).toContain('a');
  expect(labels('{"name": "|"}')).toEqual([]);
});

test('keys and types have descriptions', () => {
  const text = '{"nodes": [{"type": "task", "data": {"queue": "gpu"}}]}';
  const of = (word: string) => describe(schema, placeAt(text, text.indexOf(word) + 1)!);
  expect(of('"queue"')).toContain('Task queue.');
  expect(of('"gpu"')).toContain('Task queue.');
  expect(of('"task"')).toContain('Calls a function');
  expect(of('"type"')).toBe('What the node does.');
});

test('a text of 1 MB is searched in milliseconds', () => {
  const node = '{"id": "a\\"b", "type": "task", "data": {"args": {"n": [1, 2, {"x": null}]}}},\n';
  const text = '{"nodes": [' + node.repeat(12_000) + '{"type": "task", "da';
  const used = process.cpuUsage();
  expect(labels(`${text}|`)).toEqual(['data']);
  expect(process.cpuUsage(used).user / 1000).toBeLessThan(1000);
});
