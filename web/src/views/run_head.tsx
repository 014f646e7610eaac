import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Run, RunError } from '../client';
import { useRenewed } from '../live/use_renewed';
import { type Command, legalCommands, wording } from '../model/commands';
import { type Definition, isObject, signalNames, textOf } from '../model/definition';
import { concerns } from '../model/digest';
import { both, condition } from '../model/filter';
import { isActive } from '../model/status';
import { adviceOf, cancelReason, moverText } from '../model/why';
import { Link } from '../router/link';
import { useSession } from '../session';
import { CommandDialog } from '../ui/command_dialog';
import { CopyButton } from '../ui/copy';
import { Icon } from '../ui/icons';
import { visibleText } from '../ui/json_view';
import { Note } from '../ui/notes';
import { DeleteRunDialog, KeepDialog } from '../ui/removal_dialogs';
import { StatusBadge } from '../ui/status';
import { Ago, At, Took } from '../ui/time';
import { AttributeFacts, AttributeProblems } from './run_attributes';
import { useExplanation, Why } from './run_why';
import type { LoadedHistory } from './use_run';

const destructiveLast: Command[] = ['cancel', 'terminate', 'skip'];

/** The top of the page of a run: status, commands, the error, why it does not move, facts. */
export function RunHead({
  run,
  definition,
  history,
  onNode,
}: {
  run: Run;
  definition: Definition | undefined;
  history: LoadedHistory;
  onNode(id: string): void;
}) {
  const { may } = useSession();
  const [open, setOpen] = useState<{ command: Command; signal?: string }>();
  const [removal, setRemoval] = useState<'delete' | 'keep'>();
  const active = isActive(run);
  const ended = run.finished_at !== null;
  const explained = useExplanation(run);
  const failure = run.status === 'failed' ? explained.data?.reasons[0] : undefined;
  const cancelled = run.status === 'cancelled' ? cancelReason(history.events) : '';
  const commands = may('operator') ? legalCommands(run).filter((each) => each !== 'answer') : [];
  const ordered = [
    ...commands.filter((each) => !destructiveLast.includes(each)),
    ...commands.filter((each) => destructiveLast.includes(each)),
  ];
  const signals = definition ? signalNames(definition) : [];
  const note = run.pausing ? 'pausing' : run.undoing && active ? 'compensating' : undefined;
  return (
    <>
      <nav aria-label="Breadcrumb" className="crumbs">
        <Link to={['runs']}>Runs</Link> /{' '}
        <Link to={['runs']} query={{ filter: condition('flow', '=', run.flow) }}>
          <bdi>{visibleText(run.flow)}</bdi>
        </Link>
      </nav>
      <div className="page-head run-title">
        <h1>
          <bdi>{visibleText(run.id)}</bdi>
        </h1>
        <StatusBadge status={run.status} note={note} />
        {run.kept && (
          <span className="status" title="It is protected from being deleted until it is released.">
            <Icon name="lock" /> kept
          </span>
        )}
        <CopyButton label="Copy id" text={run.id} />
        {(ordered.length > 0 || may('admin')) && (
          <div className="commands" role="group" aria-label="Commands">
            {ordered.map((command) => (
              <button
                key={command}
                type="button"
                className={
                  wording[command].destructive
                    ? 'danger-quiet'
                    : command === ordered[0] && run.status === 'failed'
                      ? 'primary'
                      : ''
                }
                onClick={() => setOpen({ command })}
              >
                {wording[command].label}
              </button>
            ))}
            {may('admin') && (
              <button type="button" onClick={() => setRemoval('keep')}>
                {run.kept ? 'Release…' : 'Keep…'}
              </button>
            )}
            {may('admin') && ended && !run.kept && (
              <button type="button" className="danger-quiet" onClick={() => setRemoval('delete')}>
                Delete…
              </button>
            )}
          </div>
        )}
      </div>
      {run.error && (
        <RunErrorNote
          run={run}
          error={run.error}
          advice={failure && `${adviceOf(failure, run.error)} ${moverText(failure)}`}
          onNode={onNode}
        />
      )}
      {cancelled && (
        <Note tone="neutral" title={<span className="text">Cancelled: {visibleText(cancelled)}</span>} />
      )}
      <Why
        run={run}
        definition={definition}
        explained={explained.data}
        error={explained.error}
        onSignal={(signal) => setOpen({ command: 'signal', signal })}
      />
      <AttributeProblems run={run} />
      <Facts run={run} definition={definition} onNode={onNode} />
      {removal === 'keep' && <KeepDialog run={run} onClose={() => setRemoval(undefined)} />}
      {removal === 'delete' && <DeleteRunDialog run={run} onClose={() => setRemoval(undefined)} />}
      {open && (
        <CommandDialog
          command={open.command}
          run={run}
          signals={signals}
          signal={open.signal}
          onClose={() => setOpen(undefined)}
        />
      )}
    </>
  );
}

function RunErrorNote({
  run,
  error,
  advice,
  onNode,
}: {
  run: Run;
  error: RunError;
  advice: string | undefined;
  onNode(id: string): void;
}) {
  return (
    <div role="group" aria-label="Error" className="error-box">
      <Note
        tone={run.status === 'failed' ? 'bad' : 'wait'}
        title={
          <>
            <bdi>{visibleText(error.type)}</bdi>
            {error.node && (
              <>
                {' '}
                at{' '}
                <button type="button" className="link" onClick={() => onNode(error.node)}>
                  <bdi>{visibleText(error.node)}</bdi>
                </button>
              </>
            )}
            {error.attempt > 1 && <>, attempt {error.attempt}</>}
          </>
        }
      >
        <p className="text error-text">
          <bdi>{visibleText(error.message)}</bdi>
        </p>
        {run.status === 'failed' && advice && <p className="text advice">{visibleText(advice)}</p>}
      </Note>
    </div>
  );
}

function Facts({
  run,
  definition,
  onNode,
}: {
  run: Run;
  definition: Definition | undefined;
  onNode(id: string): void;
}) {
  const active = isActive(run);
  const origin = forkOrigin(run);
  return (
    <dl className="facts run-facts">
      <div>
        <dt>Flow</dt>
        <dd>
          <Link to={['flows', run.flow]} query={{ version: run.version }}>
            <bdi>{visibleText(run.flow)}</bdi>@{run.version}
          </Link>
        </dd>
      </div>
      <div>
        <dt>Started</dt>
        <dd>
          <Ago at={run.started_at ?? run.created_at} />{' '}
          <span className="dim nowrap">
            <At at={run.started_at ?? run.created_at} ms={false} />
          </span>
        </dd>
      </div>
      <div>
        <dt>{run.finished_at ? 'Took' : 'For'}</dt>
        <dd>
          <Took from={run.started_at ?? run.created_at} to={run.finished_at} />
        </dd>
      </div>
      <div>
        <dt>Stands at</dt>
        <dd>
          {run.at.length === 0 ? (
            <span className="dim">{active ? '–' : 'the end'}</span>
          ) : (
            <AtNodes at={run.at} onNode={onNode} />
          )}
        </dd>
      </div>
      <div>
        <dt>Checkpoint</dt>
        <dd className="num">
          <Link
            to={['runs', run.id]}
            query={{ tab: 'data', at: String(run.checkpoint) }}
            title="Data at this checkpoint, and its changes"
          >
            {run.checkpoint.toLocaleString('en')}
          </Link>
        </dd>
      </div>
      <AttributeFacts run={run} />
      {run.parent && (
        <div>
          <dt>Parent</dt>
          <dd>
            <Link to={['runs', run.parent]}>
              <bdi>{visibleText(run.parent)}</bdi>
            </Link>
          </dd>
        </div>
      )}
      {run.restarted_from && (
        <div>
          <dt>{origin ? 'Fork of' : 'Restart of'}</dt>
          <dd>
            <Link to={['runs', run.restarted_from]}>
              <bdi>{visibleText(run.restarted_from)}</bdi>
            </Link>
            {origin && ` at checkpoint ${origin}`}
          </dd>
        </div>
      )}
      {definition?.nodes.some((node) => node.type === 'subflow') && <Subflows run={run} />}
      {run.inbox.length > 0 && (
        <div>
          <dt>Signals kept</dt>
          <dd>
            {run.inbox.slice(0, 10).map((each, i) => (
              <span key={i}>
                {i > 0 && ', '}
                <bdi>{visibleText(each.type)}</bdi>
              </span>
            ))}
            {run.inbox.length > 10 && ` and ${run.inbox.length - 10} more`}
          </dd>
        </div>
      )}
    </dl>
  );
}

const shownSubflows = 20;

/** The subflows that the run has started, which begin after it. */
function Subflows({ run }: { run: Run }) {
  const { client } = useSession();
  const where = both(condition('parent', '=', run.id), condition('started', '>=', run.created_at));
  const queryKey = ['subflows', run.id];
  const list = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      client.get('/v1/runs', { query: { filter: where, order: 'oldest', limit: shownSubflows }, signal }),
  });
  useRenewed(queryKey, 1000, (digest) => Boolean(digest.kinds['child_started']) && concerns(digest, run.id));
  const runs = list.data?.runs ?? [];
  if (runs.length === 0 && !list.data?.next) return null;
  return (
    <div>
      <dt>Subflows</dt>
      <dd className="wrap-list">
        {runs.map((each) => (
          <Link key={each.id} to={['runs', each.id]} title={`${each.id}: ${each.status}`}>
            <bdi>{visibleText(each.id)}</bdi>
          </Link>
        ))}
        {list.data?.next && (
          <Link to={['runs']} query={{ filter: where, order: 'oldest' }}>
            More
          </Link>
        )}
      </dd>
    </div>
  );
}

/** The checkpoint from which the run was forked; undefined if it was not. */
function forkOrigin(run: Run): string | undefined {
  const from = isObject(run.metadata) ? run.metadata['forked_from'] : undefined;
  return isObject(from) && from['run'] === run.restarted_from ? textOf(from['checkpoint']) : undefined;
}

function AtNodes({ at, onNode }: { at: string[]; onNode(id: string): void }) {
  const counts = new Map<string, number>();
  for (const node of at) counts.set(node, (counts.get(node) ?? 0) + 1);
  const shown = [...counts].slice(0, 6);
  return (
    <span className="wrap-list">
      {shown.map(([node, count]) => (
        <button key={node} type="button" className="link" onClick={() => onNode(node)}>
          <bdi>{visibleText(node)}</bdi>
          {count > 1 ? ` ×${count}` : ''}
        </button>
      ))}
      {counts.size > shown.length && <span className="dim">and {counts.size - shown.length} more</span>}
    </span>
  );
}
