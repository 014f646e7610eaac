// The part of JSON Schema (draft 7) that a form can be drawn from. What is not understood is edited
// as JSON; the server checks everything.
import type { Diagnostic, Json, JsonObject } from '../client';
import { isObject } from './definition';

export type FieldKind = 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'object' | 'list' | 'json';

export interface Field {
  kind: FieldKind;
  title: string;
  description: string;
  /** Values of a choice. */
  options: Json[];
  /** Members of an object, in order. */
  members: { name: string; required: boolean; field: Field }[];
  /** Items of a list. */
  item: Field | undefined;
  /** The default; undefined if there is none. */
  initial: Json | undefined;
  /** Limits in words: "at least 0". */
  hint: string;
  schema: JsonObject;
}

const maxDepth = 6;

const unescaped = (part: string) => part.replace(/~1/g, '/').replace(/~0/g, '~');

function resolve(schema: Json | undefined, root: Json | undefined, hops = 0): JsonObject {
  if (!isObject(schema)) return {};
  const ref = schema['$ref'];
  if (typeof ref !== 'string' || !ref.startsWith('#') || hops > 10) return schema;
  let found: Json | undefined = root;
  for (const part of ref.slice(1).split('/').filter(Boolean)) {
    const name = unescaped(decodeURIComponent(part));
    found = isObject(found) ? found[name] : undefined;
  }
  return resolve(found, root, hops + 1);
}

function hintOf(schema: JsonObject): string {
  const parts: string[] = [];
  const add = (key: string, text: (n: Json) => string) => {
    const value = schema[key];
    if (value !== undefined && value !== null) parts.push(text(value));
  };
  add('minimum', (n) => `at least ${n}`);
  add('exclusiveMinimum', (n) => `more than ${n}`);
  add('maximum', (n) => `at most ${n}`);
  add('exclusiveMaximum', (n) => `less than ${n}`);
  add('multipleOf', (n) => `a multiple of ${n}`);
  add('minLength', (n) => `at least ${n} character${n === 1 ? '' : 's'}`);
  add('maxLength', (n) => `at most ${n} characters`);
  add('minItems', (n) => `at least ${n} item${n === 1 ? '' : 's'}`);
  add('maxItems', (n) => `at most ${n} items`);
  add('format', (f) => `${f}`);
  add('pattern', (p) => `matches ${p}`);
  return parts.join(', ');
}

export function fieldOf(schema: Json | undefined, root: Json | undefined = schema, depth = 0): Field {
  const s = resolve(schema, root);
  const text = (key: string) => (typeof s[key] === 'string' ? (s[key] as string) : '');
  const field: Field = {
    kind: 'json',
    title: text('title'),
    description: text('description'),
    options: [],
    members: [],
    item: undefined,
    initial: s['default'],
    hint: hintOf(s),
    schema: s,
  };
  if (['allOf', 'anyOf', 'oneOf', 'not', 'if'].some((key) => key in s) || depth > maxDepth) return field;
  if (Array.isArray(s['enum'])) return { ...field, kind: 'choice', options: s['enum'] };
  if ('const' in s) return { ...field, kind: 'choice', options: [s['const'] as Json] };
  const type = s['type'] ?? (isObject(s['properties']) ? 'object' : undefined);
  switch (type) {
    case 'string':
      return { ...field, kind: 'text' };
    case 'number':
      return { ...field, kind: 'number' };
    case 'integer':
      return { ...field, kind: 'integer' };
    case 'boolean':
      return { ...field, kind: 'boolean' };
    case 'array': {
      const item = fieldOf(s['items'], root, depth + 1);
      return Array.isArray(s['items']) ||
        !['text', 'number', 'integer', 'choice', 'boolean'].includes(item.kind)
        ? field
        : { ...field, kind: 'list', item };
    }
    case 'object': {
      const properties = isObject(s['properties']) ? s['properties'] : {};
      const names = Object.keys(properties);
      if (names.length === 0) return field;
      const required = Array.isArray(s['required']) ? s['required'] : [];
      return {
        ...field,
        kind: 'object',
        members: names.map((name) => ({
          name,
          required: required.includes(name),
          field: fieldOf(properties[name], root, depth + 1),
        })),
      };
    }
    default:
      return field;
  }
}

const isEmpty = (value: Json) => isObject(value) && Object.keys(value).length === 0;

/** The value that a new form begins with. */
export function initialOf(field: Field): Json | undefined {
  if (field.initial !== undefined) return field.initial;
  if (field.kind !== 'object') return undefined;
  const value: JsonObject = {};
  for (const { name, required, field: member } of field.members) {
    const initial = initialOf(member);
    // An optional object that begins empty is left out: it could lack members of its own.
    if (initial !== undefined && (required || !isEmpty(initial))) value[name] = initial;
  }
  return value;
}

/** Keys that the form has no field for; the form keeps them. */
export function extraKeys(field: Field, value: Json | undefined): string[] {
  if (field.kind !== 'object' || !isObject(value)) return [];
  const known = new Set(field.members.map((member) => member.name));
  return Object.keys(value).filter((key) => !known.has(key));
}

/** The JSON pointer of a member. */
export function pointer(base: string, name: string | number): string {
  return `${base}/${String(name).replace(/~/g, '~0').replace(/\//g, '~1')}`;
}

/** The pointer of the field that a pointer into the value leads to, or of the last one on the way there. */
function fieldAt(root: Field, whole: string): string {
  let field = root;
  let at = '';
  for (const part of whole.split('/').slice(1)) {
    const name = unescaped(part);
    const next =
      field.kind === 'list' ? field.item : field.members.find((member) => member.name === name)?.field;
    if (!next) break;
    field = next;
    at += `/${part}`;
  }
  return at;
}

/** The pointers of required members that have no value. */
function missingIn(field: Field, value: Json | undefined, at = ''): string[] {
  const object: JsonObject = isObject(value) ? value : {};
  return field.members.flatMap(({ name, required, field: member }) => {
    const place = pointer(at, name);
    if (object[name] === undefined) return required ? [place] : [];
    return missingIn(member, object[name], place);
  });
}

/**
 * The diagnostics of a refused value at the fields that show them. A missing member is reported at its own
 * field, for as long as it is missing; what is wrong inside a field without fields of its own, at that field.
 */
export function atFields(root: Field, value: Json | undefined, refused: readonly Diagnostic[]): Diagnostic[] {
  if (refused.length === 0) return [];
  const missing = missingIn(root, value).map(
    (place): Diagnostic => ({ severity: 'error', code: 'schema', pointer: place, message: 'is required' }),
  );
  const others = refused.flatMap((each): Diagnostic[] => {
    const at = fieldAt(root, each.pointer);
    // A form says so itself, and no longer than it is true.
    if (at === each.pointer && each.message.endsWith('(/required)')) return [];
    const rest = each.pointer.slice(at.length);
    return [{ ...each, pointer: at, message: rest ? `${rest} ${each.message}` : each.message }];
  });
  return [...missing, ...others];
}
