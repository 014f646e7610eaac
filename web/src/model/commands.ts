// Which commands a run takes now, and how they are called. The rules are those of the server
// (`legal_commands` in flow/machine); the server has the last word.
import type { Attribute, Json, Run, RunSummary } from '../client';
import { attributeValue } from './attributes';
import { isObject } from './definition';

export type Command =
  | 'answer'
  | 'signal'
  | 'pause'
  | 'resume'
  | 'retry'
  | 'set-data'
  | 'skip'
  | 'cancel'
  | 'terminate'
  | 'restart';

export type Role = 'reader' | 'operator' | 'author' | 'admin';

const ranks: Role[] = ['reader', 'operator', 'author', 'admin'];

export function mayDo(role: Role, needed: Role): boolean {
  return ranks.indexOf(role) >= ranks.indexOf(needed);
}

export function legalCommands(run: Run): Command[] {
  const asks = run.waiting_on.some((wait) => wait.kind === 'answer');
  const answer: Command[] = asks ? ['answer'] : [];
  switch (run.status) {
    case 'running':
      if (run.undoing)
        return run.pausing ? ['resume', 'signal', 'terminate'] : ['pause', 'signal', 'skip', 'terminate'];
      if (run.pausing) return ['resume', 'signal', 'cancel', 'terminate'];
      return [...answer, 'pause', 'signal', 'cancel', 'terminate'];
    case 'paused':
      if (run.undoing) return ['resume', 'set-data', 'signal', 'terminate'];
      // A run that asks continues with the answer; a bare resume would answer with null.
      return [
        ...answer,
        ...(asks ? [] : (['resume'] as Command[])),
        'set-data',
        'signal',
        'cancel',
        'terminate',
      ];
    case 'failed':
      if (run.undoing) return ['retry', 'skip', 'set-data', 'restart'];
      if (run.at.length === 0) return ['restart', 'set-data'];
      return ['retry', 'set-data', 'restart'];
    case 'completed':
    case 'cancelled':
      return ['restart'];
  }
}

interface Wording {
  /** On the button. */
  label: string;
  /** What it does, in the dialog. */
  effect: string;
  /** Cannot be taken back: the button is drawn as such. */
  destructive: boolean;
}

export const wording: Record<Command, Wording> = {
  answer: {
    label: 'Answer',
    effect: 'Answers the question; the run continues with the answer.',
    destructive: false,
  },
  signal: {
    label: 'Send signal',
    effect: 'Sends a signal. If no node waits for it yet, the run keeps it.',
    destructive: false,
  },
  pause: {
    label: 'Pause',
    effect: 'Pauses the run after its running functions have returned.',
    destructive: false,
  },
  resume: { label: 'Resume', effect: 'Continues the paused run.', destructive: false },
  retry: {
    label: 'Retry',
    effect: 'Continues the failed run at the step that failed. Completed steps are not executed again.',
    destructive: false,
  },
  'set-data': {
    label: 'Set data',
    effect: 'Sets top-level keys of the data. Other keys stay as they are.',
    destructive: false,
  },
  skip: {
    label: 'Skip compensation',
    effect: 'Skips the compensation that the run is at. What it would have undone stays done.',
    destructive: true,
  },
  cancel: {
    label: 'Cancel',
    effect: 'Cancels the run: its completed steps are compensated, then it ends. It cannot be resumed.',
    destructive: true,
  },
  terminate: {
    label: 'Terminate',
    effect: 'Ends the run and its subflows at once, without compensation. It cannot be resumed.',
    destructive: true,
  },
  restart: {
    label: 'Restart',
    effect: 'Starts a new run with the same flow version and input. This run stays as it is.',
    destructive: false,
  },
};

/** Whether a command is recorded with a reason. */
export function takesReason(command: Command): boolean {
  return command !== 'signal' && command !== 'restart';
}

export type BulkCommand = 'pause' | 'resume' | 'retry' | 'cancel' | 'terminate' | 'signal';

/** Commands for several runs at once, and the statuses that take them. */
export const bulkCommands: { command: BulkCommand; statuses: RunSummary['status'][] }[] = [
  { command: 'pause', statuses: ['running'] },
  { command: 'resume', statuses: ['paused'] },
  { command: 'retry', statuses: ['failed'] },
  { command: 'signal', statuses: ['running', 'paused'] },
  { command: 'cancel', statuses: ['running', 'paused'] },
  { command: 'terminate', statuses: ['running', 'paused'] },
];

const unsafe = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

function escaped(c: string): string {
  const code = c.charCodeAt(0);
  return code < 0x80
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Quotes a word for a POSIX shell. */
export function shellQuote(word: string): string {
  if (/^[A-Za-z0-9_./:@%+=,-]+$/.test(word)) return word;
  // Control characters could do things in the terminal it is pasted into, others reorder its text.
  if (unsafe.test(word))
    return `$'${word.replace(/[\\']/g, '\\$&').replace(new RegExp(unsafe, 'g'), escaped)}'`;
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

export interface CommandBody {
  reason?: string;
  answer?: unknown;
  question?: string;
  update?: unknown;
  type?: string;
  payload?: unknown;
  node?: string;
  id?: string;
}

export interface Where {
  /** The base URL of the API, with a slash at its end. */
  base: string;
  scope: string;
  /** Whether a key is needed; its value is never shown. */
  keyed: boolean;
}

export function curlText(
  where: Where,
  path: string,
  body: object,
  method: 'POST' | 'PUT' | 'DELETE' = 'POST',
): string {
  const words = ['curl', '-X', method];
  if (where.keyed) words.push('-H', '"Authorization: Bearer $PAWL_TOKEN"');
  if (where.scope !== 'default') words.push('-H', shellQuote(`Pawl-Scope: ${where.scope}`));
  if (Object.keys(body).length > 0) words.push('--json', shellQuote(JSON.stringify(body)));
  words.push(shellQuote(new URL(path.replace(/^\//, ''), where.base).href));
  return words.join(' ');
}

/** Options of the program that select the server and the scope. */
function whereWords({ base, scope }: Where): string[] {
  const words = ['--server', shellQuote(base.replace(/\/$/, ''))];
  if (scope !== 'default') words.push('--scope', shellQuote(scope));
  return words;
}

/** A command of the program that concerns the scope or the server. The words are quoted here. */
export function programText(where: Where, ...words: string[]): string {
  return ['pawl', ...words.map(shellQuote), ...whereWords(where)].join(' ');
}

/** A command of the program about runs. What it is given is quoted here. */
function commandText(where: Where, command: string, operands: string[], options: string[]): string {
  const given = operands.map(shellQuote);
  const rest = [...options.map(shellQuote), ...whereWords(where)];
  // After "--" nothing is an option.
  const words = operands.some((each) => each.startsWith('-'))
    ? [...rest, '--', ...given]
    : [...given, ...rest];
  return ['pawl', 'runs', command, ...words].join(' ');
}

/** A command of the program about one run. */
export function runText(where: Where, command: string, run: string, ...options: string[]): string {
  return commandText(where, command, [run], options);
}

/** The same as a command of the program. */
export function pawlText(where: Where, command: Command, run: string, body: CommandBody): string {
  const operands = [run];
  if (command === 'answer') operands.push(JSON.stringify(body.answer ?? null));
  if (command === 'set-data') operands.push(JSON.stringify(body.update ?? {}));
  if (command === 'signal') {
    operands.push(body.type ?? '');
    if (body.payload !== undefined && body.payload !== null) operands.push(JSON.stringify(body.payload));
  }
  const options: string[] = [];
  if (command === 'answer' && body.question) options.push('--question', body.question);
  if (command === 'skip') options.push('--node', body.node ?? '');
  if (command === 'restart' && body.id) options.push('--id', body.id);
  if (takesReason(command) && body.reason) options.push('--reason', body.reason);
  return commandText(where, command, operands, options);
}

/**
 * The id of a run that the console starts without one of the user: short, and begins as the flow is called. A
 * repeated request, which has the same key, starts no second run.
 */
export function runIdOf(flow: string, requestKey: string): string {
  const name = /[^/]*$/
    .exec(flow)![0]
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '')
    .slice(0, 60);
  return `${name || 'run'}-${requestKey.slice(-12)}`;
}

/** A start as a command of the program. */
export function startText(
  where: Where,
  start: { flow: string; version?: string; input: unknown; id?: string; attributes?: Json },
): string {
  const words = ['pawl', 'runs', 'start', shellQuote(start.flow)];
  if (start.version) words.push('--version', shellQuote(start.version));
  words.push('--input', shellQuote(JSON.stringify(start.input)));
  if (start.id) words.push('--id', shellQuote(start.id));
  for (const [name, value] of Object.entries(isObject(start.attributes) ? start.attributes : {}))
    words.push('--attr', shellQuote(`${name}=${attributeValue(value as Attribute)}`));
  return [...words, ...whereWords(where)].join(' ');
}
