import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Run } from '../client';
import { curlText, runText } from '../model/commands';
import { go } from '../router/route';
import { useSession, useWhere } from '../session';
import { ShellForms } from './command_parts';
import { Dialog } from './dialog';
import { visibleText } from './json_view';
import { ProblemNote } from './notes';

const pathOf = (run: Pick<Run, 'id'>) => `/v1/runs/${encodeURIComponent(run.id)}`;

/** Deletes an ended run for good. */
export function DeleteRunDialog({ run, onClose }: { run: Pick<Run, 'id'>; onClose(): void }) {
  const { client } = useSession();
  const where = useWhere();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => client.delete('/v1/runs/{id}', { path: { id: run.id } }),
    onSuccess: () => {
      onClose();
      go(['runs']);
      void queries.invalidateQueries({ queryKey: ['runs'] });
      void queries.invalidateQueries({ queryKey: ['stats'] });
    },
  });
  return (
    <Dialog
      title={
        <>
          Delete: <bdi>{visibleText(run.id)}</bdi>
        </>
      }
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
            {remove.isPending ? 'Deleting…' : 'Delete for good'}
          </button>
        </>
      }
    >
      <p>
        Deletes the run and its subflows with their input, data, history and signals, for good. The id can be
        used again. A run that is kept is not deleted.
      </p>
      <ProblemNote error={remove.error} title="The run was not deleted" command />
      <ShellForms curl={curlText(where, pathOf(run), {}, 'DELETE')} pawl={runText(where, 'rm', run.id)} />
    </Dialog>
  );
}

/** Protects a run from being deleted, or removes the protection. */
export function KeepDialog({ run, onClose }: { run: Pick<Run, 'id' | 'kept'>; onClose(): void }) {
  const { client } = useSession();
  const where = useWhere();
  const queries = useQueryClient();
  // What it was when the dialog was opened: the button does not change under the pointer.
  const [release] = useState(run.kept === true);
  const send = useMutation({
    mutationFn: () =>
      release
        ? client.delete('/v1/runs/{id}/keep', { path: { id: run.id } })
        : client.put('/v1/runs/{id}/keep', { path: { id: run.id } }),
    onSuccess: () => {
      onClose();
      void queries.invalidateQueries({ queryKey: ['run', run.id] });
    },
  });
  return (
    <Dialog
      title={
        <>
          {release ? 'Release' : 'Keep'}: <bdi>{visibleText(run.id)}</bdi>
        </>
      }
      onClose={onClose}
      onSubmit={() => {
        if (!send.isPending) send.mutate();
      }}
      footer={
        <>
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="primary" data-autofocus disabled={send.isPending}>
            {send.isPending ? 'Sending…' : release ? 'Release the run' : 'Keep the run'}
          </button>
        </>
      }
    >
      {release ? (
        <p>Removes the protection: commands, cleanups and retention settings can delete the run again.</p>
      ) : (
        <p>
          Protects the run from being deleted (legal hold). No command, cleanup or retention setting deletes
          it, or a run that has it as a subflow, until it is released.
        </p>
      )}
      <ProblemNote error={send.error} title="The command was refused" command />
      <ShellForms
        curl={curlText(where, `${pathOf(run)}/keep`, {}, release ? 'DELETE' : 'PUT')}
        pawl={runText(where, 'keep', run.id, ...(release ? ['--release'] : []))}
      />
    </Dialog>
  );
}
