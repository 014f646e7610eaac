import { useInfiniteQuery } from '@tanstack/react-query';
import { condition } from '../model/filter';
import { Link } from '../router/link';
import { setQuery, useRoute } from '../router/route';
import { useSession } from '../session';
import { FlowFileNotes } from '../ui/flow_files';
import { visibleText } from '../ui/json_view';
import { DamagedNote, Empty, Loading, ProblemNote } from '../ui/notes';

export function Flows() {
  const { client, may } = useSession();
  const { query } = useRoute();
  const text = query.get('q') ?? '';
  const list = useInfiniteQuery({
    queryKey: ['flows', 'list'],
    queryFn: ({ pageParam, signal }) =>
      client.get('/v1/flows', { query: { limit: 200, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
  const damaged = list.data?.pages.flatMap((each) => each.damaged ?? []) ?? [];
  const flows = list.data?.pages.flatMap((each) => each.flows) ?? [];
  const shown = text ? flows.filter((each) => each.name.toLowerCase().includes(text.toLowerCase())) : flows;
  return (
    <>
      <div className="page-head">
        <h1>Flows</h1>
        {may('author') && (
          <Link className="button primary" to={['new']}>
            New flow
          </Link>
        )}
      </div>
      {may('operator') && query.get('for') === 'start' && flows.length > 0 && (
        <p className="lead">Choose the flow that the new run executes.</p>
      )}
      <FlowFileNotes />
      {list.isPending && <Loading what="flows" />}
      <ProblemNote error={list.error} title="The flows could not be loaded" />
      <DamagedNote what="flow" damaged={damaged} />
      {list.data && flows.length === 0 && damaged.length === 0 && (
        <Empty title="No flows yet.">
          <p>
            {may('author') ? (
              <>
                Write one in the <Link to={['new']}>editor</Link>, or store a file:
              </>
            ) : (
              'An author stores one with:'
            )}
          </p>
          <pre>
            <code>pawl flows put FLOW.json --server {location.origin}</code>
          </pre>
        </Empty>
      )}
      {flows.length > 0 && (
        <>
          <div className="filters">
            <div className="field inline grow">
              <label htmlFor="flow-text">Find</label>
              <input
                id="flow-text"
                data-search
                type="search"
                value={text}
                onChange={(event) => setQuery({ q: event.target.value || undefined })}
              />
            </div>
          </div>
          <table className="list list-card">
            <thead>
              <tr>
                <th scope="col">Flow</th>
                <th scope="col">Starts use</th>
                <th scope="col">Latest</th>
                <th scope="col">
                  <span className="offscreen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <tr key={each.name} data-row>
                  <td>
                    <Link
                      to={['flows', each.name]}
                      query={
                        may('operator') && query.get('for') === 'start' && each.published
                          ? { tab: 'start' }
                          : {}
                      }
                      data-row-link
                    >
                      <bdi>{visibleText(each.name)}</bdi>
                    </Link>
                  </td>
                  <td>{each.published ? each.published : <span className="dim">none published</span>}</td>
                  <td>
                    {each.latest}
                    {each.published && each.published !== each.latest && (
                      <span className="dim"> (not published)</span>
                    )}
                  </td>
                  <td className="actions">
                    <Link to={['runs']} query={{ filter: condition('flow', '=', each.name) }}>
                      Runs
                    </Link>
                    {may('operator') && each.published && (
                      <Link to={['flows', each.name]} query={{ tab: 'start' }}>
                        Start
                      </Link>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {shown.length === 0 && <Empty title={`No flow contains “${text}”.`} />}
          {list.hasNextPage && (
            <button type="button" onClick={() => void list.fetchNextPage()}>
              Load more
            </button>
          )}
        </>
      )}
    </>
  );
}
