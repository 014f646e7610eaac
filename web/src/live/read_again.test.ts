import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test, vi } from 'vitest';
import { readAgain } from './read_again';

test('a first answer that is under way when something changes is read again', async () => {
  const queries = new QueryClient();
  const answers: ((value: string) => void)[] = [];
  const observer = new QueryObserver(queries, {
    queryKey: ['runs', 'all'],
    queryFn: () => new Promise<string>((resolve) => answers.push(resolve)),
  });
  observer.subscribe(() => undefined);
  expect(answers).toHaveLength(1);
  void readAgain(queries, { queryKey: ['runs'] });
  answers[0]!('before the change');
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]!('after it');
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('after it'));
  void readAgain(queries, { queryKey: ['other'] });
  void readAgain(queries);
  await vi.waitFor(() => expect(answers).toHaveLength(3));
  observer.destroy();
});
