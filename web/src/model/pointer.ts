// Finds the place of a JSON pointer in a JSON text that may be broken.

interface Span {
  from: number;
  to: number;
}

/**
 * The span of the value at `pointer` (RFC 6901), or of the nearest value above it that exists;
 * undefined if the text is not JSON up to there.
 */
export function spanOf(text: string, pointer: string): Span | undefined {
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
  let at = 0;
  const space = () => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) ++at;
  };
  const string = (): string | undefined => {
    if (text[at] !== '"') return undefined;
    const from = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    if (at >= text.length) return undefined;
    ++at;
    try {
      return JSON.parse(text.slice(from, at)) as string;
    } catch {
      return undefined;
    }
  };
  let best: Span | undefined;
  /** Reads a value. `depth`: how many parts of the path lead here; -1: it is not on the path. */
  const value = (depth: number, keyFrom?: number): boolean => {
    space();
    const from = at;
    const first = text[at];
    if (first === '{' || first === '[') {
      const close = first === '{' ? '}' : ']';
      ++at;
      let index = 0;
      for (;;) {
        space();
        if (text[at] === close) {
          ++at;
          break;
        }
        let name: string | undefined = String(index++);
        const memberFrom = at;
        if (first === '{') {
          name = string();
          if (name === undefined) return false;
          space();
          if (text[at] !== ':') return false;
          ++at;
        }
        const next = depth >= 0 && depth < path.length && path[depth] === name ? depth + 1 : -1;
        if (!value(next, first === '{' ? memberFrom : undefined)) return false;
        space();
        if (text[at] === ',') {
          ++at;
          continue;
        }
        if (text[at] === close) {
          ++at;
          break;
        }
        return false;
      }
    } else if (first === '"') {
      if (string() === undefined) return false;
    } else {
      const end = /[,\]}\s]/g;
      end.lastIndex = at;
      const found = end.exec(text);
      at = found ? found.index : text.length;
      if (at === from) return false;
    }
    if (depth >= 0 && (!best || depth > bestDepth)) {
      bestDepth = depth;
      best = { from: depth === path.length && keyFrom !== undefined ? keyFrom : from, to: at };
    }
    return true;
  };
  let bestDepth = -1;
  value(0);
  if (!best) return undefined;
  // A large object is marked by its first line only.
  const line = text.indexOf('\n', best.from);
  const to = line >= 0 && line < best.to ? line : best.to;
  return { from: best.from, to: Math.max(to, Math.min(best.from + 1, text.length)) };
}
