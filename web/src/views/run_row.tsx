import { memo } from 'react';
import type { Attribute, RunSummary } from '../client';
import { attributeCondition, attributeText } from '../model/attributes';
import { isActive } from '../model/status';
import { waitWords } from '../model/words';
import { Link } from '../router/link';
import { visibleText } from '../ui/json_view';
import { StatusBadge } from '../ui/status';
import { Ago, Took } from '../ui/time';

/** A run in the list. */
export const RunRow = memo(function RunRow({
  run,
  index,
  top,
  height,
  selected,
  onToggle,
  hideFlow,
  columns,
}: {
  run: RunSummary;
  index: number;
  top: number;
  height: number;
  selected: boolean;
  onToggle: ((run: RunSummary, on: boolean) => void) | undefined;
  hideFlow: boolean;
  /** Names of attributes. */
  columns: readonly string[];
}) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={onToggle ? selected : undefined}
      className={`run-row${selected ? ' selected' : ''}`}
      data-row
      style={{ height, transform: `translateY(${top}px)` }}
    >
      {onToggle && (
        <div role="cell" className="cell-select">
          <input
            type="checkbox"
            aria-label={`Select ${run.id}`}
            checked={selected}
            onChange={(event) => onToggle(run, event.target.checked)}
          />
        </div>
      )}
      <div role="cell" className="cell-status">
        <StatusBadge status={run.status} />
      </div>
      <div role="cell" className="cell-id">
        <Link to={['runs', run.id]} data-row-link title={run.id}>
          <bdi>{visibleText(run.id)}</bdi>
        </Link>
        {run.parent && <span className="dim"> subflow</span>}
      </div>
      {!hideFlow && (
        <div role="cell" className="cell-flow">
          <Link
            to={['flows', run.flow]}
            query={{ version: run.version }}
            title={`${run.flow}@${run.version}`}
          >
            <bdi>{visibleText(run.flow)}</bdi>
          </Link>
          <span className="dim">@{run.version}</span>
        </div>
      )}
      <div role="cell" className="cell-started">
        <Ago at={run.started_at ?? run.created_at} />
      </div>
      <div role="cell" className="cell-took">
        <Took from={run.started_at ?? run.created_at} to={run.finished_at} frozen={!isActive(run)} />
      </div>
      {columns.map((name) => (
        <div key={name} role="cell" className="cell-attribute">
          <AttributeCell name={name} value={run.attributes?.[name]} columns={columns} />
        </div>
      ))}
      <div role="cell" className="cell-error">
        {run.error ? (
          <span title={visibleText(run.error.message)}>
            <strong>
              <bdi>{visibleText(run.error.type)}</bdi>
            </strong>
            {run.error.node && (
              <>
                {' '}
                at <bdi>{visibleText(run.error.node)}</bdi>
              </>
            )}
            : <bdi className="dim">{visibleText(run.error.message)}</bdi>
          </span>
        ) : (
          <span className="dim" title={visibleText(waitWords(run))}>
            <bdi>{visibleText(waitWords(run))}</bdi>
          </span>
        )}
      </div>
    </div>
  );
});

function AttributeCell({
  name,
  value,
  columns,
}: {
  name: string;
  value: Attribute | undefined;
  columns: readonly string[];
}) {
  if (value === undefined) return <span className="dim">–</span>;
  const text = visibleText(attributeText(value));
  return (
    <Link
      to={['runs']}
      query={{ filter: attributeCondition(name, value), columns: columns.join(',') }}
      title={`${text}\nRuns with the same ${visibleText(name)}`}
    >
      <bdi>{text}</bdi>
    </Link>
  );
}
