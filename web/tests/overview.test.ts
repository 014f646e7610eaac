// The overview: charts and errors that the server counts.
import { expect, test } from 'vitest';
import { start } from './flows';
import { open, page, server, stage } from './stage';

stage();

test('the chart has the runs from before the console was opened, and new ones', async () => {
  await open('#/overview');
  const started = page.locator('.legend li', { hasText: 'started:' });
  await page.locator('.legend li', { hasText: /started: [1-9]/ }).waitFor();
  const before = Number((await started.innerText()).replace(/\D/g, ''));
  expect(before).toBeGreaterThan(1);
  await start(server, 'bill', 'counted', { n: 1 });
  await page.locator('.legend li', { hasText: `started: ${before + 1}` }).waitFor();
  await page.getByText(/since the server was started at/).waitFor();
});
