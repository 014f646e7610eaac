import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { layoutFlow, nodeHeight } from '../graph/layout';
import { edgeText, readDefinition, ruleText } from './definition';

// The table is that of `pawl flows graph`, too: cli/flow_drawing.test.cpp.
const cases = JSON.parse(
  readFileSync(new URL('../../../tests/support/drawing_cases.json', import.meta.url), 'utf8'),
);

test.each<{ rule: never; text: string }>(cases.rules)('a rule is written as $text', ({ rule, text }) => {
  expect(ruleText(rule)).toBe(text);
});

test.each<{ data: object; text: string }>(cases.edges)('an edge is labelled "$text"', ({ data, text }) => {
  const { edges } = readDefinition({
    nodes: [
      { id: 'a', type: 'task' },
      { id: 'b', type: 'end' },
    ],
    edges: [{ source: 'a', target: 'b', data }],
  });
  expect(edges.map(edgeText)).toEqual([text]);
});

test.each<{ node: object; text: string }>(cases.nodes)('a node is called $text', ({ node, text }) => {
  const { nodes } = readDefinition({ nodes: [node], edges: [] });
  expect(nodes.map(({ id, label }) => label || id)).toEqual([text]);
});

interface LayoutCase {
  about: string;
  nodes: number;
  edges: [number, number, string][];
  rows: number[][];
  straight: number[][];
}

test.each<LayoutCase>(cases.layouts)('$about', ({ nodes, edges, rows, straight }) => {
  const placed = layoutFlow({
    nodes: Array.from({ length: nodes }, (_, id) => String(id)),
    edges: edges.map(([source, target, label], index) => ({
      index,
      source: String(source),
      target: String(target),
      label,
    })),
  }).nodes;
  const at = (id: number) => placed[id]!;
  for (const row of rows) {
    for (const [i, id] of row.slice(1).entries()) {
      expect(at(id).y).toBe(at(row[0]!).y);
      expect(at(id).x).toBeGreaterThan(at(row[i]!).x);
    }
  }
  for (const [i, row] of rows.slice(1).entries())
    expect(at(row[0]!).y).toBeGreaterThanOrEqual(at(rows[i]![0]!).y + nodeHeight);
  for (const chain of straight) for (const id of chain) expect(at(id).x).toBeCloseTo(at(chain[0]!).x, 3);
});
