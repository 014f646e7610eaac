import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { PawlError } from '../client';
import { type ErrorGroup, groupErrors, groupFilter } from '../model/errors';
import { both, mistakeIn } from '../model/filter';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { useSession } from '../session';
import { visibleText } from '../ui/json_view';
import { Empty, FilterMistake, Loading, ProblemNote } from '../ui/notes';

const pageSize = 1000;

/** The failed runs that fit a filter, grouped by error type and node as `pawl runs errors` does. */
export function ErrorGroups({ filter }: { filter: string }) {
  const { client } = useSession();
  const failed = useInfiniteQuery({
    queryKey: ['errors', filter],
    queryFn: ({ pageParam, signal }) =>
      client.get('/v1/runs', {
        query: { status: 'failed', filter: filter || undefined, limit: pageSize, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchOnWindowFocus: false,
    gcTime: 60_000,
  });
  const runs = useMemo(() => failed.data?.pages.flatMap((each) => each.runs) ?? [], [failed.data]);
  const groups = useMemo(() => groupErrors(runs), [runs]);
  if (failed.isPending) return <Loading what="failed runs" />;
  if (!failed.data) {
    const mistake = failed.error instanceof PawlError ? mistakeIn(filter, failed.error.message) : undefined;
    if (mistake) return <FilterMistake filter={filter} mistake={mistake} />;
    return <ProblemNote error={failed.error} title="The failed runs could not be loaded" />;
  }
  return (
    <>
      {groups.length === 0 && !failed.hasNextPage ? (
        <Empty title={filter ? 'No failed run fits the filter.' : 'No runs have failed.'} />
      ) : (
        <Groups groups={groups} filter={filter} />
      )}
      <div className="list-end">
        <span className="dim">
          {failed.hasNextPage
            ? `Of the newest ${plural(runs.length, 'failed run')}`
            : plural(runs.length, 'failed run')}
        </span>
        {failed.hasNextPage && (
          <button
            type="button"
            onClick={() => void failed.fetchNextPage()}
            disabled={failed.isFetchingNextPage}
          >
            {failed.isFetchingNextPage ? 'Reading…' : `Read ${pageSize.toLocaleString('en')} more`}
          </button>
        )}
      </div>
      {failed.isFetchNextPageError && (
        <ProblemNote error={failed.error} title="More failed runs could not be loaded" />
      )}
    </>
  );
}

function Groups({ groups, filter }: { groups: ErrorGroup[]; filter: string }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Errors">
      <table className="list list-card">
        <thead>
          <tr>
            <th scope="col" className="right">
              Count
            </th>
            <th scope="col">Type</th>
            <th scope="col">Node</th>
            <th scope="col">Newest</th>
            <th scope="col">Message of the newest</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={JSON.stringify([group.type, group.node])} data-row>
              <td className="num right">{group.count.toLocaleString('en')}</td>
              <td>
                <Link
                  to={['runs']}
                  query={{ status: 'failed', filter: both(filter, groupFilter(group)) }}
                  data-row-link
                >
                  <bdi>{visibleText(group.type)}</bdi>
                </Link>
              </td>
              <td>
                <bdi>{visibleText(group.node || '–')}</bdi>
              </td>
              <td>
                <Link to={['runs', group.newest.id]}>
                  <bdi>{visibleText(group.newest.id)}</bdi>
                </Link>
              </td>
              <td className="text">
                <div className="clamp">
                  <bdi>{visibleText(group.newest.error?.message ?? '')}</bdi>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
