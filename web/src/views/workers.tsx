import { useQuery } from '@tanstack/react-query';
import { useRenewed } from '../live/use_renewed';
import { isServed } from '../model/why';
import { useSession } from '../session';
import { Icon } from '../ui/icons';
import { visibleText } from '../ui/json_view';
import { Empty, Loading, ProblemNote } from '../ui/notes';
import { Ago } from '../ui/time';
import { UnservedNotes } from '../ui/unserved_notes';

const concerning = ['task_queued', 'task_leased', 'lease_lost', 'step_finished', 'step_failed'];

export function WorkersPage() {
  const { client } = useSession();
  const workers = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => client.get('/v1/workers', { signal }),
    refetchInterval: 10_000,
  });
  const functions = useQuery({
    queryKey: ['functions'],
    queryFn: ({ signal }) => client.get('/v1/functions', { signal }),
    staleTime: 60_000,
  });
  useRenewed(['workers'], 2000, ({ kinds }) => concerning.some((kind) => kinds[kind]));
  if (workers.isPending) return <Loading what="workers" />;
  if (!workers.data) return <ProblemNote error={workers.error} title="The workers could not be loaded" />;
  const { queues, workers: list } = workers.data;
  return (
    <>
      <div className="page-head">
        <h1>Workers and queues</h1>
      </div>
      <UnservedNotes workers={workers.data} />
      <section className="card">
        <h2>Queues</h2>
        {queues.length === 0 ? (
          <Empty title="No tasks are queued or in work." />
        ) : (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Queues">
            <table className="list">
              <thead>
                <tr>
                  <th scope="col">Queue</th>
                  <th scope="col">Function</th>
                  <th scope="col" className="right">
                    Queued
                  </th>
                  <th scope="col" className="right">
                    In work
                  </th>
                  <th scope="col">Oldest queued</th>
                  <th scope="col">Served</th>
                </tr>
              </thead>
              <tbody>
                {queues.map((each) => (
                  <tr key={`${each.queue} ${each.code_ref}`}>
                    <td>
                      <bdi>{visibleText(each.queue)}</bdi>
                    </td>
                    <td>
                      <code>
                        <bdi>{visibleText(each.code_ref)}</bdi>
                      </code>
                    </td>
                    <td className="right num">{each.queued}</td>
                    <td className="right num">{each.leased}</td>
                    <td>
                      <Ago at={each.oldest_at} />
                    </td>
                    <td>
                      {isServed(workers.data, each.code_ref, each.queue) ? (
                        <span className="status status-completed">
                          <Icon name="completed" /> yes
                        </span>
                      ) : (
                        <span className="status status-failed">
                          <Icon name="failed" /> by no worker
                        </span>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section className="card">
        <h2>Workers</h2>
        {list.length === 0 ? (
          <Empty title="No worker has polled lately.">
            <p>
              A worker is your own program with functions for flows. It uses the Python SDK or polls{' '}
              <code>POST /v1/tasks/poll</code> itself. The functions below need no worker.
            </p>
          </Empty>
        ) : (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Workers">
            <table className="list">
              <thead>
                <tr>
                  <th scope="col">Worker</th>
                  <th scope="col">Queue</th>
                  <th scope="col">Functions</th>
                  <th scope="col" className="right">
                    Tasks in work
                  </th>
                  <th scope="col">Last seen</th>
                </tr>
              </thead>
              <tbody>
                {list.map((each) => (
                  <tr key={`${each.worker} ${each.queue}`}>
                    <td>
                      <bdi>{visibleText(each.worker)}</bdi>
                    </td>
                    <td>
                      <bdi>{visibleText(each.queue)}</bdi>
                    </td>
                    <td>
                      {each.functions.slice(0, 12).map((name) => (
                        <code key={name} className="tag">
                          <bdi>{visibleText(name)}</bdi>
                        </code>
                      ))}
                      {each.functions.length > 12 && (
                        <span className="dim">and {each.functions.length - 12} more</span>
                      )}
                    </td>
                    <td className="right num">{each.leases}</td>
                    <td>
                      <Ago at={each.last_seen} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section className="card">
        <h2>
          Functions of the server <span className="dim">need no worker</span>
        </h2>
        {functions.data ? (
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Functions">
            <table className="list">
              <thead>
                <tr>
                  <th scope="col">Function</th>
                  <th scope="col">What it does</th>
                  <th scope="col" className="right">
                    Concurrent calls
                  </th>
                </tr>
              </thead>
              <tbody>
                {functions.data.functions.map((each) => (
                  <tr key={each.code_ref}>
                    <td>
                      <code>{visibleText(each.code_ref)}</code>
                    </td>
                    <td className="text">{visibleText(each.description)}</td>
                    <td className="right">
                      {each.max_concurrency === 0 ? 'no limit' : `at most ${each.max_concurrency}`}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : functions.error ? (
          <ProblemNote error={functions.error} title="The functions could not be loaded" />
        ) : (
          <Loading what="functions" />
        )}
      </section>
    </>
  );
}
