/** One server-sent event. */
export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Parses a stream of server-sent events (HTML standard, section 9.2). Feed it text as it arrives.
 * An id without data, which Pawl sends first, is reported with an empty `data`.
 */
export class SseParser {
  #rest = '';
  #id = '';
  #event = '';
  #data: string[] = [];
  #sawId = false;

  *feed(text: string): Generator<ServerEvent> {
    this.#rest += text;
    for (;;) {
      const end = this.#rest.search(/\r\n|\n|\r/);
      // A CR at the very end may be the first half of CRLF.
      if (end < 0 || (this.#rest[end] === '\r' && end === this.#rest.length - 1)) return;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + (this.#rest.startsWith('\r\n', end) ? 2 : 1));
      if (line === '') {
        if (this.#data.length > 0 || this.#sawId)
          yield { id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') };
        this.#event = '';
        this.#data = [];
        this.#sawId = false;
        continue;
      }
      if (line.startsWith(':')) continue;
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') this.#data.push(value);
      else if (field === 'event') this.#event = value;
      else if (field === 'id' && !value.includes('\0')) {
        this.#id = value;
        this.#sawId = true;
      }
    }
  }
}

/** Calls `each` for every event of the answer until it ends. */
export async function readEvents(
  answer: Response,
  each: (event: ServerEvent) => void,
  alive?: () => void,
): Promise<void> {
  if (!answer.body) return;
  const parser = new SseParser();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive?.();
    for (const event of parser.feed(value)) each(event);
  }
}
