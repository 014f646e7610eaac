import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Run } from '../client';
import { useRenewed } from '../live/use_renewed';
import { concerns } from '../model/digest';
import { stepKey } from '../model/steps';
import { setQuery, useRoute } from '../router/route';
import { useNow, useSession } from '../session';
import { CopyButton } from '../ui/copy';
import { Gantt } from '../ui/gantt';
import { Icon } from '../ui/icons';
import { visibleText } from '../ui/json_view';
import { Empty, Loading, ProblemNote } from '../ui/notes';
import { At } from '../ui/time';
import { VirtualList } from '../ui/virtual_list';
import { SelectedStep } from './node_steps';
import type { LoadedHistory } from './use_run';

/** The attempts over time, and beside them the step that is selected. */
export function Timeline({
  run,
  history,
  selected,
  onClose,
}: {
  run: Run;
  history: LoadedHistory;
  selected: string | undefined;
  onClose(): void;
}) {
  const step = useRoute().query.get('step') ?? undefined;
  const finished = run.finished_at !== null;
  const now = useNow(1000, !finished);
  const from = history.progress?.first ?? Date.parse(run.created_at);
  const to = Math.max(finished ? Date.parse(run.finished_at!) : now, history.progress?.last ?? 0);
  if (!history.progress) return <Loading what="the timeline" />;
  if (history.progress.attempts.length === 0) return <Empty title="No step has started yet." />;
  const isOpen = selected !== undefined && step !== undefined;
  return (
    <div className={isOpen ? 'split' : ''}>
      <Gantt
        attempts={history.progress.attempts}
        from={from}
        to={to}
        finished={finished}
        selected={selected}
        selectedKey={step}
        onSelect={(attempt) => setQuery({ node: attempt.node, step: stepKey(attempt) })}
      />
      {isOpen ? (
        <aside className="pane" aria-label={`Step of ${visibleText(selected)}`}>
          <header className="pane-head">
            <h2>
              <bdi>{visibleText(selected)}</bdi>
            </h2>
            <button type="button" className="quiet icon-only" onClick={onClose} aria-label="Close the pane">
              <Icon name="close" />
            </button>
          </header>
          <SelectedStep run={run} node={selected} />
          <button type="button" className="quiet" onClick={() => setQuery({ tab: undefined })}>
            All steps of this node
          </button>
        </aside>
      ) : (
        <p className="dim hint-line">Select an attempt to see its input and output.</p>
      )}
    </div>
  );
}

/** The message of a line with what it is about and its context. */
function logText(line: { message: string; about?: string; context?: Record<string, unknown> }): string {
  const about = line.about ? `${line.about}: ` : '';
  const context = line.context ? ` ${JSON.stringify(line.context)}` : '';
  return `${about}${line.message}${context}`;
}

export function Logs({ id }: { id: string }) {
  const { client } = useSession();
  const [level, setLevel] = useState('debug');
  const logs = useQuery({
    queryKey: ['logs', id],
    queryFn: ({ signal }) =>
      client.get('/v1/runs/{id}/logs', { path: { id }, query: { limit: 10_000 }, signal }),
  });
  useRenewed(['logs', id], 1000, (digest) => concerns(digest, id));
  const levels = ['debug', 'info', 'warning', 'error'];
  const lines = useMemo(
    () => (logs.data?.logs ?? []).filter((line) => levels.indexOf(line.level) >= levels.indexOf(level)),
    [logs.data, level],
  );
  if (logs.isPending) return <Loading what="the logs" />;
  if (!logs.data) return <ProblemNote error={logs.error} title="The logs could not be loaded" />;
  return (
    <>
      <div className="filters">
        <div className="field inline">
          <label htmlFor="log-level">Level</label>
          <select id="log-level" value={level} onChange={(event) => setLevel(event.target.value)}>
            {levels.map((each) => (
              <option key={each} value={each}>
                {each}
                {each === 'error' ? '' : ' and above'}
              </option>
            ))}
          </select>
        </div>
        <button type="button" onClick={() => void logs.refetch()}>
          Reload
        </button>
        <CopyButton
          label="Copy all"
          text={() =>
            lines.map((line) => `${line.at} ${line.level} ${line.node} ${logText(line)}`).join('\n')
          }
        />
      </div>
      {lines.length === 0 ? (
        <Empty title="No log lines.">
          <p>
            Steps write them with <code>core.log</code>, or workers with their tasks. The server keeps the
            newest lines in memory only.
          </p>
        </Empty>
      ) : (
        <VirtualList
          count={lines.length}
          rowHeight={26}
          height="min(65vh, 560px)"
          label="Log lines"
          stickToEnd
          row={(i) => {
            const line = lines[i]!;
            return (
              <span className={`log log-${line.level}`}>
                <At at={line.at} /> <strong>{line.level}</strong>{' '}
                <bdi className="dim">{visibleText(line.node)}</bdi>{' '}
                <bdi title={visibleText(logText(line))}>{visibleText(logText(line))}</bdi>
              </span>
            );
          }}
        />
      )}
      <p className="dim">The server keeps only the newest lines, in memory.</p>
    </>
  );
}
