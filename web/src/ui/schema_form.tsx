import { useEffect, useId, useState } from 'react';
import { type Diagnostic, type Json, type JsonObject, parseJson } from '../client';
import { isObject, textOf } from '../model/definition';
import { atFields, extraKeys, type Field, fieldOf, initialOf, pointer } from '../model/schema';

interface FormProps {
  schema: Json | undefined;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
  /** Diagnostics of the value that was refused; shown at the fields they point to. */
  diagnostics?: Diagnostic[];
  label: string;
}

/** A form for a JSON value, made from its JSON Schema; as JSON where the schema says too little. */
export function SchemaForm({ schema, value, onChange, diagnostics = [], label }: FormProps) {
  const field = fieldOf(schema);
  const [asJson, setAsJson] = useState(field.kind === 'json');
  const useJson = asJson || field.kind === 'json';
  const marks = atFields(field, value, diagnostics);
  return (
    <fieldset className="schema-form">
      <legend>{label}</legend>
      {useJson ? (
        <JsonField
          label={field.title || 'Value as JSON'}
          value={value}
          onChange={onChange}
          hint={field.description}
          errors={marks.map((each) => `${each.pointer} ${each.message}`.trim())}
          rows={6}
        />
      ) : (
        <FieldEditor
          field={field}
          value={value}
          onChange={onChange}
          diagnostics={marks}
          at=""
          name=""
          required
        />
      )}
      {field.kind !== 'json' && (
        <button type="button" className="quiet small" onClick={() => setAsJson(!asJson)}>
          {useJson ? 'Edit as a form' : 'Edit as JSON'}
        </button>
      )}
    </fieldset>
  );
}

export function initialValue(schema: Json | undefined): Json | undefined {
  return initialOf(fieldOf(schema));
}

interface EditorProps {
  field: Field;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
  diagnostics: Diagnostic[];
  at: string;
  name: string;
  required: boolean;
}

function FieldEditor(props: EditorProps) {
  const { field, value, onChange, diagnostics, at, name, required } = props;
  const id = useId();
  const errors = diagnostics.filter((each) => each.pointer === at).map((each) => each.message);
  const label = field.title || name || 'Value';
  const hint = [field.description, field.hint].filter(Boolean).join(' – ');
  const common = {
    id,
    'aria-describedby': `${id}-hint`,
    'aria-invalid': errors.length > 0 ? (true as const) : undefined,
    'aria-required': required || undefined,
  };
  const hints = <Hints id={`${id}-hint`} hint={hint} errors={errors} />;
  const title = (
    <label htmlFor={id}>
      <bdi>{label}</bdi>
      {required ? '' : <span className="dim"> (optional)</span>}
    </label>
  );
  switch (field.kind) {
    case 'object': {
      const object: JsonObject = isObject(value) ? value : {};
      const extra = extraKeys(field, value);
      const inner = (
        <>
          {field.members.map(({ name: member, required: needed, field: child }) => (
            <FieldEditor
              key={member}
              field={child}
              name={member}
              required={needed}
              at={pointer(at, member)}
              diagnostics={diagnostics}
              value={object[member]}
              onChange={(next) => {
                const changed: JsonObject = { ...object };
                if (next === undefined) delete changed[member];
                else changed[member] = next;
                onChange(changed);
              }}
            />
          ))}
          {extra.length > 0 && <p className="dim">Also set: {extra.join(', ')} (edit as JSON)</p>}
          {errors.length > 0 && <Hints id={`${id}-hint`} hint="" errors={errors} />}
        </>
      );
      if (at === '')
        return (
          <div className="fields">
            {hint && <p className="dim">{hint}</p>}
            {inner}
          </div>
        );
      return (
        <fieldset className="fields nested">
          <legend>
            <bdi>{label}</bdi>
          </legend>
          {hint && <p className="dim">{hint}</p>}
          {inner}
        </fieldset>
      );
    }
    case 'boolean':
      return (
        <div className="field">
          {title}
          <select
            {...common}
            value={value === true ? 'true' : value === false ? 'false' : ''}
            onChange={(event) =>
              onChange(event.target.value === '' ? undefined : event.target.value === 'true')
            }
          >
            {(!required || typeof value !== 'boolean') && (
              <option value="">{required ? 'Choose…' : 'not set'}</option>
            )}
            <option value="true">yes</option>
            <option value="false">no</option>
          </select>
          {hints}
        </div>
      );
    case 'choice': {
      const at = field.options.findIndex((option) => JSON.stringify(option) === JSON.stringify(value));
      return (
        <div className="field">
          {title}
          <select
            {...common}
            value={at < 0 ? '' : String(at)}
            onChange={(event) =>
              onChange(event.target.value === '' ? undefined : field.options[Number(event.target.value)])
            }
          >
            {(!required || at < 0) && <option value="">{required ? 'Choose…' : 'not set'}</option>}
            {field.options.map((option, i) => (
              <option key={i} value={i}>
                {textOf(option)}
              </option>
            ))}
          </select>
          {hints}
        </div>
      );
    }
    case 'number':
    case 'integer':
      return <NumberField {...{ common, title, hints, field, value, onChange }} />;
    case 'text': {
      const long = typeof field.schema['maxLength'] === 'number' && field.schema['maxLength'] > 120;
      const shared = {
        ...common,
        value: typeof value === 'string' ? value : '',
        onChange: (event: { target: { value: string } }) =>
          onChange(event.target.value === '' && !required ? undefined : event.target.value),
      };
      return (
        <div className="field">
          {title}
          {long ? (
            <textarea rows={3} {...shared} />
          ) : (
            <input type={field.schema['format'] === 'date' ? 'date' : 'text'} {...shared} />
          )}
          {hints}
        </div>
      );
    }
    case 'list': {
      const items = Array.isArray(value) ? value : [];
      return (
        <fieldset className="fields nested">
          <legend>
            <bdi>{label}</bdi>
            {required ? '' : <span className="dim"> (optional)</span>}
          </legend>
          {hints}
          {items.map((item, i) => (
            <div className="list-item" key={i}>
              <FieldEditor
                field={field.item!}
                name={`Item ${i + 1}`}
                required
                at={pointer(at, i)}
                diagnostics={diagnostics}
                value={item}
                onChange={(next) => onChange(items.map((old, k) => (k === i ? (next ?? null) : old)))}
              />
              <button
                type="button"
                className="quiet small"
                onClick={() => onChange(items.filter((_, k) => k !== i))}
                aria-label={`Remove item ${i + 1} of ${label}`}
              >
                Remove
              </button>
            </div>
          ))}
          <button
            type="button"
            className="small"
            onClick={() =>
              onChange([
                ...items,
                field.item!.kind === 'boolean' ? false : field.item!.kind === 'text' ? '' : 0,
              ])
            }
          >
            Add an item
          </button>
        </fieldset>
      );
    }
    case 'json':
      return (
        <JsonField
          label={label + (required ? '' : ' (optional)')}
          value={value}
          onChange={onChange}
          hint={[hint, 'as JSON'].filter(Boolean).join(' – ')}
          errors={errors}
          rows={3}
        />
      );
  }
}

function NumberField({
  common,
  title,
  hints,
  field,
  value,
  onChange,
}: {
  common: object;
  title: React.ReactNode;
  hints: React.ReactNode;
  field: Field;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
}) {
  const [text, setText] = useState(typeof value === 'number' ? String(value) : '');
  useEffect(() => {
    setText((old) => (typeof value === 'number' && Number(old) !== value ? String(value) : old));
  }, [value]);
  return (
    <div className="field">
      {title}
      <input
        {...common}
        type="text"
        inputMode={field.kind === 'integer' ? 'numeric' : 'decimal'}
        value={text}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          const number = Number(next);
          // What is no number is sent as it is: the server says what is wrong with it.
          onChange(next.trim() === '' ? undefined : Number.isFinite(number) ? number : next);
        }}
      />
      {hints}
    </div>
  );
}

function Hints({ id, hint, errors }: { id: string; hint: string; errors: string[] }) {
  return (
    <div id={id} className="hints">
      {hint && <span className="dim text">{hint}</span>}
      {errors.map((error, i) => (
        <span className="field-error" key={i}>
          {error}
        </span>
      ))}
    </div>
  );
}

/** JSON as text. Reports undefined for an empty text; keeps a broken text and says so. */
export function JsonField({
  label,
  value,
  onChange,
  hint = '',
  errors = [],
  rows = 5,
  first = false,
  onBroken,
}: {
  label: string;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
  hint?: string;
  errors?: string[];
  rows?: number;
  /** Whether a dialog focuses it when it opens. */
  first?: boolean;
  onBroken?(broken: boolean): void;
}) {
  const id = useId();
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [broken, setBroken] = useState('');
  const change = (next: string) => {
    setText(next);
    if (next.trim() === '') {
      setBroken('');
      onBroken?.(false);
      return onChange(undefined);
    }
    try {
      onChange(parseJson(next) as Json);
      setBroken('');
      onBroken?.(false);
    } catch (error) {
      setBroken(`Not valid JSON: ${(error as Error).message}`);
      onBroken?.(true);
    }
  };
  const all = broken ? [broken, ...errors] : errors;
  return (
    <div className="field">
      <label htmlFor={id}>
        <bdi>{label}</bdi>
      </label>
      <textarea
        id={id}
        className="code"
        data-autofocus={first || undefined}
        rows={rows}
        spellCheck={false}
        value={text}
        onChange={(event) => change(event.target.value)}
        aria-describedby={`${id}-hint`}
        aria-invalid={all.length > 0 ? true : undefined}
      />
      <Hints id={`${id}-hint`} hint={hint} errors={all} />
    </div>
  );
}
