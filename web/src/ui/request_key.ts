import { useRef } from 'react';
import { PawlError } from '../client';

/** A key for a request that the page does not repeat. */
export function newKey(): string {
  // crypto.randomUUID needs a secure context.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return 'console-' + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The `Idempotency-Key` of a request: the same while the request is repeated without an answer, so that it
 * takes effect once; another one for another request. Pass each error to `refused`: after a refusal
 * the same request is a new one.
 */
export function useRequestKey(request: unknown): { key: string; refused(error: unknown): void } {
  const text = JSON.stringify(request);
  const made = useRef<{ text: string; key: string }>(undefined);
  if (made.current?.text !== text) made.current = { text, key: newKey() };
  return {
    key: made.current.key,
    refused: (error) => {
      if (!(error instanceof PawlError && error.temporary)) made.current = undefined;
    },
  };
}
