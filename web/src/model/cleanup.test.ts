import { expect, test } from 'vitest';
import { addPage, cleanupText, sizeText } from './cleanup';
import { programText, runText } from './commands';

test('pages of a cleanup are added and said as `pawl gc` says them', () => {
  const page = {
    completed: 2,
    failed: 1,
    cancelled: 0,
    runs: 4,
    records: 30,
    bytes: 2048,
    kept: 1,
    in_use: 0,
    damaged: 0,
    next: 'x',
  };
  expect(cleanupText(addPage(undefined, { ...page, kept: 0 }), true)).toBe(
    'Would delete 3 runs (2 completed, 1 failed, 0 cancelled) and 1 subflow: 30 records, 2.0 KiB.',
  );
  expect(cleanupText(addPage(addPage(undefined, page), page), false)).toBe(
    'Deleted 6 runs (4 completed, 2 failed, 0 cancelled) and 2 subflows: 60 records, 4.0 KiB. 2 runs marked to be kept.',
  );
  expect([1023, 1024, 1_048_575, 5 * 2 ** 30].map(sizeText)).toEqual([
    '1023 B',
    '1.0 KiB',
    '1.0 MiB',
    '5.0 GiB',
  ]);
});

test('commands of the program have the server, the scope and quoted words', () => {
  const where = { base: 'http://h:1/', scope: 'team', keyed: false };
  expect(runText(where, 'fork', 'r 1', '--data', '{"a": 1}')).toBe(
    `pawl runs fork 'r 1' --data '{"a": 1}' --server http://h:1 --scope team`,
  );
  expect(runText(where, 'rm', '-r')).toBe('pawl runs rm --server http://h:1 --scope team -- -r');
  expect(programText(where, 'gc', '--older-than', '30d')).toBe(
    'pawl gc --older-than 30d --server http://h:1 --scope team',
  );
});
