import { useId, useState } from 'react';
import type { JobCommand, Json } from '../client';
import { ReasonField } from './command_parts';
import { JsonField } from './schema_form';

/** What a command to several runs needs besides the runs. */
export interface BulkInput {
  reason: string;
  /** Of the command signal. */
  type: string;
  payload: Json | undefined;
}

/** A command to several runs, as a dialog asks for it; `ready`: it can be sent. */
export function useBulkForm(initial: JobCommand) {
  const [command, setCommand] = useState(initial);
  const [input, setInput] = useState<BulkInput>({ reason: '', type: '', payload: undefined });
  const [broken, setBroken] = useState(false);
  const ready = command !== 'signal' || (!broken && input.type.trim() !== '');
  const choose = (next: JobCommand) => {
    setCommand(next);
    // The field of the payload begins anew.
    setBroken(false);
  };
  return { command, choose, input, setInput, setBroken, ready };
}

type BulkForm = ReturnType<typeof useBulkForm>;

/** The choice of a command for several runs. */
export function BulkChoice({
  form: { command, choose },
  commands,
  effect,
  disabled,
}: {
  form: BulkForm;
  commands: readonly { command: JobCommand; label: string }[];
  effect: string;
  disabled: boolean;
}) {
  const id = useId();
  return (
    <>
      <div className="field">
        <label htmlFor={id}>Command</label>
        <select
          id={id}
          data-autofocus
          value={command}
          disabled={disabled}
          onChange={(event) => choose(event.target.value as JobCommand)}
        >
          {commands.map((each) => (
            <option key={each.command} value={each.command}>
              {each.label}
            </option>
          ))}
        </select>
      </div>
      <p>{effect}</p>
    </>
  );
}

/** What the command needs: a signal and its payload, or a reason. */
export function BulkFields({ form: { command, input, setInput, setBroken } }: { form: BulkForm }) {
  const id = useId();
  if (command === 'delete') return null;
  if (command !== 'signal')
    return <ReasonField value={input.reason} onChange={(reason) => setInput({ ...input, reason })} />;
  return (
    <>
      <div className="field">
        <label htmlFor={id}>Signal</label>
        <input
          id={id}
          value={input.type}
          maxLength={128}
          onChange={(event) => setInput({ ...input, type: event.target.value })}
        />
      </div>
      <JsonField
        label="Payload (optional)"
        value={input.payload}
        onChange={(payload) => setInput({ ...input, payload })}
        onBroken={setBroken}
        hint="as JSON; null if empty"
        rows={3}
      />
    </>
  );
}
