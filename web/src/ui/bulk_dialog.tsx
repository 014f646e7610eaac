import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Job, JobOutcome, JobStart, RunSummary } from '../client';
import { bulkCommands, curlText, wording } from '../model/commands';
import {
  hasEnded,
  jobCount,
  jobFields,
  jobIdOf,
  jobPhrase,
  jobProgress,
  jobText,
  maxSelectedRuns,
  selectedFilter,
} from '../model/jobs';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { useSession, useWhere } from '../session';
import { BulkChoice, BulkFields, useBulkForm } from './bulk_fields';
import { ShellForms } from './command_parts';
import { Dialog } from './dialog';
import { visibleText } from './json_view';
import { Note, ProblemNote } from './notes';
import { useRequestKey } from './request_key';
import { useJob } from './use_job';

/** A command for the selected runs, as one job. Reports each that did not take it. */
export function BulkDialog({ runs, onClose }: { runs: RunSummary[]; onClose(changed: boolean): void }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const where = useWhere();
  const fits = (each: (typeof bulkCommands)[number]): number =>
    runs.filter((run) => each.statuses.includes(run.status)).length;
  const form = useBulkForm([...bulkCommands].sort((a, b) => fits(b) - fits(a))[0]!.command);
  const choice = bulkCommands.find((each) => each.command === form.command)!;
  const { command } = choice;
  const { effect, destructive } = wording[command];
  const suited = runs.filter((run) => choice.statuses.includes(run.status));
  const left = runs.length - suited.length;
  const tooMany = suited.length > maxSelectedRuns;
  const ids = suited.map((run) => run.id);
  const request: JobStart = {
    command,
    filter: selectedFilter(ids, command),
    ...jobFields(command, form.input),
  };
  const { key, refused } = useRequestKey(request);
  const [started, setStarted] = useState<string>();
  const start = useMutation({
    mutationFn: () => client.post('/v1/jobs', { body: { ...request, id: jobIdOf(command, key) } }),
    onSuccess: ({ id }) => setStarted(id),
    onError: refused,
  });
  const job = useJob(started);
  const abort = useMutation({
    mutationFn: () => client.post('/v1/jobs/{id}/abort', { path: { id: started! } }),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['job', started], exact: true }),
  });
  const idle = started === undefined;
  const goesOn = !idle && !(job.data && hasEnded(job.data));
  const ready = idle && form.ready && suited.length > 0 && !tooMany && !start.isPending;

  return (
    <Dialog
      title={`Commands for ${plural(runs.length, 'selected run')}`}
      onClose={() => onClose(!idle)}
      onSubmit={() => {
        if (ready) start.mutate();
      }}
      footer={
        <>
          {goesOn && (
            <button type="button" disabled={abort.isPending} onClick={() => abort.mutate()}>
              Abort
            </button>
          )}
          <button type="button" onClick={() => onClose(!idle)}>
            Close
          </button>
          {idle && (
            <button type="submit" className={destructive ? 'danger' : 'primary'} disabled={!ready}>
              {start.isPending ? 'Starting…' : jobPhrase(command, plural(suited.length, 'run'))}
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
      {tooMany && (
        <Note tone="info" title={`At most ${maxSelectedRuns} runs can be selected for one command`}>
          For more, filter the runs, then choose <em>Commands for all that match</em>.
        </Note>
      )}
      {idle && <BulkFields form={form} />}
      {ready && <ShellForms curl={curlText(where, '/v1/jobs', request)} pawl={jobText(where, request)} />}
      <ProblemNote error={start.error} title="The job was not started" command />
      <ProblemNote error={job.error} title="The job could not be loaded" />
      {job.data && <JobOutcomes job={job.data} total={suited.length} />}
    </Dialog>
  );
}

const shownResults = 200;

/** How far the job is, and the runs that did not take the command. */
function JobOutcomes({ job, total }: { job: Job; total: number }) {
  // Runs that have left the statuses of the command since they were shown are not selected.
  const missing = job.state === 'selecting' ? 0 : total - job.matched;
  return (
    <div role="status" className="bulk-progress">
      <progress
        max={Math.max(1, job.matched)}
        value={job.matched - jobCount(job, 'waiting')}
        aria-label="Progress"
      />
      <p>
        {jobProgress(job)}
        {job.state === 'aborted' ? '; aborted' : ''}
        {missing > 0
          ? `; ${plural(missing, 'run')} had changed and ${missing === 1 ? 'was' : 'were'} left out`
          : ''}
        . <Link to={['jobs', job.id]}>The job</Link>
      </p>
      {job.error !== null && (
        <Note tone="bad" title="The job has failed">
          <span className="text">{visibleText(job.error)}</span>
        </Note>
      )}
      {job.refused > 0 && <NotDone job={job} outcome="refused" />}
      {job.failed > 0 && <NotDone job={job} outcome="failed" />}
    </div>
  );
}

function NotDone({ job, outcome }: { job: Job; outcome: JobOutcome }) {
  const { client } = useSession();
  const count = jobCount(job, outcome);
  const found = useQuery({
    queryKey: ['job', job.id, outcome, count],
    queryFn: ({ signal }) =>
      client.get('/v1/jobs/{id}/results', {
        path: { id: job.id },
        query: { outcome, limit: shownResults },
        signal,
      }),
    placeholderData: (old) => old,
  });
  const results = found.data?.results ?? [];
  return (
    <>
      <ProblemNote error={found.error} title="The results could not be loaded" />
      {results.length > 0 && (
        <ul className="plain results" tabIndex={0} aria-label={outcome === 'refused' ? 'Refused' : 'Failed'}>
          {results.map((each) => (
            <li key={each.run}>
              <Link to={['runs', each.run]}>
                <bdi>{visibleText(each.run)}</bdi>
              </Link>
              : <span className="text">{visibleText(each.message)}</span>
            </li>
          ))}
          {count > results.length && <li className="dim">and {count - results.length} more</li>}
        </ul>
      )}
    </>
  );
}
