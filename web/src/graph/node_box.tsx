// How a node and an edge of the graph look.

import {
  BaseEdge,
  type Edge,
  type EdgeProps,
  Handle,
  type Node,
  type NodeProps,
  Position,
} from '@xyflow/react';
import { memo } from 'react';
import type { NodeProgress } from '../model/progress';
import { durationText } from '../model/time';
import { plural } from '../model/words';
import { Icon } from '../ui/icons';
import { visibleText } from '../ui/json_view';
import { phaseIcons, phaseWords } from '../ui/status';
import { type Point, roundedPath, shortLabel } from './layout';

export interface NodeData extends Record<string, unknown> {
  id: string;
  type: string;
  label: string;
  progress: NodeProgress | undefined;
  diagnostics: { errors: number; warnings: number } | undefined;
  selected: boolean;
  onSelect(id: string): void;
  text: string;
  /** "59min left"; empty if it waits for nothing that ends by time. */
  left: string;
}

export interface EdgeData extends Record<string, unknown> {
  points: Point[];
  labelAt: Point | undefined;
  text: string;
  taken: number | undefined;
}

/** What a node of a run says in its second line. */
export function progressText(progress: NodeProgress): string {
  const parts: string[] = [];
  if (progress.items)
    parts.push(
      `${progress.items.finished}/${progress.items.total} items${progress.items.failed > 0 ? `, ${progress.items.failed} failed` : ''}`,
    );
  if (progress.phase === 'waiting' && progress.wait)
    parts.push(progress.wait.startsWith('attempt ') ? `${progress.wait} follows` : `for ${progress.wait}`);
  else if (progress.fraction !== undefined && progress.phase === 'running')
    parts.push(`${Math.round(progress.fraction * 100)}%`);
  else if (progress.tookUs !== undefined && progress.phase !== 'running')
    parts.push(durationText(progress.tookUs / 1000));
  if (progress.attempt > 1 && !progress.wait.startsWith('attempt '))
    parts.push(`attempt ${progress.attempt}`);
  return parts.join(', ');
}

export const NodeBox = memo(function NodeBox({ data }: NodeProps<Node<NodeData>>) {
  const { id, type, label, progress, selected, onSelect, diagnostics, text, left } = data;
  const said = [text, left].filter(Boolean).join(', ');
  const phase = progress?.phase;
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <button
        type="button"
        className={`node${phase ? ` phase-${phase}` : ''}${selected ? ' selected' : ''}${diagnostics?.errors ? ' has-errors' : ''} nopan`}
        aria-pressed={selected}
        title={`${visibleText(id)}${said ? `\n${said}` : ''}`}
        onClick={() => onSelect(id)}
      >
        <span className="node-title">
          <bdi>{visibleText(label || id)}</bdi>
          {progress && progress.visits > 1 && (
            <span className="node-visits" title={`${progress.visits} visits`}>
              ×{progress.visits}
            </span>
          )}
        </span>
        <span className="node-line">
          {phase && (
            <span className="node-phase">
              <Icon name={phaseIcons[phase]} />
              {phaseWords[phase]}
            </span>
          )}
          {diagnostics && (
            <span className={diagnostics.errors ? 'node-errors' : 'node-warnings'}>
              <Icon name="warning" />
              {diagnostics.errors
                ? plural(diagnostics.errors, 'error')
                : plural(diagnostics.warnings, 'warning')}
            </span>
          )}
          <span className="node-type">{type}</span>
        </span>
        {said && (
          <span className="node-text">
            <bdi>{visibleText(text)}</bdi>
            {left && <span>{left}</span>}
          </span>
        )}
        {progress?.items && progress.items.total > 0 && (
          <span className="node-bar">
            <span
              style={{
                width: `${(100 * (progress.items.finished + progress.items.failed)) / progress.items.total}%`,
              }}
            />
          </span>
        )}
      </button>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
});

export const FlowEdgeView = memo(function FlowEdgeView({ data, markerEnd }: EdgeProps<Edge<EdgeData>>) {
  if (!data) return null;
  const { points, labelAt, text, taken } = data;
  const times = taken !== undefined && taken > 1 ? `×${taken}` : '';
  const label = [shortLabel(visibleText(text)), times].filter(Boolean).join(' ');
  const at = labelAt ?? points[Math.floor(points.length / 2)];
  return (
    <g className={taken === undefined ? 'edge' : taken > 0 ? 'edge taken' : 'edge untaken'}>
      <title>{visibleText(text)}</title>
      <BaseEdge
        path={roundedPath(points)}
        {...(markerEnd ? { markerEnd } : {})}
        {...(label && at
          ? {
              label,
              labelX: at.x,
              labelY: at.y,
              labelBgPadding: [5, 3] as [number, number],
              labelBgBorderRadius: 4,
            }
          : {})}
      />
    </g>
  );
});
