import { useMutation, useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { JobStart } from '../client';
import { curlText } from '../model/commands';
import {
  hasEnded,
  jobFields,
  jobFilter,
  jobIdOf,
  jobKind,
  jobKinds,
  jobPhrase,
  jobProgress,
  jobStatuses,
  jobText,
  type ListedRuns,
} from '../model/jobs';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { go } from '../router/route';
import { useSession, useWhere } from '../session';
import { BulkChoice, BulkFields, useBulkForm } from './bulk_fields';
import { ShellForms } from './command_parts';
import { Dialog } from './dialog';
import { visibleText } from './json_view';
import { Note, ProblemNote } from './notes';
import { useRequestKey } from './request_key';
import { useJob } from './use_job';

const maxRate = 100_000;

/**
 * A command for all listed runs, as a job of the server. A dry run shows first which runs are meant; what
 * is changed after it makes another dry run necessary.
 */
export function JobDialog({ where, onClose }: { where: ListedRuns; onClose(): void }) {
  const { client, may } = useSession();
  const program = useWhere();
  const id = useId();
  const kinds = jobKinds.filter((each) => may(each.role));
  const form = useBulkForm(
    (kinds.find((each) => jobStatuses(where, each.command).length > 0) ?? kinds[0]!).command,
  );
  const [rateText, setRateText] = useState('');
  const { command, input } = form;
  const kind = jobKind(command);
  const statuses = jobStatuses(where, command);
  const rate = rateText.trim() === '' ? 0 : Number(rateText);
  const rateIsValid = Number.isInteger(rate) && rate >= 0 && rate <= maxRate;
  const ready = form.ready && rateIsValid && statuses.length > 0;
  const request: JobStart = {
    command,
    filter: jobFilter(where, command),
    ...jobFields(command, input),
    ...(rate > 0 ? { rate } : {}),
  };
  const text = JSON.stringify(request);
  const [dry, setDry] = useState<{ of: string; job: string }>();
  const dryKey = useRequestKey([request, 'dry run']);
  const tryOut = useMutation({
    mutationFn: () =>
      client.post('/v1/jobs', {
        body: { ...request, dry_run: true, id: jobIdOf('dry-run', dryKey.key) },
      }),
    onSuccess: (started) => {
      setDry({ of: text, job: started.id });
      // Another dry run looks again.
      dryKey.refused(undefined);
    },
    onError: dryKey.refused,
  });
  const { key, refused } = useRequestKey(request);
  const start = useMutation({
    mutationFn: () => client.post('/v1/jobs', { body: { ...request, id: jobIdOf(command, key) } }),
    onSuccess: (started) => go(['jobs', started.id]),
    onError: refused,
  });
  const found = useJob(dry?.of === text ? dry.job : undefined);
  const dryRun = dry?.of === text ? found.data : undefined;
  const isCounted = dryRun !== undefined && hasEnded(dryRun);
  const startable = ready && isCounted && dryRun.state === 'finished' && dryRun.matched > 0;
  const isBusy = tryOut.isPending || start.isPending || (dry?.of === text && !isCounted && !found.error);
  const submit = () => {
    if (isBusy || !ready) return;
    if (startable) start.mutate();
    else tryOut.mutate();
  };
  const subject = `all ${where.status ? `${where.status} ` : ''}runs${where.flow ? ` of ${where.flow}` : ''}${where.filter ? ' that match' : ''}`;
  return (
    <Dialog
      title={`Commands for ${subject}`}
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <button type="button" onClick={onClose}>
            Close
          </button>
          {startable ? (
            <button type="submit" className={kind.destructive ? 'danger' : 'primary'} disabled={isBusy}>
              {start.isPending ? 'Starting…' : jobPhrase(command, plural(dryRun.matched, 'run'))}
            </button>
          ) : (
            <button type="submit" className="primary" disabled={!ready || isBusy}>
              {isBusy ? 'Looking for the runs…' : 'Find the runs (dry run)'}
            </button>
          )}
        </>
      }
    >
      <BulkChoice form={form} commands={kinds} effect={kind.effect} disabled={isBusy} />
      {statuses.length === 0 && (
        <Note
          tone="info"
          title={`No ${where.status} run takes this command: only ${kind.statuses.join(' or ')} runs do.`}
        />
      )}
      <BulkFields form={form} />
      <div className="field">
        <label htmlFor={id}>
          Runs per second at most <span className="dim">(optional)</span>
        </label>
        <input
          id={id}
          type="number"
          min={0}
          max={maxRate}
          value={rateText}
          onChange={(event) => setRateText(event.target.value)}
          aria-invalid={rateIsValid ? undefined : true}
        />
      </div>
      <ProblemNote error={tryOut.error} title="The runs could not be found" command />
      <ProblemNote error={start.error} title="The job was not started" command />
      <ProblemNote error={found.error} title="The dry run could not be loaded" />
      {dryRun && (
        <div role="status">
          <Note
            tone={!isCounted ? 'busy' : dryRun.state === 'failed' ? 'bad' : 'info'}
            title={dryRun.error === null ? `${jobProgress(dryRun)}.` : 'The runs could not be found'}
          >
            {dryRun.error !== null && <p className="text">{visibleText(dryRun.error)}</p>}
            {isCounted && dryRun.matched > 0 && <FirstRuns job={dryRun.id} matched={dryRun.matched} />}
          </Note>
        </div>
      )}
      <p className="dim">
        The server carries the command out as a job, which goes on when this page is closed.
      </p>
      <ShellForms curl={curlText(program, '/v1/jobs', request)} pawl={jobText(program, request)} />
    </Dialog>
  );
}

const firstRuns = 5;

/** The first runs that a dry run has found. */
function FirstRuns({ job, matched }: { job: string; matched: number }) {
  const { client } = useSession();
  const first = useQuery({
    queryKey: ['job', job, 'first'],
    queryFn: ({ signal }) =>
      client.get('/v1/jobs/{id}/results', { path: { id: job }, query: { limit: firstRuns }, signal }),
    staleTime: Infinity,
  });
  if (!first.data) return null;
  const { results } = first.data;
  return (
    <p className="wrap-list">
      {results.map((each) => (
        <bdi key={each.run}>{visibleText(each.run)}</bdi>
      ))}
      {matched > results.length && <Link to={['jobs', job]}>all {matched.toLocaleString('en')}</Link>}
    </p>
  );
}
