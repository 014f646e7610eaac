import { expect, test } from 'vitest';
import type { FlowFiles } from '../client';
import { filesWithErrors } from './flow_files';

test('files with errors are told from those with warnings', () => {
  const file = (name: string, ...severities: ('error' | 'warning')[]): FlowFiles['files'][number] => ({
    file: name,
    at: '2026-01-31T09:30:00Z',
    flow: null,
    version: null,
    messages: severities.map((severity) => ({ severity, text: name })),
  });
  const all: FlowFiles = {
    folder: '.',
    files: [file('a'), file('b', 'warning', 'error'), file('c', 'warning')],
  };
  expect(filesWithErrors(all).map((each) => each.file)).toEqual(['b']);
  expect(filesWithErrors(undefined)).toEqual([]);
});
