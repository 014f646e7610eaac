import type { FlowFiles } from '../client';

type FlowFile = FlowFiles['files'][number];

/** The files that are not stored because of errors. */
export function filesWithErrors(all: FlowFiles | undefined): FlowFile[] {
  return (all?.files ?? []).filter((each) => each.messages.some(({ severity }) => severity === 'error'));
}
