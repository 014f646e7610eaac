// Every view and dialog in both colour schemes and on a phone: drawn without violations of the policy,
// free of faults that axe finds (contrast rule on), and photographed, for docs and to be looked at.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHostile, startRuns, storeFlows } from './flows';
import { type Console, openPage, PawlServer, screenshots, startBrowser, startConsole } from './harness';
import { hostileViews, views } from './views';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let server: PawlServer;
let web: Console;
let browser: Browser;

beforeAll(async () => {
  server = new PawlServer();
  await server.start();
  await storeFlows(server);
  await startRuns(server);
  web = await startConsole(server);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await web?.close();
  await server?.remove();
});

async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (window as any).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.flatMap((each: any) =>
      each.nodes.map(
        (node: any) =>
          `${each.id}: ${node.html.slice(0, 160)} | ${node.failureSummary.replace(/\s+/g, ' ').slice(0, 240)}`,
      ),
    );
  });
}

/** Goes to a view; returns when it is drawn. */
async function draw(page: Page, base: string, hash: string, ready: string): Promise<void> {
  await page.goto(base + hash);
  await page.locator(ready).first().waitFor();
  // Edges are drawn after the nodes; a flow of one node has none.
  const graph = page.locator('.react-flow');
  if ((await graph.locator('.node').count()) > 1)
    await graph.locator('.edge').first().waitFor({ state: 'attached' });
  // The graph centres itself after it is drawn; without a sign that could be waited for.
  await page.waitForTimeout(250);
}

const picture = (page: Page, name: string, fullPage = false) =>
  page.screenshot({ path: `${screenshots}/${name}.png`, fullPage });

test.each(['light', 'dark'] as const)(
  'every view in %s',
  async (colorScheme) => {
    const { context, page, faults } = await openPage(browser, { colorScheme });
    for (const [name, hash, ready] of views) {
      await draw(page, web.url, hash, ready);
      await picture(page, `${name}-${colorScheme}`);
      faults.push(...(await faultsOf(page)).map((each) => `${name}: ${each}`));
    }
    expect(faults).toEqual([]);
    await context.close();
  },
  300_000,
);

test.each(['light', 'dark'] as const)(
  'every dialog in %s',
  async (colorScheme) => {
    const { context, page, faults } = await openPage(browser, { colorScheme });
    const check = async (name: string) => {
      await page.locator('dialog[open]').waitFor();
      await picture(page, `dialog-${name.toLowerCase().replace(/\W+/g, '-')}-${colorScheme}`);
      faults.push(...(await faultsOf(page)).map((each) => `${name}: ${each}`));
      await page.keyboard.press('Escape');
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    };
    await page.goto(web.url + '#/runs/order-17');
    for (const name of ['Cancel', 'Terminate', 'Pause', 'Send signal']) {
      await page.getByRole('button', { name, exact: true }).click();
      await page.getByText('The same as a command').click();
      await check(name);
    }
    await page.goto(web.url + '#/runs/refund-1');
    for (const name of ['Retry', 'Set data', 'Restart', 'Keep…', 'Delete…']) {
      await page.getByRole('button', { name, exact: true }).click();
      await check(name);
    }
    await page.goto(web.url + '#/runs/refund-1?tab=events');
    await page.locator('.event').first().click();
    await check('event');
    await page.goto(web.url + '#/runs/refund-1?tab=data&at=1');
    await page.getByRole('button', { name: 'Fork from checkpoint 1…' }).click();
    await check('fork');
    await page.goto(web.url + '#/runs?status=failed');
    await page.getByLabel('Select all loaded runs').check();
    await page.getByRole('button', { name: 'Commands for the selected' }).click();
    await check('bulk');
    await page.getByRole('button', { name: 'Commands for all that match' }).click();
    await page.getByRole('button', { name: 'Find the runs (dry run)' }).click();
    await page
      .getByRole('dialog')
      .getByText(/runs? fits?\./)
      .waitFor();
    await check('job');
    await page.goto(web.url + '#/jobs/delete-old');
    await page.getByRole('button', { name: 'Delete this job…' }).click();
    await check('job delete');
    await page.goto(web.url + '#/flows/shop%2Forder?version=1.0.0');
    await page.getByRole('button', { name: 'Publish 1.0.0' }).click();
    await check('publish');
    await page.getByRole('button', { name: 'Delete' }).click();
    await check('delete');
    await page.keyboard.press('?');
    await check('shortcuts');
    expect(faults).toEqual([]);
    await context.close();
  },
  300_000,
);

test('every view on a phone', async () => {
  const { context, page, faults } = await openPage(browser, {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  await startHostile(server);
  for (const [name, hash, ready] of [...views, ...hostileViews]) {
    await draw(page, web.url, hash, ready);
    await picture(page, `phone-${name}`, true);
    faults.push(...(await faultsOf(page)).map((each) => `${name}: ${each}`));
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (wide > 0) faults.push(`${name}: ${wide} pixels wider than the phone`);
  }
  expect(faults).toEqual([]);
  await context.close();
}, 300_000);

test('what a new user sees', async () => {
  const empty = new PawlServer();
  await empty.start();
  const fresh = await startConsole(empty, '/some/prefix/');
  const { context, page, faults } = await openPage(browser);
  for (const name of ['overview', 'runs', 'jobs', 'flows', 'workers']) {
    await draw(page, fresh.url, '#/' + name, 'h1');
    await picture(page, `empty-${name}`);
    faults.push(...(await faultsOf(page)).map((each) => `${name}: ${each}`));
  }
  // What serve.mjs sends is what the program sends.
  const policyOf = async (url: string) => (await fetch(url)).headers.get('Content-Security-Policy');
  expect(await policyOf(fresh.url)).toBe(await policyOf(`${empty.url}/ui/`));
  await page.goto(fresh.url + '#/new');
  await page.getByText('No errors, no warnings.').waitFor();
  await picture(page, 'new-flow');
  expect(faults).toEqual([]);
  await context.close();
  await fresh.close();
  await empty.remove();
});

test('lists say what they lack because of damaged records', async () => {
  const { context, page, faults } = await openPage(browser);
  // A store of this test has no damage: the reasons are added to its answers.
  const lists: [path: RegExp, hash: string, note: string][] = [
    [/\/v1\/runs\?/, '#/runs', '2 runs cannot be listed, because their records are damaged'],
    [/\/v1\/flows\?/, '#/flows', '2 flows cannot be listed'],
    [/\/v1\/flows\/bill\/versions/, '#/flows/bill?tab=versions', '2 versions cannot be listed'],
    [/\/v1\/jobs\?/, '#/jobs', '2 jobs cannot be listed'],
    [/\/v1\/jobs\/delete-old\/results/, '#/jobs/delete-old', '2 results cannot be listed'],
  ];
  for (const [path, hash, note] of lists) {
    await page.route(path, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        response: answer,
        json: { ...(await answer.json()), damaged: ['run order-3: checksum mismatch', '<b>\u202Erun</b>'] },
      });
    });
    await draw(page, web.url, hash, '[role=alert]');
    const alert = page.getByRole('alert').filter({ hasText: note });
    await alert.getByText('run order-3: checksum mismatch').waitFor();
    await alert.getByText('<b>\\u202erun</b>').waitFor();
  }
  faults.push(...(await faultsOf(page)));
  await picture(page, 'damaged');
  expect(faults).toEqual([]);
  await context.close();
});
