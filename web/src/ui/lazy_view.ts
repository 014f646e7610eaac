import { type ComponentType, lazy } from 'react';

/** The code of a view could not be loaded: the server was out of reach, or has another console by now. */
export class CodeMissing extends Error {
  override name = 'CodeMissing';
}

/**
 * A component whose code is loaded when it is first drawn. Throws CodeMissing into the nearest boundary if
 * that fails, and each time it is drawn from then on: only a reload of the page asks for the code again.
 */
export function lazyView<P>(load: () => Promise<ComponentType<P>>) {
  return lazy(async () => {
    try {
      return { default: await load() };
    } catch (error) {
      throw new CodeMissing(error instanceof Error ? error.message : String(error), { cause: error });
    }
  });
}
