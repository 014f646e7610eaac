import { useQuery } from '@tanstack/react-query';
import type { Run, RunExplanation, RunReasons, WaitReason } from '../client';
import { useRenewed } from '../live/use_renewed';
import { answerSchema, type Definition, nodeOf } from '../model/definition';
import { concerns } from '../model/digest';
import { moverText, reasonText, toneOf } from '../model/why';
import { Link } from '../router/link';
import { useSession } from '../session';
import { AnswerForm } from '../ui/answer_form';
import { visibleText } from '../ui/json_view';
import { Note, ProblemNote } from '../ui/notes';
import { Ago } from '../ui/time';

const shownReasons = 5;

/** Why a run does not move, renewed when the feed reports an event of it, or of a subflow it waits for. */
export function useExplanation(run: Run) {
  const { client } = useSession();
  const id = run.id;
  const ended = run.status === 'completed' || run.status === 'cancelled';
  const explained = useQuery({
    queryKey: ['explain', id],
    enabled: !ended,
    queryFn: ({ signal }) => client.get('/v1/runs/{id}/explain', { path: { id }, signal }),
    // Places in queues and the workers that ask change without an event of the run.
    refetchInterval: ({ state }) => (state.data?.reasons.some(waitsInQueue) ? 10_000 : false),
  });
  useRenewed(['explain', id], 500, (digest) => {
    // Until it is known which subflows the run waits for, each event may be one of theirs.
    if (!explained.data) return true;
    return concerns(digest, id, ...explained.data.subflows.map((each) => each.run.id));
  });
  // What was explained before the run ended holds no more.
  return { data: ended ? undefined : explained.data, error: ended ? undefined : explained.error };
}

function waitsInQueue(reason: WaitReason): boolean {
  return reason.kind === 'worker' || reason.kind === 'function';
}

/** Why the run does not move and who moves it, in the words of the server: signals to send, questions. */
export function Why({
  run,
  definition,
  explained,
  error,
  onSignal,
}: {
  run: Run;
  definition: Definition | undefined;
  explained: RunExplanation | undefined;
  error: Error | null | undefined;
  onSignal(name: string): void;
}) {
  const { may } = useSession();
  const awaited = run.waiting_on.filter((wait) => wait.kind === 'signal');
  const questions = run.waiting_on.filter((wait) => wait.kind === 'answer');
  // The box with the error says what a failed run needs.
  const reasons = run.status === 'failed' && run.error ? [] : (explained?.reasons ?? []);
  const more = reasons.length - shownReasons + (explained?.left_out ?? 0);
  return (
    <div className="why" aria-label="Why it does not move" role="group">
      {!explained && <ProblemNote error={error} title="Why the run does not move could not be loaded" />}
      {reasons.slice(0, shownReasons).map((each, i) => (
        <Reason key={i} reason={each} subflows={explained?.subflows ?? []} />
      ))}
      {reasons.length > shownReasons && <p className="dim">And {more} more waits: see the graph.</p>}
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

function Reason({ reason, subflows }: { reason: WaitReason; subflows: RunReasons[] }) {
  const subflow = reason.kind === 'run' ? subflows.find((each) => each.run.id === reason.name) : undefined;
  return (
    <Note
      tone={toneOf(reason)}
      title={<span className="text">{visibleText(reasonText(reason))}</span>}
      action={
        reason.kind === 'run' ? (
          <Link className="button" to={['runs', reason.name]}>
            Open the subflow
          </Link>
        ) : undefined
      }
    >
      <span className="dim">
        {moverText(reason)}
        {reason.since && (
          <>
            {' '}
            Began <Ago at={reason.since} />
            {reason.until ? '' : '.'}
          </>
        )}
        {reason.until && (
          <>
            {reason.since ? '; ends ' : ' Ends '}
            <Ago at={reason.until} /> at the latest.
          </>
        )}
      </span>
      {subflow && (
        <ul className="subflow-reasons">
          {subflow.reasons.slice(0, shownReasons).map((each, i) => (
            <li key={i} className="text">
              {visibleText(reasonText(each))} <span className="dim">{moverText(each)}</span>
              {each.kind === 'run' && (
                <>
                  {' '}
                  <Link to={['runs', each.name]}>Open</Link>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </Note>
  );
}
