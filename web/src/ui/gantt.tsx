import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Attempt } from '../model/attempts';
import { type Axis, foldedAxis } from '../model/fold';
import { stepKey } from '../model/steps';
import { clockText, durationText, type Zone } from '../model/time';
import { useSettings } from '../settings';
import { Icon } from './icons';
import { visibleText } from './json_view';
import { useNarrow } from './use_narrow';
import { VirtualList } from './virtual_list';

const kinds = {
  work: 'worked',
  wait: 'waited',
  queue: 'queued for a worker',
  backoff: 'waited before the next attempt',
};

function tookText(attempt: Attempt, now: number): string {
  if (attempt.us !== undefined) return durationText(attempt.us / 1000);
  const end = attempt.segments.at(-1)?.to ?? now;
  return durationText(end - attempt.from);
}

/** The attempts of a run over time: waits hatched, idle stretches folded, rows virtual. */
export function Gantt({
  attempts,
  from,
  to,
  finished,
  selected,
  selectedKey,
  onSelect,
}: {
  attempts: readonly Attempt[];
  from: number;
  to: number;
  finished: boolean;
  /** The node that is selected. */
  selected: string | undefined;
  /** Its step; undefined: all of them are marked. */
  selectedKey: string | undefined;
  onSelect(attempt: Attempt): void;
}) {
  const [fold, setFold] = useState(true);
  const [only, setOnly] = useState<'all' | 'failed' | 'node'>('all');
  const { zone } = useSettings();
  const narrow = useNarrow();
  const axis = useMemo(
    () => foldedAxis(attempts, from, to, fold),
    [attempts, attempts.length, from, to, fold],
  );
  const rows = useMemo(
    () =>
      only === 'failed'
        ? attempts.filter((each) => each.status === 'failed')
        : only === 'node' && selected
          ? attempts.filter((each) => each.node === selected)
          : attempts,
    [attempts, attempts.length, only, selected, to],
  );
  const rowHeight = narrow ? 52 : 30;
  const current = useRef(onSelect);
  useEffect(() => {
    current.current = onSelect;
  });
  const select = useCallback((attempt: Attempt) => current.current(attempt), []);
  return (
    <div className="gantt">
      <div className="filters">
        <div className="field inline">
          <label htmlFor="gantt-only">Show</label>
          <select
            id="gantt-only"
            value={only}
            onChange={(event) => setOnly(event.target.value as typeof only)}
          >
            <option value="all">all attempts</option>
            <option value="failed">failed attempts</option>
            {selected && <option value="node">attempts of {selected}</option>}
          </select>
        </div>
        <label className="check">
          <input type="checkbox" checked={fold} onChange={(event) => setFold(event.target.checked)} /> Fold
          idle time
        </label>
        <ul className="legend">
          <li>
            <span className="swatch seg-work" /> work
          </li>
          <li>
            <span className="swatch seg-wait" /> wait
          </li>
          <li>
            <span className="swatch seg-queue" /> queued for a worker
          </li>
          <li>
            <span className="swatch seg-failed" /> failed
          </li>
        </ul>
      </div>
      {rows.length === 0 ? (
        <p className="dim">No attempts to show.</p>
      ) : (
        <VirtualList
          count={rows.length}
          rowHeight={rowHeight}
          height="min(70vh, 640px)"
          label={`Timeline, ${rows.length} attempts`}
          header={<AxisHead axis={axis} from={from} />}
          row={(i) => (
            <Row
              attempt={rows[i]!}
              axis={axis}
              to={to}
              finished={finished}
              selected={
                rows[i]!.node === selected && (selectedKey === undefined || stepKey(rows[i]!) === selectedKey)
              }
              onSelect={select}
              zone={zone}
            />
          )}
        />
      )}
    </div>
  );
}

/** Whether the label of a tick has room before the end of the axis. */
const fitsLabel = (axis: Axis) => (at: number) => axis.x(at) < 0.95;

function AxisHead({ axis, from }: { axis: Axis; from: number }) {
  return (
    <div className="gantt-axis" aria-hidden="true">
      <span className="gantt-name dim">Step</span>
      <span className="gantt-took dim">Took</span>
      <span className="gantt-track">
        {axis.ticks.filter(fitsLabel(axis)).map((at) => (
          <span key={at} className="tick" style={{ left: `${axis.x(at) * 100}%` }}>
            {at === from ? '0' : `+${durationText(at - from)}`}
          </span>
        ))}
        {axis.folds.map((each) => (
          <span
            key={each.from}
            className="fold-label"
            title={`${durationText(each.to - each.from)} without work`}
            style={{ left: `${each.x0 * 100}%`, width: `${(each.x1 - each.x0) * 100}%` }}
          >
            {durationText(each.to - each.from).split(' ')[0]}
          </span>
        ))}
      </span>
    </div>
  );
}

/** Drawn again only for another attempt or time: scrolling draws no row that stays. */
const Row = memo(function Row({
  attempt,
  axis,
  to,
  finished,
  selected,
  onSelect,
  zone,
}: {
  attempt: Attempt;
  axis: Axis;
  to: number;
  finished: boolean;
  selected: boolean;
  onSelect(attempt: Attempt): void;
  zone: Zone;
}) {
  const took = tookText(attempt, to);
  const name = `${visibleText(attempt.node)}${attempt.visit > 1 ? ` visit ${attempt.visit}` : ''}${attempt.attempt > 1 ? ` attempt ${attempt.attempt}` : ''}${attempt.compensates ? ' (compensation)' : ''}`;
  return (
    <button
      type="button"
      className={`gantt-row${selected ? ' selected' : ''}`}
      aria-pressed={selected}
      onClick={() => onSelect(attempt)}
      title={`${name}\n${clockText(attempt.from, zone)}, ${attempt.segments.map((s) => `${kinds[s.kind]} ${durationText((s.to ?? to) - s.from)}`).join(', ')}${attempt.worker ? `\nworker ${visibleText(attempt.worker)}` : ''}${attempt.error ? `\n${visibleText(attempt.error)}` : ''}`}
    >
      <span className="gantt-name">
        <span className={`attempt-${attempt.status}`}>
          <Icon name={attempt.status} />
        </span>{' '}
        <bdi>{name}</bdi> <span className="offscreen">{attempt.status}</span>
      </span>
      <span className="gantt-took num">{took}</span>
      <span className="gantt-track" aria-hidden="true">
        {axis.folds.map((each) => (
          <span
            key={each.from}
            className="fold"
            style={{ left: `${each.x0 * 100}%`, width: `${(each.x1 - each.x0) * 100}%` }}
          />
        ))}
        {attempt.segments.map((segment, k) => {
          const x0 = axis.x(segment.from);
          const x1 = axis.x(segment.to ?? (finished ? segment.from : to));
          const last = k === attempt.segments.length - 1 || attempt.segments[k + 1]?.kind === 'backoff';
          return (
            <span
              key={k}
              className={`seg seg-${segment.kind === 'backoff' ? 'wait' : segment.kind}${attempt.status === 'failed' && segment.kind !== 'backoff' && last ? ' seg-failed' : ''}${attempt.compensates ? ' seg-compensates' : ''}${segment.to === undefined && !finished ? ' seg-open' : ''}`}
              style={{ left: `${x0 * 100}%`, width: `max(3px, ${(x1 - x0) * 100}%)` }}
            />
          );
        })}
      </span>
    </button>
  );
});
