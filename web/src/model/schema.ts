// The part of JSON Schema (draft 7) that a form can be drawn from. What is not understood is edited
// as JSON; the server checks everything.
import { type Diagnostic, type Json, type JsonObject, PawlError } from '../client';
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

function resolve(schema: Json | undefined, root: Json | undefined, hops = 0): JsonObject {
  if (!isObject(schema)) return {};
  const ref = schema['$ref'];
  if (typeof ref !== 'string' || !ref.startsWith('#') || hops > 10) return schema;
  let found: Json | undefined = root;
  for (const part of ref.slice(1).split('/').filter(Boolean)) {
    const name = decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~');
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

/** The value that a new form begins with. */
export function initialOf(field: Field): Json | undefined {
  if (field.initial !== undefined) return field.initial;
  if (field.kind !== 'object') return undefined;
  const value: JsonObject = {};
  for (const { name, required, field: member } of field.members) {
    const initial = initialOf(member);
    if (initial !== undefined) value[name] = initial;
    else if (required && member.kind === 'boolean') value[name] = false;
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

/**
 * The diagnostics of a refused request for the form of one of its members, such as '/input': pointers
 * begin in the member. Others stay as they are.
 */
export function diagnosticsBelow(error: unknown, member: string): Diagnostic[] {
  if (!(error instanceof PawlError)) return [];
  const inside = ({ pointer }: Diagnostic) => pointer === member || pointer.startsWith(`${member}/`);
  return error.diagnostics.map((each) =>
    inside(each) ? { ...each, pointer: each.pointer.slice(member.length) } : each,
  );
}
