import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import type { Job } from '../client';
import { readAgain } from '../live/read_again';
import { jobCount, jobKind, jobProgress } from '../model/jobs';
import { Link } from '../router/link';
import { useSession } from '../session';
import { visibleText } from '../ui/json_view';
import { DamagedNote, Empty, Loading, ProblemNote } from '../ui/notes';
import { JobBadge } from '../ui/status';
import { Ago, Took } from '../ui/time';
import { jobFallbackMs, useJobProgress } from '../ui/use_job';

const pageSize = 50;

/** The jobs of the scope, newest first. */
export function Jobs() {
  const { client } = useSession();
  const queries = useQueryClient();
  const list = useInfiniteQuery({
    queryKey: ['jobs'],
    queryFn: ({ pageParam, signal }) =>
      client.get('/v1/jobs', { query: { limit: pageSize, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : jobFallbackMs),
  });
  // Of the first page only: jobs that have not ended are among the newest.
  useJobProgress(undefined, () => {
    if ((list.data?.pages.length ?? 0) <= 1) void readAgain(queries, { queryKey: ['jobs'] });
  });
  const jobs = list.data?.pages.flatMap((each) => each.jobs) ?? [];
  return (
    <>
      <div className="page-head">
        <h1>Jobs</h1>
      </div>
      <p className="lead">
        A job sends one command to all runs that fit a filter. The server carries it out, also when this page
        is closed.
      </p>
      <DamagedNote what="job" damaged={list.data?.pages.flatMap((each) => each.damaged ?? []) ?? []} />
      {list.isPending ? (
        <Loading what="jobs" />
      ) : !list.data ? (
        <ProblemNote error={list.error} title="The jobs could not be loaded" />
      ) : jobs.length === 0 ? (
        <Empty title="No jobs yet.">
          <p>
            <Link to={['runs']}>Filter the runs</Link>, then choose <em>Commands for all that match</em>.
          </p>
        </Empty>
      ) : (
        <JobTable jobs={jobs} />
      )}
      <div className="list-end">
        {list.hasNextPage && (
          <button type="button" onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
            {list.isFetchingNextPage ? 'Loading…' : `Load ${pageSize} more`}
          </button>
        )}
        {list.data && list.data.pages.length > 1 && (
          <button type="button" onClick={() => void list.refetch()} disabled={list.isFetching}>
            Reload
          </button>
        )}
      </div>
      {list.isFetchNextPageError && <ProblemNote error={list.error} title="More jobs could not be loaded" />}
    </>
  );
}

function JobTable({ jobs }: { jobs: Job[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Jobs">
      <table className="list list-card">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Command</th>
            <th scope="col">Filter</th>
            <th scope="col">Progress</th>
            <th scope="col">Started by</th>
            <th scope="col">Age</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id} data-row>
              <td>
                <JobBadge state={job.state} />
              </td>
              <td className="nowrap">
                <Link to={['jobs', job.id]} data-row-link title={job.id}>
                  {jobKind(job.command).label}
                </Link>
                {job.dry_run && <span className="dim"> dry run</span>}
              </td>
              <td>
                <code className="text">
                  <bdi>{visibleText(job.filter)}</bdi>
                </code>
              </td>
              <td>
                <JobProgress job={job} />
              </td>
              <td>
                <bdi>{visibleText(job.started_by)}</bdi>
              </td>
              <td className="nowrap">
                <Ago at={job.created_at} />
              </td>
              <td className="nowrap">
                <Took from={job.created_at} to={job.ended_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How far a job is, in words and, while it sends commands, as a bar. */
export function JobProgress({ job }: { job: Job }) {
  const isSending = !job.dry_run && job.state === 'running' && job.matched > 0;
  return (
    <>
      {isSending && (
        <progress
          max={job.matched}
          value={job.matched - jobCount(job, 'waiting')}
          aria-label={`Progress of ${job.id}`}
        />
      )}
      {jobProgress(job)}
    </>
  );
}
