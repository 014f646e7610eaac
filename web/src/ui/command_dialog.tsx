import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Json, Run } from '../client';
import { type Command, type CommandBody, curlText, pawlText, takesReason, wording } from '../model/commands';
import { isObject } from '../model/definition';
import { go } from '../router/route';
import { useSession, useWhere } from '../session';
import { ReasonField, ShellForms } from './command_parts';
import { Dialog } from './dialog';
import { visibleText } from './json_view';
import { ProblemNote } from './notes';
import { useRequestKey } from './request_key';
import { JsonField } from './schema_form';
import { sendCommand } from './send_command';

/** The dialog of one command to one run. */
export function CommandDialog({
  command,
  run: current,
  signals = [],
  signal,
  onClose,
}: {
  command: Command;
  run: Run;
  signals?: string[];
  signal?: string | undefined;
  onClose(): void;
}) {
  const { client } = useSession();
  const queries = useQueryClient();
  const signalId = useId();
  // The run as it was when the dialog opened: the command is refused if it has changed since.
  const [run] = useState(current);
  const [reason, setReason] = useState('');
  const [update, setUpdate] = useState<Json | undefined>({});
  const [type, setType] = useState(signal ?? signals[0] ?? '');
  const [payload, setPayload] = useState<Json | undefined>();
  const [id, setId] = useState('');
  const [broken, setBroken] = useState(false);
  const { label, effect, destructive } = wording[command];

  const body: CommandBody = {};
  if (takesReason(command) && reason.trim()) body.reason = reason.trim();
  if (command === 'set-data') body.update = update ?? {};
  if (command === 'signal') {
    body.type = type;
    if (payload !== undefined) body.payload = payload;
  }
  if (command === 'skip') body.node = run.waiting_on[0]?.node ?? run.error?.node ?? run.at[0] ?? '';
  if (command === 'restart' && id.trim()) body.id = id.trim();

  const { key, refused } = useRequestKey(body);
  const send = useMutation({
    mutationFn: () => sendCommand(client, command, run, body, key),
    onSuccess: (answer) => {
      void queries.invalidateQueries();
      if (command === 'restart' && 'id' in answer) go(['runs', answer.id]);
      const warnings = 'warnings' in answer ? answer.warnings : [];
      if (warnings.length === 0) onClose();
    },
    onError: refused,
  });
  const warnings = send.data && 'warnings' in send.data ? send.data.warnings : [];
  const ready =
    !broken &&
    (command !== 'signal' || type.trim() !== '') &&
    (command !== 'set-data' || (isObject(update) && Object.keys(update).length > 0));
  const where = useWhere();
  const footer = send.isSuccess ? (
    <button type="button" className="primary" onClick={onClose}>
      Close
    </button>
  ) : (
    <>
      <button type="button" onClick={onClose}>
        {destructive ? 'Keep the run' : 'Close'}
      </button>
      <button
        type="submit"
        className={destructive ? 'danger' : 'primary'}
        disabled={!ready || send.isPending}
      >
        {send.isPending ? 'Sending…' : destructive && command !== 'skip' ? `${label} the run` : label}
      </button>
    </>
  );
  return (
    <Dialog
      title={
        <>
          {label}: <bdi>{visibleText(run.id)}</bdi>
        </>
      }
      onClose={onClose}
      onSubmit={() => {
        if (ready && !send.isPending && !send.isSuccess) send.mutate();
      }}
      footer={footer}
    >
      <p>{effect}</p>
      {command === 'skip' && (
        <p>
          The compensation of <code>{visibleText(body.node ?? '')}</code> is skipped.
        </p>
      )}
      {command === 'signal' && (
        <>
          <div className="field">
            <label htmlFor={signalId}>Signal</label>
            <input
              id={signalId}
              data-autofocus
              list={`${signalId}-list`}
              value={type}
              maxLength={128}
              onChange={(event) => setType(event.target.value)}
            />
            <datalist id={`${signalId}-list`}>
              {signals.map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
            <div className="hints dim">
              {signals.length > 0
                ? `The flow waits for: ${signals.map(visibleText).join(', ')}`
                : 'No node of this flow waits for a signal.'}
            </div>
          </div>
          <JsonField
            label="Payload (optional)"
            value={payload}
            onChange={setPayload}
            onBroken={setBroken}
            hint="as JSON; null if empty"
          />
        </>
      )}
      {command === 'set-data' && (
        <JsonField
          label="Keys to set"
          first
          value={update}
          onChange={setUpdate}
          onBroken={setBroken}
          hint={'an object, such as {"amount": 42}'}
        />
      )}
      {command === 'restart' && (
        <div className="field">
          <label htmlFor={signalId}>
            Id of the new run <span className="dim">(optional)</span>
          </label>
          <input id={signalId} data-autofocus value={id} onChange={(event) => setId(event.target.value)} />
        </div>
      )}
      {takesReason(command) && <ReasonField value={reason} onChange={setReason} />}
      <ProblemNote error={send.error} title="The command was refused" command />
      {warnings.length > 0 && (
        <div role="alert">
          <p>The command was executed, with a warning:</p>
          <ul>
            {warnings.map((each, i) => (
              <li key={i} className="text">
                {visibleText(each)}
              </li>
            ))}
          </ul>
        </div>
      )}
      <ShellForms
        curl={curlText(where, `/v1/runs/${encodeURIComponent(run.id)}/${command}`, body)}
        pawl={pawlText(where, command, run.id, body)}
      />
    </Dialog>
  );
}
