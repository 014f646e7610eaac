import { useQuery } from '@tanstack/react-query';
import { Suspense, useMemo } from 'react';
import type { ErrorGroups, RunStatus } from '../client';
import { useRenewed } from '../live/use_renewed';
import { changesCounts } from '../model/digest';
import { groupFilter } from '../model/errors';
import { quantiles } from '../model/metrics';
import { durationText } from '../model/time';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { useSession } from '../session';
import { Icon } from '../ui/icons';
import { visibleText } from '../ui/json_view';
import { lazyView } from '../ui/lazy_view';
import { Empty, Loading, Note, ProblemNote } from '../ui/notes';
import { Ago } from '../ui/time';
import { UnservedNotes } from '../ui/unserved_notes';
import { FirstRun } from './first_run';
import { useStats } from './use_stats';

const ActivityChart = lazyView(() => import('../ui/activity_chart').then((m) => m.ActivityChart));

const tiles: { status: RunStatus; text: string }[] = [
  { status: 'running', text: 'executing steps or waiting' },
  { status: 'paused', text: 'wait for an answer, or for resume' },
  { status: 'failed', text: 'fix the cause, then retry' },
  { status: 'completed', text: 'ended without an error' },
  { status: 'cancelled', text: 'ended by a command' },
];

export function Overview() {
  const { client } = useSession();
  const stats = useStats();
  const workers = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => client.get('/v1/workers', { signal }),
    refetchInterval: 15_000,
  });
  const failed = useQuery({
    queryKey: ['overview', 'failed', stats.data?.runs.failed],
    queryFn: ({ signal }) => client.get('/v1/stats/errors', { query: { limit: 1000 }, signal }),
    placeholderData: (old) => old,
  });
  const metrics = useQuery({
    queryKey: ['metrics'],
    queryFn: async ({ signal }) => (await client.open('metrics', {}, signal)).text(),
    refetchInterval: 15_000,
    retry: false,
  });
  const commit = useMemo(
    () => (metrics.data ? quantiles(metrics.data, 'pawl_commit_duration_seconds', [0.5, 0.99]) : undefined),
    [metrics.data],
  );

  if (stats.isPending) return <Loading what="the overview" />;
  if (!stats.data) return <ProblemNote error={stats.error} title="The overview could not be loaded" />;
  const s = stats.data;
  const queues = workers.data?.queues ?? [];
  const oldest = queues
    .map((each) => each.oldest_at)
    .filter((at) => at !== null)
    .sort()[0];
  return (
    <>
      <div className="page-head">
        <h1>Overview</h1>
      </div>
      {Object.values(s.runs).every((count) => count === 0) && <FirstRun />}
      {s.executor.stuck > 0 && (
        <Note
          tone="bad"
          title={`${s.executor.stuck} function call${s.executor.stuck === 1 ? ' is' : 's are'} stuck`}
        >
          Timed out, but not returned. Each keeps a thread.
        </Note>
      )}
      {workers.data && <UnservedNotes workers={workers.data} linked />}
      <section aria-label="Runs by status">
        <ul className="tiles">
          {tiles.map(({ status, text }) => (
            <li key={status}>
              <Link to={['runs']} query={{ status }} className={`tile tile-${status}`}>
                <span className="tile-head">
                  <Icon name={status} /> {status}
                </span>
                <span className="tile-number">{s.runs[status].toLocaleString('en')}</span>
                <span className="tile-text">{text}</span>
              </Link>
            </li>
          ))}
        </ul>
      </section>
      <div className="columns">
        <section className="card">
          <h2>Errors of failed runs</h2>
          <TopErrors errors={failed.data} />
        </section>
        <section className="card">
          <h2>Load now</h2>
          <dl className="facts">
            <div>
              <dt>Function calls running</dt>
              <dd>{s.executor.running}</dd>
            </div>
            <div>
              <dt>Function calls queued</dt>
              <dd>{s.executor.queued}</dd>
            </div>
            <div>
              <dt>Worker tasks queued</dt>
              <dd>
                {s.tasks.queued}
                {oldest && (
                  <span className="dim">
                    {' '}
                    (oldest <Ago at={oldest} />)
                  </span>
                )}
              </dd>
            </div>
            <div>
              <dt>Worker tasks in work</dt>
              <dd>{s.tasks.leased}</dd>
            </div>
            <div>
              <dt>Workers seen</dt>
              <dd>
                <Link to={['workers']}>{workers.data?.workers.length ?? '–'}</Link>
              </dd>
            </div>
            <div>
              <dt>Runs in memory</dt>
              <dd>{s.active_runs.toLocaleString('en')}</dd>
            </div>
            <div>
              <dt title="From a state transition to its durable checkpoint, since the server started">
                Commit latency
              </dt>
              <dd>
                {commit ? (
                  <>
                    median {seconds(commit[0])}, 99% {seconds(commit[1])}
                  </>
                ) : (
                  <span className="dim">no commits yet</span>
                )}
              </dd>
            </div>
            <div>
              <dt>HTTP connections</dt>
              <dd>
                {s.connections.toLocaleString('en')}{' '}
                <span className="dim">
                  ({s.streams === 1 ? '1 event stream' : `${s.streams} event streams`})
                </span>
              </dd>
            </div>
          </dl>
        </section>
      </div>
      <section className="card">
        <h2>Runs per minute</h2>
        <Activity />
      </section>
    </>
  );
}

function Activity() {
  const { client } = useSession();
  const series = useQuery({
    queryKey: ['series'],
    queryFn: ({ signal }) => client.get('/v1/series', { signal }),
    refetchInterval: 10_000,
    placeholderData: (old) => old,
  });
  useRenewed(['series'], 2000, changesCounts);
  if (series.isPending) return <Loading what="the chart" />;
  if (!series.data) return <ProblemNote error={series.error} title="The chart could not be loaded" />;
  return (
    <Suspense fallback={<Loading what="the chart" />}>
      <ActivityChart series={series.data} />
    </Suspense>
  );
}

/** Histograms know only limits: "≤ 2.5ms". */
function seconds(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value === Infinity) return 'over the largest limit';
  return `≤ ${value < 0.001 ? `${Math.round(value * 1e6)}µs` : durationText(value * 1000)}`;
}

function TopErrors({ errors }: { errors: ErrorGroups | undefined }) {
  if (!errors) return <Loading what="errors" />;
  const { groups, runs, exact } = errors;
  if (groups.length === 0) return <Empty title="No failed runs." />;
  return (
    <>
      <ul className="plain errors">
        {groups.slice(0, 8).map((group) => (
          <li key={JSON.stringify([group.type, group.node])}>
            <Link
              to={['runs']}
              query={{ status: 'failed', filter: groupFilter(group) }}
              className="error-line"
            >
              <span className="count">{group.count.toLocaleString('en')}</span>{' '}
              <strong>
                <bdi>{visibleText(group.type)}</bdi>
              </strong>
              {group.node && (
                <span className="dim">
                  {' '}
                  at <bdi>{visibleText(group.node)}</bdi>
                </span>
              )}
            </Link>
            <div className="dim text clamp">
              <bdi>{visibleText(group.message)}</bdi>
            </div>
          </li>
        ))}
      </ul>
      <p className="dim">
        {!exact && `Of the newest ${plural(runs, 'failed run')}. `}
        <Link to={['runs']} query={{ status: 'failed', view: 'errors' }}>
          All errors
        </Link>
      </p>
    </>
  );
}
