import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type ErrorGroup, PawlError } from '../client';
import { coverageText, groupFilter } from '../model/errors';
import { both, mistakeIn } from '../model/filter';
import { Link } from '../router/link';
import { useSession } from '../session';
import { visibleText } from '../ui/json_view';
import { Empty, FilterMistake, Loading, ProblemNote } from '../ui/notes';

/** The runs that are grouped at first, and on demand: the maximum of the server. */
const atFirst = 10_000;
const atMost = 100_000;

/** The failed runs that fit a filter, grouped by error type and node as `pawl runs errors` does. */
export function ErrorGroups({ filter }: { filter: string }) {
  const { client } = useSession();
  const [limit, setLimit] = useState(atFirst);
  const errors = useQuery({
    queryKey: ['errors', filter, limit],
    queryFn: ({ signal }) =>
      client.get('/v1/stats/errors', { query: { filter: filter || undefined, limit }, signal }),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
  if (errors.isPending) return <Loading what="failed runs" />;
  if (!errors.data) {
    const mistake = errors.error instanceof PawlError ? mistakeIn(filter, errors.error.message) : undefined;
    if (mistake) return <FilterMistake filter={filter} mistake={mistake} />;
    return <ProblemNote error={errors.error} title="The failed runs could not be loaded" />;
  }
  const { groups, exact } = errors.data;
  return (
    <>
      {groups.length === 0 && exact ? (
        <Empty title={filter ? 'No failed run fits the filter.' : 'No runs have failed.'} />
      ) : (
        <Groups groups={groups} filter={filter} />
      )}
      <div className="list-end">
        <span className="dim">{coverageText(errors.data)}</span>
        {!exact && limit < atMost && (
          <button type="button" onClick={() => setLimit(atMost)} disabled={errors.isFetching}>
            Read {atMost.toLocaleString('en')}
          </button>
        )}
        {errors.isFetching && <span className="dim">Reading…</span>}
      </div>
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
                <Link to={['runs', group.newest]}>
                  <bdi>{visibleText(group.newest)}</bdi>
                </Link>
              </td>
              <td className="text">
                <div className="clamp">
                  <bdi>{visibleText(group.message)}</bdi>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
