import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Json, parseJson } from '../client';
import { curlText, runIdOf, startText } from '../model/commands';
import { isObject } from '../model/definition';
import { diagnosticsIn } from '../model/refusal';
import { go, setQuery, useRoute } from '../router/route';
import { useSession, useWhere } from '../session';
import { ShellForms } from '../ui/command_parts';
import { CopyButton } from '../ui/copy';
import { ProblemNote } from '../ui/notes';
import { useRequestKey } from '../ui/request_key';
import { initialValue, JsonField, SchemaForm } from '../ui/schema_form';

/** A form made from `input_schema`. What is typed is kept in the URL, so it can be sent to somebody. */
export function StartForm({
  flow,
  version,
  schema,
}: {
  flow: string;
  version: string | undefined;
  schema: Json | undefined;
}) {
  const { client } = useSession();
  const queries = useQueryClient();
  const { query } = useRoute();
  const [input, setInput] = useState<Json | undefined>(() => {
    try {
      return query.has('input') ? (parseJson(query.get('input')!) as Json) : (initialValue(schema) ?? {});
    } catch {
      return initialValue(schema) ?? {};
    }
  });
  const [id, setId] = useState('');
  const [metadata, setMetadata] = useState<Json | undefined>();
  const [attributes, setAttributes] = useState<Json | undefined>();
  const [brokenMetadata, setBrokenMetadata] = useState(false);
  const [brokenAttributes, setBrokenAttributes] = useState(false);
  const broken = brokenMetadata || brokenAttributes;
  const body = {
    flow,
    ...(version ? { version } : {}),
    input: input ?? {},
    ...(id.trim() ? { id: id.trim() } : {}),
    ...(metadata !== undefined ? { metadata } : {}),
    ...(attributes !== undefined ? { attributes } : {}),
  };
  const { key, refused } = useRequestKey(body);
  const start = useMutation({
    mutationFn: () => client.post('/v1/runs', { body: { id: runIdOf(flow, key), ...body } as never, key }),
    onSuccess: (run) => {
      void queries.invalidateQueries({ queryKey: ['stats'] });
      void queries.invalidateQueries({ queryKey: ['runs'] });
      go(['runs', run.id]);
    },
    onError: refused,
  });
  const change = (value: Json | undefined) => {
    setInput(value);
    const text = JSON.stringify(value ?? {});
    // Longer ones would make the URL unusable.
    setQuery({ input: text.length < 4000 && text !== '{}' ? text : undefined });
  };
  const diagnostics = diagnosticsIn(start.error, '/input');
  const where = useWhere();
  return (
    <form
      className="card start"
      onSubmit={(event) => {
        event.preventDefault();
        if (!start.isPending && !broken) start.mutate();
      }}
      aria-label="Start a run"
    >
      <h2>Start a run{version && <> of version {version}</>}</h2>
      {!isObject(schema) && (
        <p className="dim">
          The flow has no <code>input_schema</code>: any object is accepted as input.
        </p>
      )}
      <SchemaForm schema={schema} value={input} onChange={change} diagnostics={diagnostics} label="Input" />
      <details>
        <summary>Id, attributes and metadata</summary>
        <div className="field">
          <label htmlFor="run-id">
            Id of the run <span className="dim">(optional)</span>
          </label>
          <input
            id="run-id"
            value={id}
            onChange={(event) => setId(event.target.value)}
            aria-describedby="run-id-hint"
          />
          <div id="run-id-hint" className="hints dim">
            Generated if it is empty. An id that exists is not started again.
          </div>
        </div>
        <JsonField
          label="Attributes (optional)"
          value={attributes}
          onChange={setAttributes}
          onBroken={setBrokenAttributes}
          hint={'an object, such as {"customer": "acme", "total": 42}; the run is found by them'}
          rows={3}
        />
        <JsonField
          label="Metadata (optional)"
          value={metadata}
          onChange={setMetadata}
          onBroken={setBrokenMetadata}
          hint="an object as JSON; stored next to the data, readable by rules"
          rows={3}
        />
      </details>
      <ProblemNote error={start.error} title="The run was not started" command form="/input" />
      <div className="row">
        <button type="submit" className="primary" disabled={start.isPending || broken}>
          {start.isPending ? 'Starting…' : 'Start the run'}
        </button>
        <CopyButton label="Copy a link to this form" text={() => location.href} />
      </div>
      <ShellForms curl={curlText(where, '/v1/runs', body)} pawl={startText(where, body)} />
    </form>
  );
}
