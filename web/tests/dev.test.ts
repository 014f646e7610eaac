// What `pawl dev` shows in the console.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPage, PawlServer, startBrowser, startConsole } from './harness';

test('the errors of a changed flow file are shown until it is right', async () => {
  const server = new PawlServer();
  const flows = join(server.folder, 'flows');
  mkdirSync(flows);
  const write = (type: string) =>
    writeFileSync(join(flows, 'order.json'), JSON.stringify({ name: 'order', nodes: [{ id: 'a', type }] }));
  write('tsak');
  await server.start(flows);
  const web = await startConsole(server);
  const browser = await startBrowser();
  try {
    const { page, faults } = await openPage(browser);
    await page.goto(`${web.url}#/overview`);
    const banner = page.locator('.banner', { hasText: 'order.json has errors and is not stored.' });
    await banner.getByRole('link', { name: 'Show' }).click();
    const files = page.getByRole('region', { name: 'Flow files' });
    await files
      .getByText(/^order\.json:1:\d+: error: /)
      .first()
      .waitFor();
    write('end');
    await banner.waitFor({ state: 'detached' });
    await files.waitFor({ state: 'detached' });
    // The way to the first run begins with the flow that is stored.
    await page.goto(`${web.url}#/overview`);
    await page.getByText(/^Start a run of order: here/).waitFor();
    await page.locator('.note').getByRole('link', { name: 'order' }).click();
    await page.getByRole('button', { name: 'Start the run' }).waitFor();
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
    await web.close();
    await server.remove();
  }
});
