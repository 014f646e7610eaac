import type { ErrorGroup, ErrorGroups } from '../client';
import { both, condition } from './filter';
import { plural } from './words';

/** The filter that selects the failed runs of a group. */
export function groupFilter(group: ErrorGroup): string {
  return both(
    condition('error', '=', group.type),
    group.node ? condition('node', '=', group.node) : undefined,
  );
}

/** Which runs were grouped: "Of the newest 10,000 failed runs". */
export function coverageText({ runs, others, exact, groups }: ErrorGroups): string {
  const all = exact ? plural(runs, 'failed run') : `Of the newest ${plural(runs, 'failed run')}`;
  return others === 0
    ? all
    : `${all}; ${others.toLocaleString('en')} of them in more than ${groups.length} groups`;
}
