import { useMutation } from '@tanstack/react-query';
import { useId, useMemo, useState } from 'react';
import type { Json, LogicAnswer } from '../client';
import { rulesIn } from '../model/rules';
import { useSession } from '../session';
import { Diagnostics } from '../ui/diagnostics';
import { JsonView, visibleText } from '../ui/json_view';
import { Note, ProblemNote } from '../ui/notes';
import { JsonField } from '../ui/schema_form';

/** Evaluates a rule on data that is typed, or that of a run. `draft`: the flow whose rules are offered. */
export function LogicTrial({ draft }: { draft: Json | undefined }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="card" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Try a rule on data</summary>
      {open && <Trial draft={draft} />}
    </details>
  );
}

/** A value in a field, which begins anew when another one is put into it. */
function useField(initial: Json) {
  const [state, setState] = useState<{ value: Json | undefined; turn: number }>({ value: initial, turn: 0 });
  const [broken, setBroken] = useState(false);
  return {
    value: state.value,
    broken,
    put: (value: Json) => {
      setBroken(false);
      setState((old) => ({ value, turn: old.turn + 1 }));
    },
    field: {
      value: state.value,
      onChange: (value: Json | undefined) => setState((old) => ({ ...old, value })),
      onBroken: setBroken,
    },
    turn: state.turn,
  };
}

function Trial({ draft }: { draft: Json | undefined }) {
  const { client } = useSession();
  const runField = useId();
  const ruleField = useId();
  const [run, setRun] = useState('');
  const [isTemplate, setTemplate] = useState(false);
  const rule = useField({ '>': [{ var: 'amount' }, 100] });
  const data = useField({ amount: 120 });
  const rules = useMemo(() => rulesIn(draft), [draft]);
  const take = useMutation({
    mutationFn: () => client.get('/v1/runs/{id}/state', { path: { id: run } }),
    onSuccess: (state) => data.put(state as Json),
  });
  const trial = useMutation({
    mutationFn: () => {
      const source = rule.value ?? null;
      const body = {
        data: data.value ?? null,
        trace: true,
        ...(isTemplate ? { template: source } : { rule: source }),
      };
      return client.post('/v1/logic', { body });
    },
  });
  const ready = !rule.broken && !data.broken && !trial.isPending;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) trial.mutate();
      }}
    >
      <div className="columns">
        <div>
          {rules.length > 0 && (
            <div className="field">
              <label htmlFor={ruleField}>Rule of the flow</label>
              <select
                id={ruleField}
                value=""
                onChange={(event) => {
                  const chosen = rules[Number(event.target.value)];
                  if (!chosen) return;
                  setTemplate(false);
                  rule.put(chosen.rule);
                }}
              >
                <option value="">Take one…</option>
                {rules.map((each, i) => (
                  <option key={i} value={i}>
                    {visibleText(each.label)}
                  </option>
                ))}
              </select>
            </div>
          )}
          <JsonField key={rule.turn} label={isTemplate ? 'Template' : 'Rule'} {...rule.field} />
          <label className="check">
            <input
              type="checkbox"
              checked={isTemplate}
              onChange={(event) => setTemplate(event.target.checked)}
            />{' '}
            A template, the form of values in a flow
          </label>
        </div>
        <div>
          <div className="field">
            <label htmlFor={runField}>Data of a run</label>
            <span className="filters">
              <input
                id={runField}
                value={run}
                maxLength={255}
                placeholder="id of the run"
                onChange={(event) => setRun(event.target.value)}
              />
              <button
                type="button"
                disabled={run.trim() === '' || take.isPending}
                onClick={() => take.mutate()}
              >
                Take it
              </button>
            </span>
          </div>
          <ProblemNote error={take.error} title="The data could not be loaded" />
          <JsonField key={data.turn} label="Data" {...data.field} />
        </div>
      </div>
      <div className="filters">
        <button type="submit" className="primary" disabled={!ready}>
          {trial.isPending ? 'Evaluating…' : 'Evaluate'}
        </button>
      </div>
      <ProblemNote error={trial.error} title="The rule was not evaluated" command />
      {trial.data && <Outcome answer={trial.data} />}
    </form>
  );
}

function Outcome({ answer }: { answer: LogicAnswer }) {
  const { error, calls = [] } = answer;
  return (
    <section aria-label="Result" aria-live="polite">
      {error ? (
        <Note tone="bad" title={visibleText(error.type)}>
          {error.diagnostics.length > 0 ? (
            <Diagnostics all={error.diagnostics} />
          ) : (
            <bdi>{visibleText(error.message)}</bdi>
          )}
        </Note>
      ) : (
        <JsonView label="Value of the rule" value={answer.result} />
      )}
      {calls.length > 0 && (
        <details>
          <summary>
            Calls <span className="dim">({calls.length.toLocaleString('en')})</span>
          </summary>
          <ol className="plain trace" tabIndex={0} aria-label="Calls of operators">
            {calls.map((each, i) => (
              <li key={i} style={{ paddingLeft: `${Math.min(each.depth, 40) * 1.2}em` }}>
                <code>
                  <bdi>{visibleText(each.call)}</bdi>
                </code>{' '}
                = <code>{each.value === undefined ? 'failed' : <bdi>{visibleText(each.value)}</bdi>}</code>
              </li>
            ))}
          </ol>
          {answer.cut && <p className="dim">Only the first calls are shown.</p>}
        </details>
      )}
      <p className="dim">
        {answer.steps.toLocaleString('en')} of {answer.max_steps.toLocaleString('en')} steps
      </p>
    </section>
  );
}
