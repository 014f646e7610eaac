import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Run, RunError } from '../client';
import { type Command, legalCommands, wording } from '../model/commands';
import { answerSchema, type Definition, nodeOf, signalNames } from '../model/definition';
import { condition } from '../model/filter';
import { isActive } from '../model/status';
import { type Explanation, explain } from '../model/why';
import { Link } from '../router/link';
import { useNow, useSession } from '../session';
import { AnswerForm } from '../ui/answer_form';
import { CommandDialog } from '../ui/command_dialog';
import { CopyButton } from '../ui/copy';
import { visibleText } from '../ui/json_view';
import { Note } from '../ui/notes';
import { StatusBadge } from '../ui/status';
import { Ago, At, Took } from '../ui/time';
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
  const { client, may } = useSession();
  const [open, setOpen] = useState<{ command: Command; signal?: string }>();
  const waitsForWorker = run.waiting_on.some((wait) => wait.kind === 'worker');
  const workers = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => client.get('/v1/workers', { signal }),
    enabled: waitsForWorker,
    refetchInterval: 10_000,
  });
  const active = isActive(run);
  const now = useNow(1000, active);
  const reasons = explain(run, definition, history.progress, history.events, workers.data, now);
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
        <CopyButton label="Copy id" text={run.id} />
        {ordered.length > 0 && (
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
          </div>
        )}
      </div>
      {run.error && <RunErrorNote run={run} error={run.error} advice={reasons[0]?.advice} onNode={onNode} />}
      <Why
        run={run}
        definition={definition}
        reasons={reasons}
        onSignal={(signal) => setOpen({ command: 'signal', signal })}
      />
      <Facts run={run} history={history} onNode={onNode} />
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

/** Why the run does not move, and what it waits for: signals to send, questions to answer. */
function Why({
  run,
  definition,
  reasons,
  onSignal,
}: {
  run: Run;
  definition: Definition | undefined;
  reasons: Explanation[];
  onSignal(name: string): void;
}) {
  const { may } = useSession();
  const awaited = run.waiting_on.filter((wait) => wait.kind === 'signal');
  const questions = run.waiting_on.filter((wait) => wait.kind === 'answer');
  return (
    <div className="why" aria-label="Why it stands where it stands" role="group">
      {(run.error && run.status === 'failed' ? [] : reasons).slice(0, 5).map((each, i) => (
        <Note
          key={i}
          tone={each.tone}
          title={<span className="text">{visibleText(each.headline)}</span>}
          action={
            each.run ? (
              <Link className="button" to={['runs', each.run]}>
                Open the subflow
              </Link>
            ) : undefined
          }
        >
          {each.advice && <span className="text">{visibleText(each.advice)}</span>}
        </Note>
      ))}
      {reasons.length > 5 && <p className="dim">And {reasons.length - 5} more waits: see the graph.</p>}
      {may('operator') && awaited.length > 0 && run.status === 'running' && (
        <div className="row">
          {[...new Set(awaited.map((wait) => wait.name))].map((name) => (
            <button key={name} type="button" className="primary" onClick={() => onSignal(name)}>
              Send the signal <bdi>{visibleText(name)}</bdi>
            </button>
          ))}
        </div>
      )}
      {questions.map((wait) => {
        const node = definition && nodeOf(definition, wait.node);
        return (
          <section key={wait.name} className="card" aria-label={`Question ${wait.name}`}>
            <h2>
              Question at <bdi>{visibleText(wait.node)}</bdi>
            </h2>
            {may('operator') ? (
              <AnswerForm
                key={String(definition !== undefined)}
                run={run}
                question={wait.name}
                value={wait.question}
                schema={definition && answerSchema(definition, wait.node)}
                inDoubt={node?.data['effect'] === 'once'}
              />
            ) : (
              <p className="question text">
                {typeof wait.question === 'string' ? wait.question : JSON.stringify(wait.question)}
              </p>
            )}
          </section>
        );
      })}
    </div>
  );
}

function Facts({ run, history, onNode }: { run: Run; history: LoadedHistory; onNode(id: string): void }) {
  const active = isActive(run);
  const children = useMemo(
    () => [
      ...new Set([
        ...[...(history.progress?.nodes.values() ?? [])].flatMap((each) => each.children),
        ...run.waiting_on.filter((wait) => wait.kind === 'run').map((wait) => wait.name),
      ]),
    ],
    [history.progress, history.version, run],
  );
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
            <span className="dim">{active ? '–' : 'its end'}</span>
          ) : (
            <AtNodes at={run.at} onNode={onNode} />
          )}
        </dd>
      </div>
      <div>
        <dt>Checkpoint</dt>
        <dd className="num">{run.checkpoint.toLocaleString('en')}</dd>
      </div>
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
          <dt>Restart of</dt>
          <dd>
            <Link to={['runs', run.restarted_from]}>
              <bdi>{visibleText(run.restarted_from)}</bdi>
            </Link>
          </dd>
        </div>
      )}
      {children.length > 0 && (
        <div>
          <dt>Subflows</dt>
          <dd className="wrap-list">
            {children.slice(0, 20).map((each) => (
              <Link key={each} to={['runs', each]} title={each}>
                <bdi>{visibleText(each)}</bdi>
              </Link>
            ))}
            {children.length > 20 && <span className="dim">and {children.length - 20} more</span>}
          </dd>
        </div>
      )}
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
