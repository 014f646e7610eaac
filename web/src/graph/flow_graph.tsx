import {
  Controls,
  type Edge,
  MiniMap,
  type Node,
  type NodeHandle,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Definition, edgeText } from '../model/definition';
import type { Progress } from '../model/progress';
import { leftText } from '../model/time';
import { useNow } from '../session';
import { isDark, useSettings } from '../settings';
import { type Layout, type LayoutInput, layoutFlow, nodeHeight, nodeWidth } from './layout';
import LayoutWorker from './layout.worker?worker';
import { type EdgeData, FlowEdgeView, NodeBox, type NodeData, progressText } from './node_box';
import { NodeSearch } from './node_search';

const nodeTypes = { flow: NodeBox };
const edgeTypes = { flow: FlowEdgeView };
/**
 * The size of a node and where its edges end are known. If React Flow had to measure them, each change of a
 * node would hide its edges until that is done.
 */
const measured = { width: nodeWidth, height: nodeHeight };
const handles: NodeHandle[] = [
  { type: 'target', position: Position.Top, x: nodeWidth / 2, y: 0 },
  { type: 'source', position: Position.Bottom, x: nodeWidth / 2, y: nodeHeight },
];
/** The whole graph can be made as small as this, in pixels: the width of a phone. */
const minFitted = 250;
/** Above this many nodes the layout would hold up the page. */
const workerFrom = 200;

function useLayout(input: LayoutInput): Layout | undefined {
  const key = useMemo(() => JSON.stringify(input), [input]);
  const small = input.nodes.length < workerFrom;
  const direct = useMemo(() => (small ? layoutFlow(input) : undefined), [key, small]);
  const [later, setLater] = useState<{ key: string; layout: Layout }>();
  useEffect(() => {
    if (small) return;
    const worker = new LayoutWorker();
    worker.onmessage = ({ data }: MessageEvent<Layout>) => {
      setLater({ key, layout: data });
      worker.terminate();
    };
    worker.postMessage(input);
    return () => worker.terminate();
  }, [key, small]);
  return direct ?? (later?.key === key ? later.layout : undefined);
}

interface FlowGraphProps {
  definition: Definition;
  /** Of a run. Progress changes in place: `version` says when. */
  progress?: Progress | undefined;
  version?: number;
  /** When the wait of a node ends at the latest. */
  deadlines?: ReadonlyMap<string, number>;
  selected?: string | undefined;
  onSelect(id: string | undefined): void;
  diagnostics?: Map<string, { errors: number; warnings: number }>;
  height?: number | string;
  label: string;
}

export function FlowGraph(props: FlowGraphProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({
  definition,
  progress,
  version = 0,
  deadlines,
  selected,
  onSelect,
  diagnostics,
  height = 560,
  label,
}: FlowGraphProps) {
  const { theme } = useSettings();
  const flow = useReactFlow();
  const onSelectNow = useRef(onSelect);
  useEffect(() => {
    onSelectNow.current = onSelect;
  });
  const select = useMemo(() => (id: string) => onSelectNow.current(id), []);
  const input = useMemo<LayoutInput>(
    () => ({
      nodes: definition.nodes.map((node) => node.id),
      edges: definition.edges.map((edge) => ({
        index: edge.index,
        source: edge.source,
        target: edge.target,
        label: edgeText(edge),
      })),
    }),
    [definition],
  );
  const layout = useLayout(input);

  const minute = useNow(60_000, (deadlines?.size ?? 0) > 0);
  // Only nodes that changed are drawn again.
  const cache = useRef(new Map<string, { key: string; node: Node<NodeData> }>());
  const nodes = useMemo(() => {
    if (!layout) return [];
    const next = new Map<string, { key: string; node: Node<NodeData> }>();
    const now = Date.now();
    const all = definition.nodes.map((node) => {
      const state = progress?.nodes.get(node.id);
      const position = layout.nodes[node.id] ?? { x: 0, y: 0 };
      const found = diagnostics?.get(node.id);
      const text = state ? progressText(state) : '';
      const until = state?.phase === 'waiting' ? deadlines?.get(node.id) : undefined;
      const left = until === undefined ? '' : leftText(until, now);
      const key = JSON.stringify([
        position,
        node.type,
        node.label,
        state?.phase,
        state?.visits,
        text,
        left,
        state?.items,
        selected === node.id,
        found,
      ]);
      const old = cache.current.get(node.id);
      const entry =
        old?.key === key
          ? old
          : {
              key,
              node: {
                id: node.id,
                type: 'flow',
                position,
                width: nodeWidth,
                height: nodeHeight,
                measured,
                handles,
                draggable: false,
                connectable: false,
                focusable: false,
                selectable: false,
                data: {
                  id: node.id,
                  type: node.type,
                  label: node.label,
                  progress: state && { ...state },
                  diagnostics: found,
                  selected: selected === node.id,
                  onSelect: select,
                  text,
                  left,
                },
              } satisfies Node<NodeData>,
            };
      next.set(node.id, entry);
      return entry.node;
    });
    cache.current = next;
    return all;
  }, [layout, definition, progress, version, deadlines, minute, selected, diagnostics, select]);

  const edges = useMemo<Edge<EdgeData>[]>(() => {
    if (!layout) return [];
    return definition.edges.map((edge) => {
      const placed = layout.edges[edge.index];
      const taken = progress ? (progress.edges.get(edge.index) ?? 0) : undefined;
      return {
        id: String(edge.index),
        source: edge.source,
        target: edge.target,
        type: 'flow',
        focusable: false,
        selectable: false,
        markerEnd: {
          type: 'arrowclosed' as never,
          markerUnits: 'userSpaceOnUse',
          width: 18,
          height: 18,
          color: taken ? 'var(--edge-taken)' : 'var(--edge)',
        },
        zIndex: taken ? 1 : 0,
        data: { points: placed?.points ?? [], labelAt: placed?.label, text: edgeText(edge), taken },
      };
    });
  }, [layout, definition, progress, version]);

  // As high as the graph needs, within limits.
  const boxHeight = layout
    ? `clamp(260px, ${Math.ceil(layout.height) + 56}px, ${typeof height === 'number' ? `${height}px` : height})`
    : height;
  const fitted = useRef<Layout>(undefined);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!layout || fitted.current === layout || !box.current) return;
    fitted.current = layout;
    const { clientWidth: width, clientHeight: tall } = box.current;
    const gap = 24;
    const fit = Math.min(
      (width - 2 * gap) / Math.max(layout.width, 1),
      (tall - 2 * gap) / Math.max(layout.height, 1),
    );
    // The whole graph if it stays readable; else the part where the run stands, or the entry.
    const zoom = Math.min(1, Math.max(fit, width < 600 ? 0.62 : 0.85));
    const states = [...(progress?.nodes ?? [])];
    const focus =
      ['failed', 'running', 'waiting', 'compensating'].flatMap((phase) =>
        states.filter(([, state]) => state.phase === phase),
      )[0]?.[0] ?? definition.entry;
    const at = layout.nodes[focus] ?? { x: 0, y: 0 };
    const place = (size: number, space: number, centre: number) =>
      size * zoom + 2 * gap <= space
        ? (space - size * zoom) / 2
        : Math.min(gap, Math.max(space - gap - size * zoom, space / 2 - centre * zoom));
    void flow.setViewport({
      zoom,
      x: place(layout.width, width, at.x + nodeWidth / 2),
      y: place(layout.height, tall, at.y + nodeHeight / 2),
    });
  }, [layout, flow, definition.entry, progress]);

  const shownFor = useRef<string>(undefined);
  useEffect(() => {
    if (!layout || !selected || shownFor.current === selected) return;
    shownFor.current = selected;
    const at = layout.nodes[selected];
    const view = flow.getViewport();
    if (!at || !box.current) return;
    const x = at.x * view.zoom + view.x;
    const y = at.y * view.zoom + view.y;
    if (
      x < 0 ||
      y < 0 ||
      x + nodeWidth * view.zoom > box.current.clientWidth ||
      y + nodeHeight * view.zoom > box.current.clientHeight
    )
      void flow.setCenter(at.x + nodeWidth / 2, at.y + nodeHeight / 2, { zoom: view.zoom });
  }, [selected, layout, flow]);

  if (definition.nodes.length === 0)
    return (
      <div className="graph empty" style={{ height }}>
        No nodes to draw.
      </div>
    );
  return (
    <div className="graph-box">
      {definition.nodes.length > 15 && <NodeSearch definition={definition} onSelect={onSelect} />}
      <div className="graph" ref={box} style={{ height: boxHeight }} role="region" aria-label={label}>
        {layout ? (
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={nodeTypes}
            edgeTypes={edgeTypes}
            colorMode={theme === 'system' ? 'system' : isDark() ? 'dark' : 'light'}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            deleteKeyCode={null}
            selectionKeyCode={null}
            multiSelectionKeyCode={null}
            minZoom={Math.min(0.05, minFitted / Math.max(layout.width, layout.height))}
            maxZoom={2}
            preventScrolling={false}
            zoomOnScroll={false}
            panOnScroll={false}
            zoomActivationKeyCode={['Control', 'Meta']}
            proOptions={{ hideAttribution: true }}
            onPaneClick={() => onSelect(undefined)}
            onlyRenderVisibleElements={definition.nodes.length > 150}
          >
            {definition.nodes.length > 60 && (
              <MiniMap
                pannable
                ariaLabel="Map of the graph"
                nodeStrokeColor="var(--edge)"
                // A node of a large graph would be smaller than a pixel of the map.
                nodeStrokeWidth={Math.max(layout.width / 200, layout.height / 150)}
                maskStrokeColor="var(--accent)"
                maskStrokeWidth={2}
              />
            )}
          </ReactFlow>
        ) : (
          <p className="loading" role="status">
            Drawing {definition.nodes.length} nodes…
          </p>
        )}
      </div>
      {layout && (
        // Below the canvas, where it covers no node.
        <div className="react-flow graph-tools">
          <Controls showInteractive={false} orientation="horizontal" />
        </div>
      )}
    </div>
  );
}
