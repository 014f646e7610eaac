import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Run } from '../client';
import { curlText, runText } from '../model/commands';
import { go } from '../router/route';
import { useSession, useWhere } from '../session';
import { ShellForms } from './command_parts';
import { Dialog } from './dialog';
import { visibleText } from './json_view';
import { Note, ProblemNote } from './notes';

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

/**
 * Protects a run from being deleted, or removes the protection. The API does not say whether a run is
 * protected, so both are offered; each can be repeated.
 */
export function KeepDialog({ run, onClose }: { run: Pick<Run, 'id'>; onClose(): void }) {
  const { client } = useSession();
  const where = useWhere();
  const [release, setRelease] = useState(false);
  const send = useMutation({
    mutationFn: async (off: boolean) => {
      await (off
        ? client.delete('/v1/runs/{id}/keep', { path: { id: run.id } })
        : client.put('/v1/runs/{id}/keep', { path: { id: run.id } }));
      return off;
    },
  });
  const choose = (off: boolean) => {
    setRelease(off);
    send.reset();
  };
  return (
    <Dialog
      title={
        <>
          Keep: <bdi>{visibleText(run.id)}</bdi>
        </>
      }
      onClose={onClose}
      onSubmit={() => {
        if (!send.isPending && !send.isSuccess) send.mutate(release);
      }}
      footer={
        <>
          <button type="button" onClick={onClose}>
            Close
          </button>
          {!send.isSuccess && (
            <button type="submit" className="primary" disabled={send.isPending}>
              {release ? 'Release the run' : 'Keep the run'}
            </button>
          )}
        </>
      }
    >
      <fieldset>
        <legend className="offscreen">What to do</legend>
        <label className="choice">
          <input type="radio" name="keep" data-autofocus checked={!release} onChange={() => choose(false)} />
          <span>
            <strong>Keep</strong>: protect the run from being deleted (legal hold). No command, cleanup or
            retention setting deletes it, or a run that has it as a subflow, until it is released.
          </span>
        </label>
        <label className="choice">
          <input type="radio" name="keep" checked={release} onChange={() => choose(true)} />
          <span>
            <strong>Release</strong>: remove the protection.
          </span>
        </label>
      </fieldset>
      {send.isSuccess && (
        <div role="status">
          <Note
            tone="good"
            title={
              send.data ? 'The run is released: it can be deleted.' : 'The run is kept: it cannot be deleted.'
            }
          />
        </div>
      )}
      <ProblemNote error={send.error} title="The command was refused" command />
      <ShellForms
        curl={curlText(where, `${pathOf(run)}/keep`, {}, release ? 'DELETE' : 'PUT')}
        pawl={runText(where, 'keep', run.id, ...(release ? ['--release'] : []))}
      />
    </Dialog>
  );
}
