// What the JSON Schema of flows says about a place in a definition: keys, values and descriptions.
import type { Json, JsonObject } from '../client';
import { isObject } from './definition';
import type { Frame, Place } from './json_place';

export interface Hint {
  label: string;
  /** Replaces the token at the place. */
  text: string;
  description: string;
}

const maxHints = 100;
const maxDepth = 30;

/** Keys whose values are ids of nodes. */
const links = new Set(['source', 'target', 'next', 'then', 'else', 'on_error', 'on_timeout', 'each']);

/** The schemas that hold for a value, with what they refer to and the branches that its type selects. */
function expand(
  root: JsonObject,
  schema: Json | undefined,
  frame: Frame | undefined,
  depth = 0,
): JsonObject[] {
  if (!isObject(schema) || depth > maxDepth) return [];
  const rest = (each: Json | undefined) => expand(root, each, frame, depth + 1);
  const found: JsonObject[] = [schema];
  const reference = schema['$ref'];
  if (typeof reference === 'string') found.push(...rest(referred(root, reference)));
  for (const name of ['allOf', 'anyOf', 'oneOf'])
    if (Array.isArray(schema[name])) for (const each of schema[name]) found.push(...rest(each));
  if (schema['if'] !== undefined)
    found.push(...rest(selects(schema['if'], frame) ? schema['then'] : schema['else']));
  return found;
}

function referred(root: JsonObject, reference: string): Json | undefined {
  let value: Json | undefined = root;
  for (const part of reference.replace(/^#\/?/, '').split('/'))
    value = isObject(value) ? value[part] : undefined;
  return value;
}

/** Whether the values that were written satisfy a condition such as {"properties": {"type": {"const": "task"}}}. */
function selects(condition: Json | undefined, frame: Frame | undefined): boolean {
  const properties = isObject(condition) ? condition['properties'] : undefined;
  if (!isObject(properties) || !frame) return false;
  return Object.entries(properties).every(([key, wanted]) => {
    const value = frame.scalars.get(key);
    if (!isObject(wanted) || value === undefined) return false;
    return wanted['const'] === value || (Array.isArray(wanted['enum']) && wanted['enum'].includes(value));
  });
}

/** The schemas of a member or an item. */
function below(schemas: JsonObject[], key: string | number): Json[] {
  return schemas.flatMap((each): Json[] => {
    if (typeof key === 'number') return isObject(each['items']) ? [each['items']] : [];
    const properties = each['properties'];
    if (isObject(properties) && properties[key] !== undefined) return [properties[key]];
    return isObject(each['additionalProperties']) ? [each['additionalProperties']] : [];
  });
}

/** The schemas of the innermost object or array of a place. */
function around(root: JsonObject, frames: readonly Frame[]): JsonObject[] {
  let schemas = expand(root, root, frames[0]);
  for (const frame of frames.slice(1))
    schemas = below(schemas, frame.at ?? '').flatMap((each) => expand(root, each, frame));
  return schemas;
}

function descriptionOf(schemas: readonly Json[]): string {
  for (const each of schemas)
    if (isObject(each) && typeof each['description'] === 'string') return each['description'];
  return '';
}

/** What can be written at a place. `nodes`: ids of the flow's nodes. */
export function hintsAt(root: JsonObject, place: Place, nodes: readonly string[]): Hint[] {
  const typed = place.typed.toLowerCase();
  const inner = around(root, place.frames);
  const hints = place.what === 'key' ? keyHints(root, inner, place) : valueHints(root, inner, place, nodes);
  const found = hints.filter((each) => each.label.toLowerCase().includes(typed) && each.text !== place.token);
  // What begins with the typed text comes first.
  const rank = (each: Hint) => (each.label.toLowerCase().startsWith(typed) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, maxHints);
}

function keyHints(root: JsonObject, inner: JsonObject[], place: Place): Hint[] {
  const own = place.token.replace(/"/g, '');
  const written = new Set(place.frames.at(-1)?.keys.filter((key) => key !== own));
  const hints = new Map<string, Hint>();
  for (const { properties } of inner) {
    if (!isObject(properties)) continue;
    for (const [key, schema] of Object.entries(properties)) {
      if (written.has(key) || hints.has(key)) continue;
      const text = JSON.stringify(key) + (place.hasColon ? '' : ': ');
      hints.set(key, { label: key, text, description: descriptionOf(expand(root, schema, undefined)) });
    }
  }
  return [...hints.values()];
}

function valueHints(root: JsonObject, inner: JsonObject[], place: Place, nodes: readonly string[]): Hint[] {
  const { key } = place;
  const schemas = below(inner, key ?? '').flatMap((each) => expand(root, each, undefined));
  const values = new Set<string>();
  for (const each of schemas) {
    if (each['const'] !== undefined) values.add(JSON.stringify(each['const']));
    if (Array.isArray(each['enum'])) for (const value of each['enum']) values.add(JSON.stringify(value));
    if ([each['type']].flat().includes('boolean')) values.add('true').add('false');
  }
  const link = typeof key === 'number' ? place.frames.at(-1)?.at : key;
  if (links.has(String(link))) for (const id of nodes) values.add(JSON.stringify(id));
  return [...values].map((text) => {
    const label = text.startsWith('"') ? (JSON.parse(text) as string) : text;
    const meaning = key === 'type' ? descriptionOf([referred(root, `#/definitions/${label}`) ?? null]) : '';
    return { label, text, description: meaning };
  });
}

/** The description of the key at a place, or of the key whose value is there; empty if there is none. */
export function describe(root: JsonObject, place: Place): string {
  const inner = around(root, place.frames);
  const name = place.what === 'key' ? place.token.replace(/"/g, '') : place.key;
  if (place.what === 'value' && name === 'type') {
    const meaning = descriptionOf([referred(root, `#/definitions/${place.token.replace(/"/g, '')}`) ?? null]);
    if (meaning) return meaning;
  }
  return descriptionOf(below(inner, name ?? '').flatMap((each) => expand(root, each, undefined)));
}
