// The filter language of runs (docs/filters.md): writing conditions, suggestions, and the place of a
// mistake. The server reads and checks filters; nothing here decides whether one is valid.
import { statuses } from './status';

interface Field {
  name: string;
  /** The operator that a suggestion adds. */
  operator: string;
  hint: string;
}

const fields: Field[] = [
  { name: 'status', operator: '=', hint: 'running, paused, completed, failed, cancelled' },
  { name: 'flow', operator: '=', hint: 'name of the flow, or name@version' },
  { name: 'error', operator: '=', hint: 'type of the error of a failed run' },
  { name: 'node', operator: '=', hint: 'node at which the run failed or waits' },
  { name: 'waiting', operator: '=', hint: 'signal:NAME, signal, answer, timer, run, worker' },
  { name: 'started', operator: '>', hint: 'time of the start: -2h, 2026-01-31' },
  { name: 'finished', operator: '>', hint: 'time of the end: -2h, 2026-01-31' },
  { name: 'id', operator: '^=', hint: 'id of the run; ^= begins with' },
  { name: 'version', operator: '=', hint: 'version of the flow' },
  { name: 'parent', operator: '=', hint: 'id of the run whose subflow it is' },
];

const values: Record<string, string[]> = {
  status: [...statuses],
  waiting: ['signal', 'signal:', 'answer', 'timer', 'run', 'worker'],
  started: ['-1h', '-24h', '-7d'],
  finished: ['-1h', '-24h', '-7d'],
};

/** A value in quotes. */
export function inQuotes(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** A value as the language wants it: in quotes if it needs them. */
export function quoted(value: string): string {
  return value === '' || /[\s,"@]/.test(value) ? inQuotes(value) : value;
}

/** "flow=order,invoice" */
export function condition(field: string, operator: string, ...all: string[]): string {
  return field + operator + all.map(quoted).join(',');
}

/** The first values of a list that are, as a condition has them, at most so many and so many bytes. */
export function firstThatFit(all: Iterable<string>, most: number, mostBytes: number): string[] {
  const first: string[] = [];
  let bytes = 0;
  for (const each of all) {
    bytes += new TextEncoder().encode(quoted(each)).length + 1;
    if (first.length === most || bytes > mostBytes) break;
    first.push(each);
  }
  return first;
}

/** Filters that must all hold. Empty ones are left out. */
export function both(...filters: (string | undefined)[]): string {
  return filters
    .map((each) => each?.trim())
    .filter(Boolean)
    .join(' ');
}

/** What was typed as a filter: a text without any operator is the beginning of an id. */
export function typedFilter(text: string): string {
  const plain = text.trim();
  return plain === '' || /[=<>]/.test(plain) ? plain : condition('id', '^=', plain);
}

/** Where the part that ends at `end` begins: after the last of `separators` that is not in quotes. */
function beginOf(text: string, from: number, end: number, separators: string): number {
  let begin = from;
  let inQuotes = false;
  for (let i = from; i < end; ++i) {
    if (inQuotes && text[i] === '\\') ++i;
    else if (text[i] === '"') inQuotes = !inQuotes;
    else if (!inQuotes && separators.includes(text[i]!)) begin = i + 1;
  }
  return begin;
}

export interface Suggestion {
  /** Replaces the text from `from` to the caret. */
  text: string;
  from: number;
  hint: string;
}

const most = 12;
const mostFields = 30;

function attributeField([name, known]: [string, readonly string[]]): Field {
  const examples = known.slice(0, 3).join(', ');
  return { name: `attr.${name}`, operator: '=', hint: `attribute${examples ? `: ${examples}` : ''}` };
}

/** What lists of the scope have: names of flows, and attributes with their values, as filters have them. */
export interface Vocabulary {
  flows: readonly string[];
  attributes: ReadonlyMap<string, readonly string[]>;
}

/** What can be written at the caret: fields, or values of the field before it. */
export function suggestions(filter: string, caret: number, { flows, attributes }: Vocabulary): Suggestion[] {
  const begin = beginOf(filter, 0, caret, ' \t\r\n');
  const word = filter.slice(begin, caret);
  const written = /^(attr\.[A-Za-z0-9_.-]+|[a-z_]+)(!=|\^=|<=|>=|=|<|>)/.exec(word);
  if (!written)
    return [...fields, ...[...attributes].map(attributeField)]
      .filter((each) => each.name.startsWith(word))
      .slice(0, mostFields)
      .map((each) => ({ text: each.name + each.operator, from: begin, hint: each.hint }));
  const [start, field] = written as unknown as [string, string];
  const from = beginOf(filter, begin + start.length, caret, ',');
  const begun = filter.slice(from, caret).toLowerCase();
  const typed = begun.replace(/^"/, '');
  const known = field.startsWith('attr.')
    ? (attributes.get(field.slice('attr.'.length)) ?? [])
    : (field === 'flow' ? flows : (values[field] ?? [])).map((each) => quoted(each));
  return known
    .filter((each) => each.replace(/^"/, '').toLowerCase().startsWith(typed) && each.toLowerCase() !== begun)
    .slice(0, most)
    .map((text) => ({ text, from, hint: '' }));
}

export interface Mistake {
  /** Index into the filter. */
  at: number;
  message: string;
}

/** The place that a refusal of the server names, which counts bytes from 1. */
export function mistakeIn(filter: string, detail: string): Mistake | undefined {
  const found = /^invalid filter at position (\d+): (.*)$/s.exec(detail);
  if (!found) return undefined;
  const before = new TextEncoder().encode(filter).slice(0, Number(found[1]) - 1);
  return { at: new TextDecoder().decode(before).length, message: found[2]! };
}
