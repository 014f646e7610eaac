// Where a caret stands in a JSON text that is being written: missing quotes, commas and ends are common.

type Scalar = string | number | boolean | null;

/** An object or array around the caret. */
export interface Frame {
  /** Where it is in the one around it: a key, or an index. */
  at: string | number | undefined;
  isArray: boolean;
  keys: string[];
  /** Its values that are neither objects nor arrays, also those after the caret. */
  scalars: Map<string, Scalar>;
}

export interface Place {
  /** The root first, the innermost last. */
  frames: Frame[];
  /** The key or the value at the caret. */
  what: 'key' | 'value';
  /** Of a value: its key or index. */
  key: string | number | undefined;
  /** The text of the token up to the caret, without quotes. */
  typed: string;
  /** The whole token, with its quotes. */
  token: string;
  from: number;
  to: number;
  /** Whether a colon follows. */
  hasColon: boolean;
}

interface Open extends Frame {
  key: string | undefined;
  hasColon: boolean;
  index: number;
}

const word = /[^\s{}[\],:"]/;

/** The place at the caret; undefined outside of the JSON value. */
export function placeAt(text: string, caret: number): Place | undefined {
  const stack: Open[] = [];
  let place: Place | undefined;
  const note = (from: number, to: number, token: string) => {
    const top = stack.at(-1);
    if (!top || place) return;
    const isKey = !top.isArray && !top.hasColon;
    place = {
      // The frames go on collecting what comes after the caret.
      frames: [...stack],
      what: isKey ? 'key' : 'value',
      key: isKey ? undefined : (top.key ?? top.index),
      typed: text.slice(from, caret).replace(/^"/, ''),
      token,
      from,
      to,
      hasColon: /^\s*:/.test(text.slice(to, to + 200)),
    };
  };
  /** A string or a word that ends at `to`. */
  const token = (from: number, to: number, isClosed: boolean) => {
    const top = stack.at(-1);
    const raw = text.slice(from, to);
    if (caret > from && (caret < to || (caret === to && !isClosed))) note(from, to, raw);
    if (!top) return;
    const value = scalarOf(raw, isClosed);
    if (!top.isArray && !top.hasColon) {
      top.key = typeof value === 'string' ? value : raw;
      if (isClosed) top.keys.push(top.key);
    } else {
      if (value !== undefined) top.scalars.set(top.key ?? String(top.index), value);
      endValue(top);
    }
  };
  let at = 0;
  while (at < text.length) {
    const from = at;
    const c = text[at]!;
    if (c === '"') {
      do at += text[at] === '\\' ? 2 : 1;
      while (at < text.length && text[at] !== '"' && text[at] !== '\n');
      const isClosed = text[at] === '"';
      if (isClosed) ++at;
      at = Math.min(at, text.length);
      token(from, at, isClosed);
    } else if (word.test(c)) {
      while (at < text.length && word.test(text[at]!)) ++at;
      token(from, at, false);
    } else {
      // Between two tokens.
      if (caret === at) note(caret, caret, '');
      ++at;
      const top = stack.at(-1);
      if (c === '{' || c === '[')
        stack.push({
          at: top && (top.isArray ? top.index : top.key),
          isArray: c === '[',
          keys: [],
          scalars: new Map(),
          key: undefined,
          hasColon: false,
          index: 0,
        });
      else if (c === ':' && top && !top.isArray) top.hasColon = true;
      else if (c === ',' && top) {
        if (top.isArray) ++top.index;
        top.key = undefined;
        top.hasColon = false;
      } else if (c === '}' || c === ']') {
        stack.pop();
        const outer = stack.at(-1);
        if (outer) endValue(outer);
      }
    }
  }
  if (caret === text.length) note(caret, caret, '');
  return place;
}

/** After a value, a key follows even if the comma is missing. */
function endValue(frame: Open): void {
  if (frame.isArray) return;
  frame.key = undefined;
  frame.hasColon = false;
}

function scalarOf(raw: string, isClosed: boolean): Scalar | undefined {
  if (raw.startsWith('"') && !isClosed) return undefined;
  try {
    return JSON.parse(raw) as Scalar;
  } catch {
    return undefined;
  }
}
