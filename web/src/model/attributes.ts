// Attributes of runs: typed values by which they are found (docs/attributes.md).
import type { Attribute, RunSummary } from '../client';
import { inQuotes } from './filter';

/** Maximum number of columns: more do not leave room for the error of a run. */
export const maxColumns = 4;

/** The value as people read it. */
export function attributeText(value: Attribute): string {
  return typeof value === 'object' ? value.time : String(value);
}

/** The value as filters and `--attr` of the program have it: a text that looks like another type is in quotes. */
export function attributeValue(value: Attribute): string {
  if (typeof value !== 'string') return attributeText(value);
  const isPlain = /^[A-Za-z_][^\s,"]*$/.test(value) && value !== 'true' && value !== 'false';
  return isPlain ? value : inQuotes(value);
}

/** "attr.customer=acme" */
export function attributeCondition(name: string, value: Attribute): string {
  return `attr.${name}=${attributeValue(value)}`;
}

/** The attributes of some runs: their names, sorted, and values of each, in the order of the runs. */
export function knownAttributes(runs: readonly RunSummary[]): Map<string, Attribute[]> {
  const known = new Map<string, Map<string, Attribute>>();
  for (const run of runs)
    for (const [name, value] of Object.entries(run.attributes ?? {})) {
      const values = known.get(name) ?? new Map<string, Attribute>();
      values.set(attributeValue(value), value);
      known.set(name, values);
    }
  const names = [...known.keys()].sort();
  return new Map(names.map((name) => [name, [...known.get(name)!.values()]]));
}
