import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Run } from '../client';
import { useEvents, useNow, useSession, useThrottled } from '../session';
import { CopyButton } from '../ui/copy';
import { Gantt } from '../ui/gantt';
import { visibleText } from '../ui/json_view';
import { Empty, Loading, ProblemNote } from '../ui/notes';
import { At } from '../ui/time';
import { VirtualList } from '../ui/virtual_list';
import type { LoadedHistory } from './use_run';

export function Timeline({
  run,
  history,
  selected,
  onSelect,
}: {
  run: Run;
  history: LoadedHistory;
  selected: string | undefined;
  onSelect(node: string): void;
}) {
  const finished = run.finished_at !== null;
  const now = useNow(1000, !finished);
  const from = history.progress?.first ?? Date.parse(run.created_at);
  const to = Math.max(finished ? Date.parse(run.finished_at!) : now, history.progress?.last ?? 0);
  if (!history.progress) return <Loading what="the timeline" />;
  if (history.progress.attempts.length === 0) return <Empty title="No step has started yet." />;
  return (
    <Gantt
      attempts={history.progress.attempts}
      from={from}
      to={to}
      finished={finished}
      selected={selected}
      onSelect={onSelect}
    />
  );
}

export function Logs({ id }: { id: string }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [level, setLevel] = useState('debug');
  const logs = useQuery({
    queryKey: ['logs', id],
    queryFn: ({ signal }) =>
      client.get('/v1/runs/{id}/logs', { path: { id }, query: { limit: 10_000 }, signal }),
  });
  const again = useThrottled(() => void queries.invalidateQueries({ queryKey: ['logs', id] }), 1000);
  useEvents((event) => {
    if (event.run === id) again();
  });
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
          text={() => lines.map((line) => `${line.at} ${line.level} ${line.node} ${line.message}`).join('\n')}
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
                <bdi title={visibleText(line.message)}>{visibleText(line.message)}</bdi>
              </span>
            );
          }}
        />
      )}
      <p className="dim">The server keeps only the newest lines, in memory.</p>
    </>
  );
}
