// What the diagnostics of a refused request say about one of its members, for the form of its value.
import { type Diagnostic, PawlError } from '../client';

/**
 * Where in the value of a member, such as '/input', a diagnostic points: undefined if it is about something
 * else. Those of its schema begin in the value, others in the body of the request.
 */
export function pointerIn({ code, pointer }: Diagnostic, member: string): string | undefined {
  if (code === 'schema') return pointer;
  return pointer === member || pointer.startsWith(`${member}/`) ? pointer.slice(member.length) : undefined;
}

/** The diagnostics of the value of a member, at pointers that begin in the value. */
export function diagnosticsIn(error: unknown, member: string): Diagnostic[] {
  if (!(error instanceof PawlError)) return [];
  return error.diagnostics.flatMap((each) => {
    const pointer = pointerIn(each, member);
    return pointer === undefined ? [] : [{ ...each, pointer }];
  });
}
