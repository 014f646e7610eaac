import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Json, JsonObject, Run } from '../client';
import { curlText, runIdOf, runText } from '../model/commands';
import { isObject } from '../model/definition';
import { go } from '../router/route';
import { useSession, useWhere } from '../session';
import { ShellForms } from './command_parts';
import { Dialog } from './dialog';
import { visibleText } from './json_view';
import { ProblemNote } from './notes';
import { useRequestKey } from './request_key';
import { JsonField } from './schema_form';

/** Starts a new run from a checkpoint of a run, with changed data. */
export function ForkDialog({
  run,
  checkpoint,
  onClose,
}: {
  run: Pick<Run, 'id' | 'flow'>;
  checkpoint: number;
  onClose(): void;
}) {
  const { client } = useSession();
  const where = useWhere();
  const queries = useQueryClient();
  const idField = useId();
  const [data, setData] = useState<Json | undefined>({});
  const [broken, setBroken] = useState(false);
  const [id, setId] = useState('');
  const changes = isObject(data) ? data : {};
  const newId = id.trim();
  const body: { checkpoint: number; data?: JsonObject; id?: string } = { checkpoint };
  if (Object.keys(changes).length > 0) body.data = changes;
  if (newId) body.id = newId;
  const { key, refused } = useRequestKey(body);
  const fork = useMutation({
    mutationFn: () =>
      client.post('/v1/runs/{id}/fork', {
        path: { id: run.id },
        body: { id: runIdOf(run.flow, key), ...body } as never,
        key,
      }),
    onSuccess: (started) => {
      void queries.invalidateQueries();
      onClose();
      go(['runs', started.id]);
    },
    onError: refused,
  });
  const ready = !broken && (data === undefined || isObject(data)) && !fork.isPending;
  const options = ['--at', String(checkpoint)];
  if (body.data) options.push('--data', JSON.stringify(body.data));
  if (newId) options.push('--id', newId);
  return (
    <Dialog
      title={
        <>
          Fork: <bdi>{visibleText(run.id)}</bdi>
        </>
      }
      onClose={onClose}
      onSubmit={() => {
        if (ready) fork.mutate();
      }}
      footer={
        <>
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="primary" disabled={!ready}>
            {fork.isPending ? 'Starting…' : 'Fork'}
          </button>
        </>
      }
    >
      <p>
        Starts a new run in the state that this run had at checkpoint {checkpoint} (time travel). Steps that
        were under way are started again. This run is not changed.
      </p>
      <JsonField
        label="Keys to set first (optional)"
        first
        value={data}
        onChange={setData}
        onBroken={setBroken}
        hint={'an object, such as {"amount": 42}; other keys stay as they were'}
      />
      <div className="field">
        <label htmlFor={idField}>
          Id of the new run <span className="dim">(optional)</span>
        </label>
        <input id={idField} value={id} maxLength={255} onChange={(event) => setId(event.target.value)} />
      </div>
      <ProblemNote error={fork.error} title="The run was not forked" command />
      <ShellForms
        curl={curlText(where, `/v1/runs/${encodeURIComponent(run.id)}/fork`, body)}
        pawl={runText(where, 'fork', run.id, ...options)}
      />
    </Dialog>
  );
}
