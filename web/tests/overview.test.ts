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

test('errors are grouped by the server, on the overview and in the list of failed runs', async () => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await open('#/overview');
  await page.locator('.errors li').first().waitFor();
  await page.getByRole('link', { name: 'All errors' }).click();
  await page.getByRole('region', { name: 'Errors' }).waitFor();
  await page.getByText(/^[1-9]\d* failed runs?$/).waitFor();
  expect(asked.filter((url) => /\/v1\/runs\?.*status=failed/.test(url))).toEqual([]);
  expect(asked.some((url) => url.includes('/v1/stats/errors?'))).toBe(true);
});
