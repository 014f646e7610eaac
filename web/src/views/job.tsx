import { useState } from 'react';
import { type Job, PawlError } from '../client';
import { hasEnded, jobPhrase } from '../model/jobs';
import { Link } from '../router/link';
import { useSession } from '../session';
import { CopyButton } from '../ui/copy';
import { AbortJobDialog, DeleteJobDialog } from '../ui/job_dialogs';
import { visibleText } from '../ui/json_view';
import { Empty, Loading, Note, ProblemNote } from '../ui/notes';
import { JobBadge } from '../ui/status';
import { Ago, At, Took } from '../ui/time';
import { useJob } from '../ui/use_job';
import { JobResults } from './job_results';
import { JobProgress } from './jobs';

/** A job: how far it is, and what became of each of its runs. */
export function JobPage({ id }: { id: string }) {
  const job = useJob(id);
  if (job.isPending) return <Loading what={`job ${id}`} />;
  if (!job.data) {
    if (job.error instanceof PawlError && job.error.status === 404)
      return (
        <Empty page title={`There is no job “${visibleText(id)}” in this scope.`}>
          <Link to={['jobs']}>All jobs</Link>
        </Empty>
      );
    return <ProblemNote error={job.error} title="The job could not be loaded" />;
  }
  return <LoadedJob job={job.data} />;
}

function LoadedJob({ job }: { job: Job }) {
  const { may } = useSession();
  const [dialog, setDialog] = useState<'abort' | 'delete'>();
  const ended = hasEnded(job);
  return (
    <>
      <nav aria-label="Breadcrumb" className="crumbs">
        <Link to={['jobs']}>Jobs</Link> / <bdi>{visibleText(job.id)}</bdi>
      </nav>
      <div className="page-head">
        <h1>
          {jobPhrase(job.command, 'runs')}
          {job.dry_run ? ' (dry run)' : ''}
        </h1>
        <JobBadge state={job.state} />
        <CopyButton label="Copy id" text={job.id} />
        {may('operator') && (
          <div className="commands" role="group" aria-label="Commands">
            {ended ? (
              <button type="button" onClick={() => setDialog('delete')}>
                Delete this job…
              </button>
            ) : (
              <button type="button" className="danger-quiet" onClick={() => setDialog('abort')}>
                Abort…
              </button>
            )}
          </div>
        )}
      </div>
      {job.error !== null && (
        <Note tone="bad" title="The job has failed">
          <p className="text">{visibleText(job.error)}</p>
        </Note>
      )}
      {job.damaged > 0 && (
        <Note
          tone="wait"
          title={`${job.damaged.toLocaleString('en')} runs are not selected: their records cannot be read.`}
        />
      )}
      <Facts job={job} />
      <div className="job-progress" role="status">
        <JobProgress job={job} />
        {job.dry_run && ended ? '. Nothing was changed.' : ''}
      </div>
      {job.state === 'selecting' ? (
        <p className="dim">The runs are listed as soon as all are found.</p>
      ) : (
        <JobResults job={job} />
      )}
      {dialog === 'abort' && <AbortJobDialog job={job} onClose={() => setDialog(undefined)} />}
      {dialog === 'delete' && <DeleteJobDialog job={job} onClose={() => setDialog(undefined)} />}
    </>
  );
}

function Facts({ job }: { job: Job }) {
  return (
    <dl className="facts run-facts">
      <div>
        <dt>Filter</dt>
        <dd>
          <Link to={['runs']} query={{ filter: job.filter }} title="The runs that fit now">
            <code className="text">
              <bdi>{visibleText(job.filter)}</bdi>
            </code>
          </Link>
        </dd>
      </div>
      {job.signal && (
        <div>
          <dt>Signal</dt>
          <dd>
            <bdi>{visibleText(job.signal)}</bdi>
          </dd>
        </div>
      )}
      {job.reason && (
        <div>
          <dt>Reason</dt>
          <dd className="text">
            <bdi>{visibleText(job.reason)}</bdi>
          </dd>
        </div>
      )}
      {job.rate > 0 && (
        <div>
          <dt>At most</dt>
          <dd>{job.rate.toLocaleString('en')} runs per second</dd>
        </div>
      )}
      <div>
        <dt>Started</dt>
        <dd>
          <Ago at={job.created_at} />{' '}
          <span className="dim nowrap">
            <At at={job.created_at} ms={false} />
          </span>
        </dd>
      </div>
      {job.started_by && (
        <div>
          <dt>By</dt>
          <dd>
            <bdi>{visibleText(job.started_by)}</bdi>
          </dd>
        </div>
      )}
      <div>
        <dt>{job.ended_at ? 'Took' : 'For'}</dt>
        <dd>
          <Took from={job.created_at} to={job.ended_at} />
        </dd>
      </div>
    </dl>
  );
}
