import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { type Batch, type Client, PawlError, type RunSummary } from '../client';
import { type BulkCommand, bulkCommands, wording } from '../model/commands';
import { jobPhrase } from '../model/jobs';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { useSession } from '../session';
import { BulkChoice, BulkFields, type BulkInput, useBulkForm } from './bulk_fields';
import { Dialog } from './dialog';
import { visibleText } from './json_view';
import { Note } from './notes';
import { newKey } from './request_key';

/** Small enough that the progress moves and an abort takes effect soon. */
const batchSize = 100;

function sendBatch(
  client: Client,
  command: BulkCommand,
  runs: string[],
  input: BulkInput,
  key: string,
): Promise<Batch> {
  const reason = input.reason.trim();
  const options = { key, body: { runs, ...(reason ? { reason } : {}) } };
  switch (command) {
    case 'pause':
      return client.post('/v1/batch/pause', options);
    case 'resume':
      return client.post('/v1/batch/resume', options);
    case 'retry':
      return client.post('/v1/batch/retry', options);
    case 'cancel':
      return client.post('/v1/batch/cancel', options);
    case 'terminate':
      return client.post('/v1/batch/terminate', options);
    case 'signal':
      return client.post('/v1/batch/signal', {
        key,
        body: {
          items: runs.map((run) => ({
            run,
            type: input.type.trim(),
            payload: (input.payload ?? null) as never,
            id: key,
          })),
        },
      });
  }
}

interface Progress {
  total: number;
  done: number;
  failed: { id: string; detail: string }[];
  state: 'idle' | 'sending' | 'done' | 'aborted';
  error: string;
}

/** A command for the selected runs. Reports each that refused it. */
export function BulkDialog({ runs, onClose }: { runs: RunSummary[]; onClose(changed: boolean): void }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const fits = (each: (typeof bulkCommands)[number]): number =>
    runs.filter((run) => each.statuses.includes(run.status)).length;
  const form = useBulkForm([...bulkCommands].sort((a, b) => fits(b) - fits(a))[0]!.command);
  const [progress, setProgress] = useState<Progress>({
    total: 0,
    done: 0,
    failed: [],
    state: 'idle',
    error: '',
  });
  const stop = useRef(false);
  const choice = bulkCommands.find((each) => each.command === form.command)!;
  const { effect, destructive } = wording[choice.command];
  const suited = runs.filter((run) => choice.statuses.includes(run.status));
  const left = runs.length - suited.length;
  const idle = progress.state === 'idle';
  const busy = progress.state === 'sending';
  const ready = idle && form.ready && suited.length > 0;

  const execute = async () => {
    stop.current = false;
    const failed: Progress['failed'] = [];
    const ids = suited.map((run) => run.id);
    let done = 0;
    let error = '';
    try {
      while (done < ids.length && !stop.current) {
        setProgress({ total: ids.length, done, failed: [...failed], state: 'sending', error: '' });
        const part = ids.slice(done, done + batchSize);
        const answer = await sendBatch(client, choice.command, part, form.input, newKey());
        answer.results.forEach((each, k) => {
          if (!each.ok) failed.push({ id: each.id || part[k]!, detail: each.problem.detail });
        });
        done += part.length;
      }
    } catch (problem) {
      error = problem instanceof PawlError ? problem.message : String(problem);
    }
    const state = done < ids.length ? 'aborted' : 'done';
    setProgress({ total: ids.length, done, failed, state, error });
    void queries.invalidateQueries({ queryKey: ['stats'] });
  };
  const close = () => {
    stop.current = true;
    onClose(progress.done > 0);
  };

  return (
    <Dialog
      title={`Commands for ${plural(runs.length, 'selected run')}`}
      onClose={close}
      onSubmit={() => {
        if (ready) void execute();
      }}
      footer={
        <>
          {busy ? (
            <button type="button" onClick={() => (stop.current = true)}>
              Stop after this batch
            </button>
          ) : (
            <button type="button" onClick={close}>
              Close
            </button>
          )}
          {(idle || busy) && (
            <button type="submit" className={destructive ? 'danger' : 'primary'} disabled={!ready}>
              {jobPhrase(choice.command, plural(suited.length, 'run'))}
            </button>
          )}
        </>
      }
    >
      <BulkChoice
        form={form}
        commands={bulkCommands.map((each) => ({ ...each, label: wording[each.command].label }))}
        effect={effect}
        disabled={!idle}
      />
      {left > 0 && idle && (
        <Note
          tone="info"
          title={
            suited.length === 0
              ? `None of the selected runs is ${choice.statuses.join(' or ')}.`
              : `${left} of them ${left === 1 ? 'is' : 'are'} left out: only ${choice.statuses.join(' or ')} runs take this command.`
          }
        />
      )}
      {idle && <BulkFields form={form} />}
      {!idle && (
        <div role="status" className="bulk-progress">
          <progress max={progress.total} value={progress.done} aria-label="Progress" />
          <p>
            {progress.done - progress.failed.length} of {progress.total} done
            {progress.failed.length > 0 ? `, ${progress.failed.length} refused` : ''}
            {progress.state === 'aborted' ? '; stopped, no further batch was sent' : ''}.
          </p>
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
