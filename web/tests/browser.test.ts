// What concerns the whole console: hostile data, the keyboard, tabs, keys, a server that goes away.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostileNode, order, start } from './flows';
import { PawlServer, program, startConsole, watch } from './harness';
import { button, context, faults, open, page, server, stage, status, web } from './stage';

stage();

test('hostile names and data are text everywhere', async () => {
  for (const hash of [
    '#/runs',
    '#/runs?status=failed',
    '#/overview',
    '#/runs/hostile-1',
    '#/runs/hostile-1?tab=timeline',
    '#/runs/hostile-1?tab=events',
    '#/runs/hostile-1?tab=data',
    '#/flows',
    '#/flows/hostile%20(flow)',
    '#/flows/hostile%20(flow)?tab=json',
    '#/flows/hostile%20(flow)/edit',
    `#/runs/hostile-1?node=${encodeURIComponent(hostileNode)}`,
    '#/runs/%3Cscript%3Ewindow.hacked=1%3C%2Fscript%3E',
    '#/flows/%3Cimg%20src%20onerror=window.hacked=1%3E',
    '#/runs?filter=%3Cscript%3Ewindow.hacked=1%3C/script%3E',
  ]) {
    await open(hash);
    await page.waitForTimeout(500);
    expect(await page.evaluate(() => (window as any).hacked), hash).toBeUndefined();
    expect(await page.evaluate(() => document.querySelectorAll('img, main script').length), hash).toBe(0);
    // Characters that turn the direction or move a terminal's cursor are shown as escapes.
    expect(
      await page.evaluate(() => /[\u001b\u202e]/.test(document.getElementById('main')!.innerText)),
      hash,
    ).toBe(false);
  }
  await open('#/runs/hostile-1?tab=data');
  await page.getByText('\\u001b[31mred').waitFor();
});

test('a value of 8 MB is shown in part', async () => {
  await start(server, 'bill', 'large', {
    n: 1,
    text: 'x'.repeat(8_000_000),
    list: Array.from({ length: 50_000 }, (_, i) => i),
  });
  await open('#/runs/large?tab=data');
  await page.getByText('more characters').first().waitFor();
  const size = await page.evaluate(() => document.getElementById('main')!.innerHTML.length);
  expect(size).toBeLessThan(200_000);
  await page
    .getByRole('button', { name: /list 50,000 items/ })
    .first()
    .click();
  await page
    .getByRole('button', { name: /list 50,000 items/ })
    .first()
    .click();
  await page.getByText('Show more: 49,900 left').first().waitFor();
});

test('the keyboard alone is enough', async () => {
  await open('#/overview');
  await page.getByText('Load now').waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await page.locator('[data-row]').nth(2).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('order-16');
  await page.keyboard.press('Enter');
  await page.locator('[data-row]').nth(1).waitFor({ state: 'detached' });
  await page.locator('[data-row]', { hasText: 'order-16' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('x');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /order-16/ }).waitFor();
  await page.getByRole('button', { name: 'Restart' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  expect(await page.evaluate(() => document.querySelector('dialog')!.contains(document.activeElement))).toBe(
    true,
  );
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Restart');
  await page.getByRole('tab', { name: 'Graph' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('.gantt-row').first().waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Search or filter the page').waitFor();
  await page.getByLabel('Shortcuts of single keys are on').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  await page.waitForTimeout(200);
  expect(page.url()).toContain('#/runs/order-16');
});

test('colours and the time zone are switched and kept', async () => {
  await open('#/runs/refund-1?tab=events');
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole('button', { name: /Colours/ }).click();
  await page.getByRole('button', { name: /Colours/ }).click();
  expect(await background()).not.toBe(light);
  await button('Local time').click();
  await page.locator('.event', { hasText: 'UTC' }).first().waitFor();
  await page.reload();
  await page.locator('.event', { hasText: 'UTC' }).first().waitFor();
  expect(await background()).not.toBe(light);
});

test('scopes are apart', async () => {
  await server.post('/v1/flows', order, { 'Pawl-Scope': 'team-a' });
  await server.post(
    '/v1/runs',
    { flow: 'shop/order', id: 'elsewhere', input: { amount: 1, customer: 'x' } },
    { 'Pawl-Scope': 'team-a' },
  );
  await open('#/runs');
  await page.locator('[data-row]').first().waitFor();
  await page.getByRole('button', { name: /Scope/ }).click();
  await page.getByLabel('Name of the scope').fill('team-a');
  await page.keyboard.press('Enter');
  await page.locator('[data-row]', { hasText: 'elsewhere' }).waitFor();
  expect(await page.locator('[data-row]').count()).toBe(1);
  expect(page.url()).toContain('#/~team-a/runs');
  await page.getByRole('button', { name: /Scope/ }).click();
  await page.getByRole('list', { name: 'Scopes' }).getByRole('button', { name: 'default' }).click();
  await page.locator('[data-row]').nth(1).waitFor();
  expect(page.url()).not.toContain('team-a');
});

test('ten tabs have one stream', async () => {
  await open('#/runs');
  const before = (await server.get('/v1/stats')).streams as number;
  // More than the connections that a browser has to one server.
  const others = await Promise.all(Array.from({ length: 9 }, () => context.newPage()));
  await Promise.all(
    others.map(async (each) => {
      watch(each, faults);
      await each.goto(web.url + '#/runs');
      await each.locator('[data-row]').first().waitFor();
    }),
  );
  await expect.poll(async () => (await server.get('/v1/stats')).streams).toBe(Math.max(before, 1));
  await start(server, 'bill', 'seen-by-all', { n: 1 });
  for (const each of [page, ...others]) await each.getByRole('button', { name: /new run/ }).waitFor();
  await page.close();
  await start(server, 'bill', 'seen-after', { n: 1 });
  for (const each of others) await each.getByRole('button', { name: /2 new runs/ }).waitFor();
});

test('a hidden tab asks for nothing, and reads again when it is shown', async () => {
  await page.addInitScript(() => {
    let state: DocumentVisibilityState = 'visible';
    Object.defineProperty(document, 'visibilityState', { get: () => state });
    Object.assign(window, {
      show: (next: DocumentVisibilityState) => {
        state = next;
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      },
    });
  });
  const show = (state: string) => page.evaluate((to) => (window as any).show(to), state);
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.clock.install();
  await open('#/overview');
  await page.getByText('Load now').waitFor();
  // What is polled while the tab is visible is asked again in this time.
  requests.length = 0;
  await page.clock.fastForward(60_000);
  await expect.poll(() => requests.length).toBeGreaterThan(3);
  await show('hidden');
  await server.until('/v1/stats', ({ streams }) => streams === 0);
  requests.length = 0;
  await page.clock.fastForward(600_000);
  await start(server, 'bill', 'started-unseen', { n: 1 });
  await server.until('/v1/runs/started-unseen', (run) => run.status === 'completed');
  await page.clock.fastForward(600_000);
  expect(requests).toEqual([]);
  await show('visible');
  for (const path of ['/v1/stats', '/v1/events?digest=500ms'])
    await expect.poll(() => requests.some((each) => each.endsWith(path))).toBe(true);
});

test('a key opens a session, and a reader sees no commands', async () => {
  const guarded = new PawlServer();
  const data = join(guarded.folder, 'data');
  const key = (role: string) =>
    execFileSync(program, ['keys', 'add', role, '--role', role, '--data-dir', data])
      .toString()
      .trim()
      .split(/\s+/)
      .at(-1)!;
  const reader = key('reader');
  const operator = key('operator');
  const admin = key('admin');
  await guarded.start();
  const as = { Authorization: `Bearer ${admin}` };
  await guarded.post('/v1/flows', order, as);
  await guarded.post('/v1/runs', { flow: 'shop/order', id: 'g-1', input: { amount: 1, customer: 'x' } }, as);
  await guarded.post(
    '/v1/jobs',
    { id: 'by-admin', command: 'pause', filter: 'flow=none', dry_run: true },
    as,
  );
  const own = await startConsole(guarded);
  await page.goto(own.url + '#/runs/g-1');
  await page.getByLabel('Key', { exact: true }).waitFor();
  // The dialog says it all, and cannot be left.
  expect(await page.getByText('authentication required').count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Close' }).count()).toBe(0);
  for (let i = 0; i < 3; ++i) await page.keyboard.press('Escape');
  await page.getByLabel('Key', { exact: true }).fill('wrong');
  await button('Log in').click();
  await page.getByText('The server does not accept this key.').waitFor();
  await page.getByLabel('Key', { exact: true }).fill(reader);
  await button('Log in').click();
  await page.getByRole('heading', { name: 'g-1' }).waitFor();
  await button('Log out (reader)').waitFor();
  await page.locator('.node').first().waitFor();
  expect(await page.getByRole('group', { name: 'Commands' }).count()).toBe(0);
  expect(await page.getByRole('button', { name: /Send the signal/ }).count()).toBe(0);
  await page.evaluate(() => {
    location.hash = '#/jobs/by-admin';
  });
  await page.getByRole('heading', { name: 'Pause runs (dry run)' }).waitFor();
  expect(await button('Delete this job…').count()).toBe(0);
  const writing = {
    button: /Start|New|Edit|Delete|Publish|Keep|Commands|Fork|Set|Send|Pause|Cancel|Retry/,
    link: /Start|New|Edit/,
    checkbox: /Select/,
  };
  for (const [hash, ready] of [
    ['#/overview', 'text=Load now'],
    ['#/runs', '[data-row]'],
    ['#/runs/g-1?tab=data&at=1', 'text=Compared with'],
    ['#/jobs', 'tr[data-row]'],
    ['#/flows', '[data-row]'],
    ['#/flows/shop%2Forder?tab=versions', '[data-row]'],
    ['#/workers', 'text=Functions of the server'],
    ['#/flows/shop%2Forder?tab=start', 'text=Starting runs needs a key with the role operator.'],
    ['#/flows/shop%2Forder/edit', 'text=Writing flows needs a key with the role author.'],
    ['#/new', 'text=Writing flows needs a key with the role author.'],
    ['#/server', 'text=This page needs a key with the role admin.'],
    ['#/flows/shop%2Forder', '.node'],
  ] as const) {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await page.locator(ready).first().waitFor();
    for (const role of ['button', 'link', 'checkbox'] as const)
      expect(await page.locator('main').getByRole(role, { name: writing[role] }).allTextContents()).toEqual(
        [],
      );
  }
  expect(page.url()).not.toContain(reader);
  expect(
    await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]),
    ),
  ).not.toContain(reader);
  // The session survives a reload and is shared by tabs; logging out ends it in all of them.
  await page.reload();
  await button('Log out (reader)').waitFor();
  const second = await context.newPage();
  watch(second, faults);
  await second.goto(own.url + '#/runs/g-1');
  await second.getByRole('button', { name: 'Log out (reader)' }).click();
  await second.getByLabel('Key', { exact: true }).waitFor();
  await second.close();
  await page.reload();
  await page.getByLabel('Key', { exact: true }).fill(operator);
  await button('Log in').click();
  await button('Log out (operator)').waitFor();
  await button('Start a run').waitFor();
  expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0);
  await page.evaluate(() => {
    location.hash = '#/runs/g-1';
  });
  expect(await button('Keep…').count()).toBe(0);
  expect(await page.getByRole('link', { name: 'Server', exact: true }).count()).toBe(0);
  await button('Pause').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await status('paused');
  // A session that ends elsewhere asks for a key.
  await page.evaluate(() => fetch('../v1/session', { method: 'DELETE' }));
  await page.getByLabel('Key', { exact: true }).waitFor();
  await own.close();
  await guarded.remove();
});

test('a server that is killed and comes back needs no reload', async () => {
  await start(server, 'shop/order', 'survivor', { amount: 1, customer: 'x' });
  await server.until('/v1/runs/survivor', (run) => run.waiting_on?.[0]?.kind === 'signal');
  await open('#/runs/survivor');
  await page.getByText('Waits at "parcel" for the signal "parcel_scanned".').first().waitFor();
  await page.waitForTimeout(500);
  await server.kill();
  await page.getByText('Connection lost.').waitFor();
  await page.getByRole('heading', { name: 'survivor' }).waitFor();
  await server.start();
  await server.post('/v1/runs/survivor/signal', { type: 'parcel_scanned' });
  await page.getByText('Connection lost.').waitFor({ state: 'detached', timeout: 20_000 });
  await status('completed');
  await page.locator('.node.phase-done', { hasText: 'ship' }).waitFor();
});

test('a page whose code is loaded while the server is away appears when it is back', async () => {
  const code = /\/flows-[^/]*\.js$/;
  await open('#/runs');
  await page.locator('[data-row]').first().waitFor();
  await server.kill();
  // The proxy of the tests would still have the code.
  await page.route(code, (route) => route.abort());
  await page.getByRole('link', { name: 'Flows', exact: true }).click();
  await page.getByText('This page could not be loaded').waitFor();
  await page.getByText('The server cannot be reached.').waitFor();
  await page.unroute(code);
  await server.start();
  await page.getByRole('heading', { name: 'Flows' }).waitFor();
  await page.locator('[data-row]', { hasText: 'shop/order' }).waitFor();
  // A file that stays missing is asked for again by the user only.
  await page.route(/\/workers-[^/]*\.js$/, (route) => route.abort());
  await page.getByRole('link', { name: 'Workers', exact: true }).click();
  await page.getByText(/Failed to fetch/).waitFor();
  await page.unroute(/\/workers-[^/]*\.js$/);
  await button('Reload').click();
  await page.getByRole('heading', { name: 'Workers and queues' }).waitFor();
});

test('a server that is not ready says so on every page', async () => {
  const problem = {
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    code: 'unavailable',
    detail: 'the disk is full',
  };
  await page.route('**/readyz', (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
  );
  await page.clock.install();
  await open('#/runs');
  const banner = page.getByRole('status').filter({ hasText: 'The server is not ready: the disk is full' });
  await banner.waitFor();
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await banner.waitFor();
  // It goes when the server is ready: asked again in 15 s.
  await page.unroute('**/readyz');
  await page.clock.fastForward(20_000);
  await banner.waitFor({ state: 'detached' });
});
