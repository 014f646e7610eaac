// JSON without loss: an integer beyond 2^53 stays the digits that were sent, where the browser can
// keep them (`JSON.rawJSON`), so that nothing is changed by reading and sending it again.

interface RawJson {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}

const raw = JSON as unknown as Partial<RawJson>;

export function isRaw(value: unknown): value is { rawJSON: string } {
  return raw.isRawJSON?.(value) ?? false;
}

export function parseJson(text: string): unknown {
  if (!raw.rawJSON || !/\d{16}/.test(text)) return JSON.parse(text);
  const reviver = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' &&
    context?.source !== undefined &&
    /^-?\d+$/.test(context.source) &&
    !Number.isSafeInteger(value)
      ? raw.rawJSON!(context.source)
      : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}
