import { useMemo } from 'react';
import type { Run } from '../client';
import { type Definition, nodeOf } from '../model/definition';
import { eventText, kindText } from '../model/events';
import { isActive } from '../model/status';
import { durationText } from '../model/time';
import { Link } from '../router/link';
import { setQuery } from '../router/route';
import { useNow } from '../session';
import { Icon } from '../ui/icons';
import { JsonView, visibleText } from '../ui/json_view';
import { Note } from '../ui/notes';
import { PhaseBadge } from '../ui/status';
import { At } from '../ui/time';
import { NodeSteps } from './node_steps';
import type { LoadedHistory } from './use_run';

/** What one node of a run did, beside the graph. */
export function NodePane({
  node: id,
  definition,
  run,
  history,
  onClose,
}: {
  node: string;
  definition: Definition;
  run: Run;
  history: LoadedHistory;
  onClose(): void;
}) {
  const node = nodeOf(definition, id);
  const progress = history.progress?.nodes.get(id);
  const active = isActive(run);
  const now = useNow(1000, active);
  const events = useMemo(
    () => history.events.filter((each) => each.node === id),
    [history.events, history.version, id],
  );
  if (!node)
    return (
      <aside className="pane" aria-label="Node">
        <p>The flow has no node “{visibleText(id)}”.</p>
      </aside>
    );
  return (
    <aside className="pane" aria-label={`Node ${visibleText(id)}`}>
      <header className="pane-head">
        <h2>
          <bdi>{visibleText(id)}</bdi>
        </h2>
        {progress && <PhaseBadge phase={progress.phase} />}
        <button type="button" className="quiet icon-only" onClick={onClose} aria-label="Close the pane">
          <Icon name="close" />
        </button>
      </header>
      <p className="dim">
        {node.type}
        {typeof node.data['code_ref'] === 'string' && (
          <>
            {' '}
            – <code>{visibleText(node.data['code_ref'])}</code>
          </>
        )}
      </p>
      {progress?.error && (
        <Note
          tone={progress.phase === 'failed' ? 'bad' : 'wait'}
          title={progress.phase === 'failed' ? 'Failed' : 'The last attempt failed'}
        >
          <span className="text">{visibleText(progress.error)}</span>
        </Note>
      )}
      {progress?.wait && (
        <Note tone="wait" title={<span className="text">Waits for {visibleText(progress.wait)}</span>}>
          {progress.until !== undefined && (
            <>
              until <At at={progress.until} ms={false} /> (
              {progress.until > now ? `in ${durationText(progress.until - now)}` : 'now'})
            </>
          )}
        </Note>
      )}
      {progress && (
        <dl className="facts">
          <div>
            <dt>Visits</dt>
            <dd>{progress.visits}</dd>
          </div>
          {progress.attempt > 0 && (
            <div>
              <dt>Attempt</dt>
              <dd>{progress.attempt}</dd>
            </div>
          )}
          {progress.tookUs !== undefined && (
            <div>
              <dt>Took</dt>
              <dd>{durationText(progress.tookUs / 1000)}</dd>
            </div>
          )}
          {progress.items && (
            <div>
              <dt>Items</dt>
              <dd>
                {progress.items.finished} finished, {progress.items.failed} failed, of {progress.items.total}
              </dd>
            </div>
          )}
          {progress.info && (
            <div>
              <dt>Last</dt>
              <dd className="text">
                <bdi>{visibleText(progress.info)}</bdi>
              </dd>
            </div>
          )}
          {progress.children.length > 0 && (
            <div>
              <dt>Subflows</dt>
              <dd className="wrap-list">
                {progress.children.slice(-10).map((each) => (
                  <Link key={each} to={['runs', each]}>
                    <bdi>{visibleText(each)}</bdi>
                  </Link>
                ))}
              </dd>
            </div>
          )}
        </dl>
      )}
      <NodeSteps run={run} node={id} />
      <h3>Settings of the node</h3>
      <JsonView label={`Settings of ${id}`} value={node.data} open={1} />
      <h3>
        Events <span className="dim">{events.length}</span>
      </h3>
      <ol className="plain events-short">
        {events.slice(-12).map((event) => (
          <li key={event.id}>
            <span className="dim">
              <At at={event.at} />
            </span>{' '}
            <strong>{kindText(event.kind)}</strong>{' '}
            <span className="text">
              <bdi>{visibleText(eventText(event))}</bdi>
            </span>
          </li>
        ))}
      </ol>
      {events.length > 0 && (
        <button type="button" className="quiet" onClick={() => setQuery({ tab: 'events' })}>
          All events of this node
        </button>
      )}
    </aside>
  );
}
