import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { PastState, Run, StateChange } from '../client';
import { isObject } from '../model/definition';
import { plural } from '../model/words';
import { setQuery, useRoute } from '../router/route';
import { useSession } from '../session';
import { ForkDialog } from '../ui/fork_dialog';
import { JsonView, visibleText } from '../ui/json_view';
import { Loading, ProblemNote } from '../ui/notes';
import { StatusBadge } from '../ui/status';
import { Ago, At } from '../ui/time';

/** What the run was started with, its data now and at each checkpoint, and what a checkpoint changed. */
export function DataTab({ run }: { run: Run }) {
  const { query } = useRoute();
  const number = (name: string) => {
    const value = Number(query.get(name));
    return Number.isInteger(value) && value >= 1 ? Math.min(value, run.checkpoint) : undefined;
  };
  const at = number('at');
  return (
    <>
      <div className="columns">
        <section className="card">
          <h2>Input</h2>
          {isObject(run.input) && Object.keys(run.input).length > 0 ? (
            <JsonView label="Input" value={run.input} />
          ) : (
            <p className="dim">The run was started without input.</p>
          )}
        </section>
        <section className="card">
          <h2>{run.status === 'completed' ? 'Output' : 'Data now'}</h2>
          {Object.keys(run.data as object).length > 0 ? (
            <JsonView label="Data" value={run.data} />
          ) : (
            <p className="dim">No data yet.</p>
          )}
        </section>
        {Object.keys(run.metadata as object).length > 0 && (
          <section className="card">
            <h2>Metadata</h2>
            <JsonView label="Metadata" value={run.metadata} />
          </section>
        )}
        {run.inbox.length > 0 && (
          <section className="card">
            <h2>Signals that no node has taken yet</h2>
            <JsonView label="Inbox" value={run.inbox} />
          </section>
        )}
      </div>
      {at === undefined ? (
        <button type="button" onClick={() => setQuery({ at: String(run.checkpoint) }, true)}>
          Data at a checkpoint…
        </button>
      ) : (
        <Checkpoint run={run} at={at} from={number('from') ?? Math.max(1, at - 1)} />
      )}
    </>
  );
}

/** The state at a checkpoint, and its changes since another one. Both numbers are in the URL. */
function Checkpoint({ run, at, from }: { run: Run; at: number; from: number }) {
  return (
    <>
      <div className="filters">
        <NumberField
          label="Checkpoint"
          value={at}
          most={run.checkpoint}
          onChange={(value) => setQuery({ at: String(value), from: undefined })}
        />
        <NumberField
          label="Compared with"
          value={from}
          most={run.checkpoint}
          onChange={(value) => setQuery({ from: String(value) })}
        />
        <span className="dim">of {run.checkpoint.toLocaleString('en')}</span>
        <button type="button" className="quiet" onClick={() => setQuery({ at: undefined, from: undefined })}>
          Close
        </button>
      </div>
      <div className="columns">
        <StateCard run={run} at={at} />
        <ChangesCard run={run} from={from} to={at} />
      </div>
    </>
  );
}

/** A checkpoint: typed, or the one before or after. */
function NumberField({
  label,
  value,
  most,
  onChange,
}: {
  label: string;
  value: number;
  most: number;
  onChange(value: number): void;
}) {
  const set = (next: number) => {
    if (Number.isInteger(next) && next >= 1 && next <= most) onChange(next);
  };
  return (
    <div className="field inline">
      <label>
        {label}{' '}
        <input
          type="number"
          min={1}
          max={most}
          value={value}
          onChange={(event) => set(event.target.valueAsNumber)}
        />
      </label>
      <button
        type="button"
        className="icon-only"
        aria-label={`${label}: the one before`}
        disabled={value <= 1}
        onClick={() => set(value - 1)}
      >
        −
      </button>
      <button
        type="button"
        className="icon-only"
        aria-label={`${label}: the one after`}
        disabled={value >= most}
        onClick={() => set(value + 1)}
      >
        +
      </button>
    </div>
  );
}

function StateCard({ run, at }: { run: Run; at: number }) {
  const { client, may } = useSession();
  const [forking, setForking] = useState(false);
  const state = useQuery({
    queryKey: ['state', run.id, at],
    queryFn: ({ signal }) =>
      client.get('/v1/runs/{id}/states/{checkpoint}', {
        path: { id: run.id, checkpoint: String(at) },
        signal,
      }),
    // Whether it can be forked may change with the run; the state itself does not.
    staleTime: 10_000,
    placeholderData: (old) => old,
  });
  const data = state.data;
  return (
    <section className="card" aria-label={`State at checkpoint ${at}`}>
      <h2>Data at checkpoint {at}</h2>
      {!data && state.isPending && <Loading what="the state" />}
      <ProblemNote error={data ? undefined : state.error} title="The state could not be loaded" />
      {data && (
        <>
          <dl className="facts">
            <div>
              <dt>Written</dt>
              <dd>
                <Ago at={data.at} />{' '}
                <span className="dim">
                  <At at={data.at} />
                </span>
              </dd>
            </div>
            <div>
              <dt>Status</dt>
              <dd>
                <StatusBadge status={data.status} note={noteOf(data)} />
              </dd>
            </div>
            {data.places.length > 0 && (
              <div>
                <dt>At</dt>
                <dd>{placesText(data)}</dd>
              </div>
            )}
          </dl>
          <JsonView label={`Data at checkpoint ${at}`} value={data.data} />
          {data.fork_refusal ? (
            <p className="dim">
              No run can be forked from here: <bdi>{visibleText(data.fork_refusal)}</bdi>.
            </p>
          ) : (
            may('operator') && (
              <div className="row">
                <button type="button" onClick={() => setForking(true)}>
                  Fork from checkpoint {at}…
                </button>
              </div>
            )
          )}
        </>
      )}
      {forking && <ForkDialog run={run} checkpoint={at} onClose={() => setForking(false)} />}
    </section>
  );
}

function noteOf(state: PastState): string | undefined {
  return state.pausing ? 'pausing' : state.undoing ? 'compensating' : undefined;
}

const shownPlaces = 10;

/** "charge (waiting), ship (next, attempt 2)" */
function placesText({ places }: PastState): string {
  const shown = places.slice(0, shownPlaces).map(({ node, phase, visit, attempt }) => {
    const more = `${visit > 1 ? `, visit ${visit}` : ''}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
    return `${visibleText(node)} (${phase}${more})`;
  });
  return shown.join(', ') + (places.length > shownPlaces ? ` and ${places.length - shownPlaces} more` : '');
}

function ChangesCard({ run, from, to }: { run: Run; from: number; to: number }) {
  const { client } = useSession();
  const diff = useQuery({
    queryKey: ['diff', run.id, from, to],
    queryFn: ({ signal }) =>
      client.get('/v1/runs/{id}/diff', { path: { id: run.id }, query: { from, to }, signal }),
    staleTime: Infinity,
    placeholderData: (old) => old,
  });
  const changes = diff.data?.changes ?? [];
  const ofData = changes.filter(isOfData);
  const ofEngine = changes.filter((each) => !isOfData(each));
  return (
    <section className="card" aria-label={`Changes from checkpoint ${from} to ${to}`}>
      <h2>
        Changes{' '}
        <span className="dim">
          from checkpoint {from} to {to}
        </span>
      </h2>
      {!diff.data && diff.isPending && <Loading what="the changes" />}
      <ProblemNote error={diff.data ? undefined : diff.error} title="The states could not be compared" />
      {changes.length === 0 && diff.data && <p className="dim">The states are equal.</p>}
      {changes.length > 0 && ofData.length === 0 && <p className="dim">The data is the same.</p>}
      <ChangeList changes={ofData} />
      {ofEngine.length > 0 && (
        <details>
          <summary>State of the engine: {plural(ofEngine.length, 'change')}</summary>
          <ChangeList changes={ofEngine} />
        </details>
      )}
      {diff.data?.left_out && <p className="dim">There are more changes, which are left out.</p>}
    </section>
  );
}

/** Whether the run changed what it works on; the rest is where it stands. */
function isOfData({ path }: StateChange): boolean {
  return ['/data', '/metadata'].some((whole) => path === whole || path.startsWith(`${whole}/`));
}

function ChangeList({ changes }: { changes: StateChange[] }) {
  return (
    <ul className="plain changes">
      {changes.map((each) => (
        <Change key={`${each.op} ${each.path}`} change={each} />
      ))}
    </ul>
  );
}

const signs: Record<StateChange['op'], string> = { add: '+', remove: '−', replace: '~' };
const words: Record<StateChange['op'], string> = { add: 'added', remove: 'removed', replace: 'changed' };

function Change({ change: { op, path, before, value } }: { change: StateChange }) {
  return (
    <li className={`change change-${op}`}>
      <div>
        <span className="diff-sign" aria-hidden="true">
          {signs[op]}
        </span>
        <code>{visibleText(path)}</code> <span className="dim">{words[op]}</span>
      </div>
      {op !== 'add' && (
        <div className="change-value removed">
          <JsonView label={`${path} before`} value={before} copy={false} open={0} />
        </div>
      )}
      {op !== 'remove' && (
        <div className="change-value added">
          <JsonView label={`${path} after`} value={value} copy={false} open={1} />
        </div>
      )}
    </li>
  );
}
