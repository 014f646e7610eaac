import { useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { type Batch, type Client, type Json, PawlError, type RunStatus, type RunSummary } from '../client';
import { type CommandBody, wording } from '../model/commands';
import { both, condition } from '../model/filter';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { useSession } from '../session';
import { ReasonField } from './command_parts';
import { Dialog } from './dialog';
import { visibleText } from './json_view';
import { Note } from './notes';
import { newKey } from './request_key';
import { JsonField } from './schema_form';

type BulkCommand = 'pause' | 'resume' | 'retry' | 'cancel' | 'terminate' | 'signal';
interface Choice {
  command: BulkCommand;
  statuses: RunStatus[];
  label: string;
}

/** Small enough that the progress moves and an abort takes effect soon. */
const batchSize = 100;

function sendBatch(
  client: Client,
  command: BulkCommand,
  runs: string[],
  body: CommandBody,
  key: string,
): Promise<Batch> {
  const reason = body.reason ? { reason: body.reason } : {};
  const options = { key };
  switch (command) {
    case 'pause':
      return client.post('/v1/batch/pause', { ...options, body: { runs, ...reason } });
    case 'resume':
      return client.post('/v1/batch/resume', { ...options, body: { runs, ...reason } });
    case 'retry':
      return client.post('/v1/batch/retry', { ...options, body: { runs, ...reason } });
    case 'cancel':
      return client.post('/v1/batch/cancel', { ...options, body: { runs, ...reason } });
    case 'terminate':
      return client.post('/v1/batch/terminate', { ...options, body: { runs, ...reason } });
    case 'signal':
      return client.post('/v1/batch/signal', {
        ...options,
        body: {
          items: runs.map((run) => ({
            run,
            type: body.type ?? '',
            payload: (body.payload ?? null) as never,
            id: key,
          })),
        },
      });
  }
}

interface Progress {
  total: number | undefined;
  done: number;
  failed: { id: string; detail: string }[];
  state: 'idle' | 'collecting' | 'sending' | 'done' | 'aborted';
  error: string;
}

/** A command for several runs: the given ones, or all that match the filter. Reports each that failed. */
export function BulkDialog({
  runs,
  where,
  commands,
  onClose,
}: {
  runs: RunSummary[] | undefined;
  where: { status?: RunStatus | undefined; flow?: string | undefined; filter?: string | undefined };
  commands: Choice[];
  onClose(changed: boolean): void;
}) {
  const { client } = useSession();
  const queries = useQueryClient();
  const id = useId();
  const fits = (choice: Choice): number =>
    runs
      ? runs.filter((run) => choice.statuses.includes(run.status)).length
      : !where.status || choice.statuses.includes(where.status)
        ? Infinity
        : 0;
  const [command, setCommand] = useState<BulkCommand>(
    () => ([...commands].sort((a, b) => fits(b) - fits(a))[0] ?? commands[0]!).command,
  );
  const [reason, setReason] = useState('');
  const [type, setType] = useState('');
  const [payload, setPayload] = useState<Json | undefined>();
  const [broken, setBroken] = useState(false);
  const [progress, setProgress] = useState<Progress>({
    total: undefined,
    done: 0,
    failed: [],
    state: 'idle',
    error: '',
  });
  const stop = useRef(new AbortController());
  const choice = commands.find((each) => each.command === command)!;
  const { effect, destructive } = wording[command];
  const suited = runs?.filter((run) => choice.statuses.includes(run.status));
  const busy = progress.state === 'collecting' || progress.state === 'sending';
  const over = progress.state === 'done' || progress.state === 'aborted';
  const ready =
    !broken &&
    !busy &&
    !over &&
    (command !== 'signal' || type.trim() !== '') &&
    (suited === undefined || suited.length > 0);

  const execute = async () => {
    stop.current = new AbortController();
    const aborted = () => stop.current.signal.aborted;
    const failed: Progress['failed'] = [];
    let done = 0;
    let ids = suited?.map((run) => run.id);
    try {
      if (!ids) {
        setProgress({ total: undefined, done: 0, failed, state: 'collecting', error: '' });
        ids = [];
        const filter = both(where.filter, condition('status', '=', ...choice.statuses));
        for (let cursor: string | undefined; !aborted(); ) {
          const page = await client.get('/v1/runs', {
            query: { status: where.status, flow: where.flow, filter, limit: 1000, cursor },
            signal: stop.current.signal,
          });
          ids.push(...page.runs.map((run) => run.id));
          setProgress({ total: undefined, done: ids.length, failed, state: 'collecting', error: '' });
          if (!page.next) break;
          cursor = page.next;
        }
      }
      const body: CommandBody = { reason: reason.trim(), type, payload };
      for (let i = 0; i < ids.length && !aborted(); i += batchSize) {
        const part = ids.slice(i, i + batchSize);
        const answer = await sendBatch(client, command, part, body, newKey());
        answer.results.forEach((each, k) => {
          if (!each.ok) failed.push({ id: each.id || part[k]!, detail: each.problem.detail });
        });
        done += part.length;
        setProgress({ total: ids.length, done, failed: [...failed], state: 'sending', error: '' });
      }
      setProgress({
        total: ids.length,
        done,
        failed: [...failed],
        state: aborted() ? 'aborted' : 'done',
        error: '',
      });
    } catch (error) {
      const text = aborted() ? '' : error instanceof PawlError ? error.message : String(error);
      setProgress({ total: ids?.length, done, failed: [...failed], state: 'aborted', error: text });
    }
    void queries.invalidateQueries({ queryKey: ['stats'] });
  };
  const close = () => {
    stop.current.abort();
    onClose(progress.done > 0);
  };
  const subject = runs
    ? plural(runs.length, 'selected run')
    : `all ${where.status ? `${where.status} ` : ''}runs${where.flow ? ` of ${where.flow}` : ''}${where.filter ? ' that match' : ''}`;

  return (
    <Dialog
      title={`Commands for ${subject}`}
      onClose={close}
      onSubmit={() => {
        if (ready) void execute();
      }}
      footer={
        <>
          {busy ? (
            <button type="button" onClick={() => stop.current.abort()}>
              Stop after this batch
            </button>
          ) : (
            <button type="button" onClick={close}>
              Close
            </button>
          )}
          {!over && (
            <button type="submit" className={destructive ? 'danger' : 'primary'} disabled={!ready}>
              {wording[command].label}
              {suited ? ` ${plural(suited.length, 'run')}` : ` ${subject}`}
            </button>
          )}
        </>
      }
    >
      <div className="field">
        <label htmlFor={id}>Command</label>
        <select
          id={id}
          data-autofocus
          value={command}
          disabled={busy || over}
          onChange={(event) => setCommand(event.target.value as BulkCommand)}
        >
          {commands.map((each) => (
            <option key={each.command} value={each.command}>
              {each.label}
            </option>
          ))}
        </select>
      </div>
      <p>{effect}</p>
      {suited && runs && suited.length < runs.length && !busy && !over && (
        <Note
          tone="info"
          title={
            suited.length === 0
              ? `None of the selected runs is ${choice.statuses.join(' or ')}.`
              : `${runs.length - suited.length} of them ${runs.length - suited.length === 1 ? 'is' : 'are'} left out: only ${choice.statuses.join(' or ')} runs take this command.`
          }
        />
      )}
      {command === 'signal' && !over && (
        <>
          <div className="field">
            <label htmlFor={`${id}-type`}>Signal</label>
            <input
              id={`${id}-type`}
              value={type}
              maxLength={128}
              onChange={(event) => setType(event.target.value)}
            />
          </div>
          <JsonField
            label="Payload (optional)"
            value={payload}
            onChange={setPayload}
            onBroken={setBroken}
            hint="as JSON; null if empty"
            rows={3}
          />
        </>
      )}
      {command !== 'signal' && !busy && !over && <ReasonField value={reason} onChange={setReason} />}
      {progress.state !== 'idle' && (
        <div role="status" className="bulk-progress">
          {progress.state === 'collecting' ? (
            <p>Looking for the runs: {progress.done} found…</p>
          ) : (
            <>
              <progress max={progress.total ?? 1} value={progress.done} aria-label="Progress" />
              <p>
                {progress.done - progress.failed.length} of {progress.total ?? '?'} done
                {progress.failed.length > 0 ? `, ${progress.failed.length} refused` : ''}
                {progress.state === 'aborted' ? '; stopped, no further batch was sent' : ''}.
              </p>
            </>
          )}
          {progress.error && (
            <Note tone="bad" title="Stopped by an error">
              <span className="text">{progress.error}</span>
            </Note>
          )}
          {progress.failed.length > 0 && (
            <ul className="plain results" tabIndex={0} aria-label="Refused">
              {progress.failed.slice(0, 200).map((each) => (
                <li key={each.id}>
                  <Link to={['runs', each.id]}>
                    <bdi>{visibleText(each.id)}</bdi>
                  </Link>
                  : <span className="text">{visibleText(each.detail)}</span>
                </li>
              ))}
              {progress.failed.length > 200 && (
                <li className="dim">and {progress.failed.length - 200} more</li>
              )}
            </ul>
          )}
        </div>
      )}
    </Dialog>
  );
}
