import type { RunStep } from '../client';
import { sizeText } from '../model/cleanup';
import { cutValue } from '../model/steps';
import { durationText } from '../model/time';
import { Link } from '../router/link';
import { JsonView, visibleText } from './json_view';
import { Note } from './notes';
import { At, Took } from './time';

/** What a step was given and returned, and who executed it. */
export function StepDetail({ step }: { step: RunStep }) {
  const ended = step.finished_at !== undefined;
  return (
    <div className="step-detail">
      {step.error && (
        <Note tone="bad" title={<bdi>{visibleText(step.error.type)}</bdi>}>
          <span className="text">
            <bdi>{visibleText(step.error.message)}</bdi>
          </span>
        </Note>
      )}
      <p className="step-label">Input</p>
      <StepValue
        label="Input of the step"
        value={step.input}
        missing={
          !step.function
            ? 'It reads the data of the run.'
            : step.finished_at === undefined
              ? 'The arguments are shown when the call has ended.'
              : 'The history has no arguments of this call.'
        }
      />
      {(step.output !== undefined || step.status === 'completed') && (
        <>
          <p className="step-label">Output</p>
          <StepValue label="Output of the step" value={step.output} missing="It has written no data." />
        </>
      )}
      <dl className="facts">
        <div>
          <dt>Started</dt>
          <dd>
            <At at={step.started_at} />
          </dd>
        </div>
        <div>
          <dt>{ended ? 'Took' : 'For'}</dt>
          <dd>
            {step.duration_us !== undefined && step.duration_us > 0 ? (
              durationText(step.duration_us / 1000)
            ) : (
              <Took from={step.started_at} to={step.finished_at} frozen={step.status === 'abandoned'} />
            )}
          </dd>
        </div>
        {step.function && (
          <div>
            <dt>Function</dt>
            <dd>
              <code>{visibleText(step.function)}</code>
            </dd>
          </div>
        )}
        {step.calls > 1 && (
          <div>
            <dt>Calls</dt>
            <dd>{step.calls}: it was called again</dd>
          </div>
        )}
        {step.queue && (
          <div>
            <dt>Queue</dt>
            <dd>
              <bdi>{visibleText(step.queue)}</bdi>
            </dd>
          </div>
        )}
        {step.worker && (
          <div>
            <dt>Worker</dt>
            <dd>
              <bdi>{visibleText(step.worker)}</bdi>
            </dd>
          </div>
        )}
        {step.child && (
          <div>
            <dt>Subflow</dt>
            <dd>
              <Link to={['runs', step.child]}>
                <bdi>{visibleText(step.child)}</bdi>
              </Link>
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}

function StepValue({ label, value, missing }: { label: string; value: unknown; missing: string }) {
  if (value === undefined) return <p className="dim">{missing}</p>;
  const cut = cutValue(value);
  if (!cut) return <JsonView label={label} value={value} open={2} />;
  return (
    <>
      <p className="dim">
        The beginning of {sizeText(cut.bytes)}; the setting <code>history.max_value_bytes</code> limits what
        the history has.
      </p>
      <JsonView label={label} value={cut.text} />
    </>
  );
}
