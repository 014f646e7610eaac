import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Json, Run } from '../client';
import { type CommandBody, curlText, pawlText } from '../model/commands';
import { diagnosticsIn } from '../model/refusal';
import { useSession, useWhere } from '../session';
import { ReasonField, ShellForms } from './command_parts';
import { ProblemNote } from './notes';
import { useRequestKey } from './request_key';
import { initialValue, SchemaForm } from './schema_form';
import { sendCommand } from './send_command';

/** A question of the run, with a form for its answer. */
export function AnswerForm({
  run,
  question,
  value,
  schema,
  inDoubt,
}: {
  run: Run;
  question: string;
  value: unknown;
  schema: Json | undefined;
  inDoubt: boolean;
}) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [answer, setAnswer] = useState<Json | undefined>(() => initialValue(schema));
  const [reason, setReason] = useState('');
  const body: CommandBody = { answer: answer ?? null, question };
  if (reason.trim()) body.reason = reason.trim();
  const { key, refused } = useRequestKey(body);
  const send = useMutation({
    mutationFn: () => sendCommand(client, 'answer', run, body, key),
    onSuccess: () => void queries.invalidateQueries(),
    onError: refused,
  });
  const where = useWhere();
  const diagnostics = diagnosticsIn(send.error, '/answer');
  return (
    <form
      className="answer"
      onSubmit={(event) => {
        event.preventDefault();
        if (!send.isPending) send.mutate();
      }}
      aria-label={`Answer to ${question}`}
    >
      <p className="question text">{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</p>
      {inDoubt && (
        <div className="row">
          <span>It is unknown whether the call took effect:</span>
          <button type="button" className="small" onClick={() => setAnswer({ done: null })}>
            It did
          </button>
          <button type="button" className="small" onClick={() => setAnswer({ again: true })}>
            Call it again
          </button>
          <button
            type="button"
            className="small"
            onClick={() => setAnswer({ failed: 'it did not take effect' })}
          >
            It failed
          </button>
        </div>
      )}
      <SchemaForm
        key={inDoubt ? JSON.stringify(answer) : 'form'}
        schema={schema}
        value={answer}
        onChange={setAnswer}
        diagnostics={diagnostics}
        label="Answer"
      />
      <details>
        <summary>Give a reason</summary>
        <ReasonField value={reason} onChange={setReason} />
      </details>
      <ProblemNote
        error={send.error}
        title="The answer was refused; the question stays open"
        command
        form="/answer"
      />
      <div className="row">
        <button type="submit" className="primary" disabled={send.isPending}>
          {send.isPending ? 'Sending…' : 'Send the answer'}
        </button>
      </div>
      <ShellForms
        curl={curlText(where, `/v1/runs/${encodeURIComponent(run.id)}/answer`, body)}
        pawl={pawlText(where, 'answer', run.id, body)}
      />
    </form>
  );
}
