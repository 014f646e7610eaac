import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Job } from '../client';
import { curlText, programText } from '../model/commands';
import { jobCount } from '../model/jobs';
import { plural } from '../model/words';
import { go } from '../router/route';
import { useSession, useWhere } from '../session';
import { ShellForms } from './command_parts';
import { Dialog } from './dialog';
import { ProblemNote } from './notes';
import { useRequestKey } from './request_key';

const pathOf = (job: Job) => `/v1/jobs/${encodeURIComponent(job.id)}`;

/** Stops a job after the commands that are under way. */
export function AbortJobDialog({ job, onClose }: { job: Job; onClose(): void }) {
  const { client } = useSession();
  const where = useWhere();
  const queries = useQueryClient();
  const { key, refused } = useRequestKey(job.id);
  const abort = useMutation({
    mutationFn: () => client.post('/v1/jobs/{id}/abort', { path: { id: job.id }, key }),
    onSuccess: (aborted) => {
      queries.setQueryData(['job', job.id], aborted);
      onClose();
    },
    onError: refused,
  });
  return (
    <Dialog
      title="Abort the job"
      onClose={onClose}
      onSubmit={() => {
        if (!abort.isPending) abort.mutate();
      }}
      footer={
        <>
          <button type="button" data-autofocus onClick={onClose}>
            Let it go on
          </button>
          <button type="submit" className="danger" disabled={abort.isPending}>
            {abort.isPending ? 'Aborting…' : 'Abort the job'}
          </button>
        </>
      }
    >
      <p>
        Stops the job after the commands that are under way. Runs that had their turn stay as they are;{' '}
        {plural(jobCount(job, 'waiting'), 'run')} that did not are left alone. The job cannot be continued.
      </p>
      <ProblemNote error={abort.error} title="The job was not aborted" command />
      <ShellForms
        curl={curlText(where, `${pathOf(job)}/abort`, {})}
        pawl={programText(where, 'jobs', 'abort', job.id)}
      />
    </Dialog>
  );
}

/** Deletes an ended job with its results; its runs stay. */
export function DeleteJobDialog({ job, onClose }: { job: Job; onClose(): void }) {
  const { client } = useSession();
  const where = useWhere();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => client.delete('/v1/jobs/{id}', { path: { id: job.id } }),
    onSuccess: () => {
      onClose();
      go(['jobs']);
      void queries.invalidateQueries({ queryKey: ['jobs'] });
    },
  });
  return (
    <Dialog
      title="Delete this job"
      onClose={onClose}
      onSubmit={() => {
        if (!remove.isPending) remove.mutate();
      }}
      footer={
        <>
          <button type="button" data-autofocus onClick={onClose}>
            Close
          </button>
          <button type="submit" className="danger" disabled={remove.isPending}>
            {remove.isPending ? 'Deleting…' : 'Delete this job'}
          </button>
        </>
      }
    >
      <p>Deletes the job and the list of its results. The runs stay as they are.</p>
      <ProblemNote error={remove.error} title="The job was not deleted" command />
      <ShellForms
        curl={curlText(where, pathOf(job), {}, 'DELETE')}
        pawl={programText(where, 'jobs', 'rm', job.id)}
      />
    </Dialog>
  );
}
