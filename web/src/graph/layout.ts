// Places the nodes and edges of a flow. Pure: also runs in a worker.
import { Graph, layout as place } from '@dagrejs/dagre';

export interface LayoutInput {
  nodes: string[];
  edges: { index: number; source: string; target: string; label: string }[];
}

export interface Point {
  x: number;
  y: number;
}

export interface Layout {
  /** Upper left corners. */
  nodes: Record<string, Point>;
  edges: Record<number, { points: Point[]; label: Point | undefined }>;
  width: number;
  height: number;
}

export const nodeWidth = 224;
export const nodeHeight = 68;
const charWidth = 6.6;
const maxLabel = 28;

export function shortLabel(text: string): string {
  return text.length > maxLabel ? text.slice(0, maxLabel - 1) + '…' : text;
}

export function layoutFlow({ nodes, edges }: LayoutInput): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    rankdir: 'TB',
    nodesep: 36,
    ranksep: 44,
    edgesep: 18,
    marginx: 8,
    marginy: 8,
  });
  for (const id of nodes) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  // Of the targets of a node, dagre puts the last on the left.
  for (const edge of [...edges].reverse()) {
    const width = edge.label ? Math.ceil(shortLabel(edge.label).length * charWidth) + 14 : 0;
    graph.setEdge(
      edge.source,
      edge.target,
      { width, height: edge.label ? 20 : 0, labelpos: 'c', minlen: 1 },
      String(edge.index),
    );
  }
  place(graph);
  const result: Layout = { nodes: {}, edges: {}, width: 0, height: 0 };
  for (const id of nodes) {
    const { x = 0, y = 0 } = graph.node(id) as Partial<Point>;
    result.nodes[id] = { x: x - nodeWidth / 2, y: y - nodeHeight / 2 };
  }
  for (const edge of edges) {
    const placed = graph.edge(edge.source, edge.target, String(edge.index)) as {
      points?: Point[];
      x?: number;
      y?: number;
    };
    result.edges[edge.index] = {
      points: (placed.points ?? []).map(({ x, y }) => ({ x, y })),
      label:
        edge.label && placed.x !== undefined && placed.y !== undefined
          ? { x: placed.x, y: placed.y }
          : undefined,
    };
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { ...result, width, height };
}

/** A path through the points with round corners. */
export function roundedPath(points: Point[], radius = 10): string {
  const [first, ...rest] = points;
  if (!first || rest.length === 0) return '';
  let path = `M${first.x},${first.y}`;
  for (let i = 0; i < rest.length - 1; ++i) {
    const before = i === 0 ? first : rest[i - 1]!;
    const at = rest[i]!;
    const after = rest[i + 1]!;
    const cut = (to: Point): Point => {
      const dx = to.x - at.x;
      const dy = to.y - at.y;
      const length = Math.hypot(dx, dy) || 1;
      const r = Math.min(radius, length / 2);
      return { x: at.x + (dx / length) * r, y: at.y + (dy / length) * r };
    };
    const a = cut(before);
    const b = cut(after);
    path += ` L${a.x},${a.y} Q${at.x},${at.y} ${b.x},${b.y}`;
  }
  const last = rest.at(-1)!;
  return `${path} L${last.x},${last.y}`;
}
