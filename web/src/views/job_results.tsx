import { useInfiniteQuery } from '@tanstack/react-query';
import type { Job, JobOutcome, JobResult } from '../client';
import { hasEnded, jobCount } from '../model/jobs';
import { Link } from '../router/link';
import { setQuery, useRoute } from '../router/route';
import { useSession } from '../session';
import { visibleText } from '../ui/json_view';
import { DamagedNote, Loading, ProblemNote } from '../ui/notes';
import { OutcomeBadge } from '../ui/status';
import { TabPanel, Tabs } from '../ui/tabs';
import { jobFallbackMs, useJobProgress } from '../ui/use_job';
import { useNarrow } from '../ui/use_narrow';
import { VirtualList } from '../ui/virtual_list';

const pageSize = 500;
const outcomes: [JobOutcome, string][] = [
  ['done', 'Done'],
  ['refused', 'Refused'],
  ['failed', 'Failed'],
  ['waiting', 'Waiting'],
];

/** The runs of a job and what became of each, by outcome; the outcome is in the URL. */
export function JobResults({ job }: { job: Job }) {
  const { query } = useRoute();
  const outcome = outcomes.map(([id]) => id).find((each) => each === query.get('outcome'));
  const selected = outcome ?? 'all';
  return (
    <>
      <Tabs
        label="Outcome"
        panel="job-panel"
        selected={selected}
        onSelect={(id) => setQuery({ outcome: id === 'all' ? undefined : id })}
        tabs={[
          { id: 'all', label: 'All', count: job.matched },
          ...(job.dry_run ? [] : outcomes.map(([id, label]) => ({ id, label, count: jobCount(job, id) }))),
        ]}
      />
      <TabPanel panel="job-panel" selected={selected}>
        <Results key={selected} job={job} outcome={outcome} />
      </TabPanel>
    </>
  );
}

function Results({ job, outcome }: { job: Job; outcome: JobOutcome | undefined }) {
  const { client } = useSession();
  const narrow = useNarrow();
  const ended = hasEnded(job);
  const list = useInfiniteQuery({
    // What is read after the end is final.
    queryKey: ['job', job.id, 'results', outcome ?? 'all', ended],
    queryFn: ({ pageParam, signal }) =>
      client.get('/v1/jobs/{id}/results', {
        path: { id: job.id },
        query: { first: pageParam, limit: pageSize, outcome },
        signal,
      }),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (before) => before,
    staleTime: ended ? Infinity : 0,
    // Of one page only; more are read again with the button.
    refetchInterval: ({ state }) => (ended || (state.data?.pages.length ?? 0) > 1 ? false : jobFallbackMs),
  });
  useJobProgress(job.id, () => {
    if (!ended && (list.data?.pages.length ?? 0) <= 1) void list.refetch();
  });
  if (list.isPending) return <Loading what="the runs" />;
  if (!list.data) return <ProblemNote error={list.error} title="The runs of the job could not be loaded" />;
  const results = list.data.pages.flatMap((each) => each.results);
  return (
    <>
      <DamagedNote what="result" damaged={list.data.pages.flatMap((each) => each.damaged ?? [])} />
      {results.length === 0 && !list.hasNextPage ? (
        <p className="dim">{outcome ? `No run is ${outcome}.` : 'No run fits the filter.'}</p>
      ) : (
        <VirtualList
          count={results.length}
          rowHeight={narrow ? 56 : 36}
          height="min(65vh, 600px)"
          label="Runs of the job"
          row={(i) => <Row result={results[i]!} job={job} />}
        />
      )}
      <div className="list-end">
        {list.hasNextPage && (
          <button type="button" onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
            {list.isFetchingNextPage ? 'Loading…' : `Load ${pageSize} more`}
          </button>
        )}
        {!ended && list.data.pages.length > 1 && (
          <button type="button" onClick={() => void list.refetch()} disabled={list.isFetching}>
            Reload
          </button>
        )}
      </div>
    </>
  );
}

function Row({ result, job }: { result: JobResult; job: Job }) {
  const dryRun = job.dry_run;
  const isDeleted = job.command === 'delete' && result.outcome === 'done';
  return (
    <div className={dryRun ? 'job-row dry' : 'job-row'} data-row>
      {!dryRun && <OutcomeBadge outcome={result.outcome} />}
      {isDeleted ? (
        <bdi>{visibleText(result.run)}</bdi>
      ) : (
        <Link to={['runs', result.run]} data-row-link>
          <bdi>{visibleText(result.run)}</bdi>
        </Link>
      )}
      <bdi className="dim" title={visibleText(result.message)}>
        {visibleText(result.message)}
      </bdi>
    </div>
  );
}
