// Every action on runs, against a real server.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { declined, start } from './flows';
import { program } from './harness';
import { button, context, open, page, server, stage, status } from './stage';

const shell = promisify(execFile);
stage();

test('a run is started by a form that keeps its state in the URL', async () => {
  await open('#/flows/shop%2Forder?tab=start');
  const required = page.locator('.field', { hasText: 'is required' });
  await button('Start the run').click();
  await page.getByText('The run was not started').waitFor();
  await page.getByText('Correct the marked fields.').waitFor();
  expect(await required.locator('label').allTextContents()).toEqual(['Amount', 'Customer']);
  expect(await required.locator('[aria-invalid="true"]').count()).toBe(2);
  // Said once: not at the foot of the form as well.
  expect(await page.getByText(/\(\/required\)/).count()).toBe(0);
  await page.getByLabel('Amount').fill('many');
  expect(await required.locator('label').allTextContents()).toEqual(['Customer']);
  await button('Start the run').click();
  await page.locator('.field-error', { hasText: 'must be a number' }).waitFor();
  await page.getByLabel('Amount').fill('2000');
  await page.getByLabel('Customer').fill('eve');
  await button('Add an item').click();
  await page.getByLabel('Item 1', { exact: true }).fill('tea');
  await expect.poll(() => page.url()).toContain('eve');
  await page.reload();
  expect(await page.getByLabel('Customer').inputValue()).toBe('eve');
  await page.getByText('Id, attributes and metadata').click();
  await page.getByLabel('Id of the run').fill('started-1');
  await page.getByLabel('Attributes (optional)').fill('{"channel": "shop"}');
  await button('Start the run').click();
  await page.getByRole('heading', { name: 'started-1' }).waitFor();
  await status('paused');
  expect(await server.get('/v1/runs/started-1')).toMatchObject({
    attributes: { channel: 'shop', customer: 'eve', amount: 2000 },
    input: { amount: 2000, customer: 'eve', items: ['tea'], express: false, method: 'card' },
  });
});

test('a start whose answer is lost is sent again and starts one run', async () => {
  await open('#/runs');
  await page.getByRole('link', { name: 'Start a run' }).click();
  await page.getByText('Choose the flow that the new run executes.').waitFor();
  await page.getByRole('link', { name: 'bill', exact: true }).click();
  let lost = 0;
  await page.route('**/v1/runs', async (route) => {
    if (route.request().method() !== 'POST' || lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  const runs = async () => (await server.get('/v1/runs?flow=bill&limit=1000')).runs.length;
  const before = await runs();
  await button('Start the run').click();
  await page.getByText('It is unknown whether this took effect.').waitFor();
  await button('Start the run').click();
  await page.locator('.run-title').waitFor();
  expect(lost).toBe(1);
  expect(await runs()).toBe(before + 1);
  // Its id is short, and says what it runs.
  await page.getByRole('heading', { name: /^bill-[0-9a-f]{12}$/ }).waitFor();
});

test('a question is answered by a form made from its schema', async () => {
  await open('#/runs/order-18');
  await page.getByText('Approve 4200 EUR for bob?').first().waitFor();
  // A form that nobody has touched answers neither yes nor no.
  await button('Send the answer').click();
  await page.getByText('The answer was refused; the question stays open').waitFor();
  await page
    .locator('.field', { hasText: 'is required' })
    .getByLabel('Approve this order')
    .and(page.locator('[aria-invalid="true"]'))
    .waitFor();
  await button('Edit as JSON').click();
  await page.getByLabel('Value as JSON').fill('{"approved": "perhaps"}');
  await button('Send the answer').click();
  await page.getByText('The answer was refused; the question stays open').waitFor();
  await button('Edit as a form').click();
  await page.getByLabel('Approve this order').selectOption('yes');
  await page.getByLabel('Comment').fill('fine');
  await button('Send the answer').click();
  await status('running');
  await page.getByText('Waits at "parcel" for the signal "parcel_scanned".').first().waitFor();
  expect((await server.get('/v1/runs/order-18/state')).approval).toEqual({ approved: true, comment: 'fine' });
});

test('a signal that the flow waits for is offered, and the page follows the run', async () => {
  await open('#/runs/order-17');
  await button('Send the signal parcel_scanned').click();
  await page.getByLabel('Payload (optional)').fill('{"at": "Kiel"');
  expect(await page.getByRole('dialog').getByRole('button', { name: 'Send signal' }).isDisabled()).toBe(true);
  await page.getByLabel('Payload (optional)').fill('{"at": "Kiel"}');
  await page.getByRole('dialog').getByRole('button', { name: 'Send signal' }).click();
  await status('completed');
  await page.locator('.node.phase-done', { hasText: 'ship' }).waitFor();
  expect((await server.get('/v1/runs/order-17')).data.parcel).toEqual({ at: 'Kiel' });
});

test('a signal that no node waits for is sent with a warning', async () => {
  await start(server, 'shop/order', 'warned', { amount: 1, customer: 'x' });
  await open('#/runs/warned');
  await button('Send signal').click();
  await page.getByLabel('Signal', { exact: true }).fill('nobody');
  await page.getByRole('dialog').getByRole('button', { name: 'Send signal' }).click();
  await page.getByText('The command was executed, with a warning').waitFor();
  await page.getByRole('dialog').locator('.dialog-foot').getByRole('button', { name: 'Close' }).click();
  await page.getByText('Signals kept').waitFor();
});

test('pause, resume, cancel and terminate take a reason that the page shows', async () => {
  await start(server, 'shop/order', 'paused-1', { amount: 1, customer: 'x' });
  await server.until('/v1/runs/paused-1', (run) => run.waiting_on?.[0]?.kind === 'signal');
  await open('#/runs/paused-1');
  await button('Pause').click();
  await page.getByLabel('Reason (optional)').fill('lunch <b>break</b>');
  await page.keyboard.press('Enter');
  await page.getByText('A command has paused the run: lunch <b>break</b>').waitFor();
  await status('paused');
  await button('Resume').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await status('running');
  await button('Cancel').click();
  await page.getByLabel('Reason (optional)').fill('ordered twice');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
  await page.getByText('Cancelled: ordered twice').waitFor();
  await start(server, 'shop/order', 'terminated-1', { amount: 1, customer: 'x' });
  await open('#/runs/terminated-1');
  await button('Terminate').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Terminate the run' }).click();
  await status('cancelled');
});

test('a failed run is retried after its data is set, and restarted as a new run', async () => {
  await open('#/runs/refund-1');
  await page.getByText('Fix the cause, then retry the failed step.').waitFor();
  await button('Set data').click();
  await page.getByLabel('Keys to set').fill('{"limit": 9007199254740993}');
  await page.getByRole('dialog').getByRole('button', { name: 'Set data' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Input and data' }).click();
  await page.getByText('9007199254740993').waitFor();
  await button('Retry').click();
  await page.getByLabel('Reason (optional)').fill('once more');
  await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
  await status('running');
  await status('failed');
  await page.getByRole('tab', { name: /Events/ }).click();
  await page.getByText('reason: once more').waitFor();
  await button('Restart').click();
  await page.getByLabel('Id of the new run (optional)').fill('refund-9');
  await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
  await page.getByRole('heading', { name: 'refund-9' }).waitFor();
  await page.getByText('Restart of').waitFor();
});

test('a compensation is skipped', async () => {
  await start(server, 'journey', 'journey-2');
  await server.until('/v1/runs/journey-2', (run) => run.undoing && run.at?.[0] === 'hotel');
  await open('#/runs/journey-2');
  await button('Skip compensation').click();
  await page.getByText('The compensation of hotel is skipped.').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Skip compensation' }).click();
  await status('failed');
  await page.getByText('Its flow fails there on purpose').waitFor();
  await page.getByText('Continues with: restart.').waitFor();
  await page.locator('.node.phase-compensated', { hasText: 'flight' }).waitFor();
});

test('a command that the run does not take any more is refused where it was given', async () => {
  await start(server, 'shop/order', 'late', { amount: 1, customer: 'x' });
  await server.until('/v1/runs/late', (run) => run.waiting_on?.[0]?.kind === 'signal');
  await open('#/runs/late');
  await button('Pause').click();
  await server.post('/v1/runs/late/cancel', {});
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog').getByText('The command was refused').waitFor();
  await page.getByRole('dialog').getByText('is cancelled, not running').waitFor();
});

test('commands are offered as pawl and curl commands, which work', async () => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await start(server, 'shop/order', 'by-shell', { amount: 1, customer: 'x' });
  await open('#/runs/by-shell');
  await button('Pause').click();
  await page.getByLabel('Reason (optional)').fill(`it's "late"`);
  await page.getByText('The same as a command').click();
  await page.getByRole('button', { name: 'Copy: pawl command' }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  // Not synchronous: the console's proxy is in this process.
  await shell('bash', ['-c', command.replace(/^pawl/, program)]);
  const { status: now } = await server.get('/v1/runs/by-shell');
  expect(now).toBe('paused');
  await page.getByRole('button', { name: 'Copy: curl command' }).click();
  const curl = await page.evaluate(() => navigator.clipboard.readText());
  expect(
    (await shell('bash', ['-c', curl.replace('/pause', '/resume').replace(/^curl/, 'curl -s')])).stdout,
  ).toContain('"before":"paused"');
});

test('selected runs are retried together, by one job', async () => {
  const posted: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posted.push(new URL(request.url()).pathname);
  });
  await open('#/runs?status=failed&flow=shop%2Frefund');
  await page.getByLabel('Select all loaded runs').check();
  await button('Commands for the selected…').click();
  expect(await page.getByLabel('Command', { exact: true }).inputValue()).toBe('retry');
  await page.getByLabel('Reason (optional)').fill('mended');
  await page.getByText('The same as a command').click();
  await page.getByText(/^pawl jobs start retry --filter 'id=.* status=failed' --reason mended /).waitFor();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Retry \d+ runs?$/ })
    .click();
  await page.getByText(/\d+ of \d+ runs? done\./).waitFor();
  expect(posted.filter((path) => path.endsWith('/v1/jobs'))).toHaveLength(1);
  expect(posted.filter((path) => path.includes('/batch/'))).toEqual([]);
  await page.getByRole('dialog').locator('.dialog-foot').getByRole('button', { name: 'Close' }).click();
  // One that is not failed any more is left out; the others are not.
  await server.until('/v1/runs?status=failed&flow=shop%2Frefund', (list) => list.runs.length >= 2);
  await open('#/runs?status=running');
  await open('#/runs?status=failed&flow=shop%2Frefund');
  await page.locator('[data-row]').nth(1).waitFor();
  await page.getByLabel('Select all loaded runs').check();
  await button('Commands for the selected…').click();
  const { runs } = await server.get('/v1/runs?status=failed&flow=shop%2Frefund');
  await server.post(`/v1/runs/${runs[0].id}/retry`, {});
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Retry/ })
    .click();
  await page.getByText('1 run had changed and was left out').waitFor();
  await page.getByRole('link', { name: 'The job' }).click();
  await page.getByLabel('Runs of the job').waitFor();
});

test('new runs are announced, not pushed in; known rows change in place', async () => {
  await start(server, 'shop/order', 'row-1', { amount: 1, customer: 'x' });
  await open('#/runs');
  await page.locator('[data-row]', { hasText: 'row-1' }).waitFor();
  await page.waitForTimeout(800);
  await start(server, 'shop/order', 'row-2', { amount: 1, customer: 'x' });
  await page.getByRole('button', { name: '1 new run: show' }).waitFor();
  expect(await page.locator('[data-row]', { hasText: 'row-2' }).count()).toBe(0);
  await server.post('/v1/runs/row-1/cancel', {});
  await page.locator('[data-row]', { hasText: 'row-1' }).getByText('cancelled').waitFor();
  await page.getByRole('button', { name: '1 new run: show' }).click();
  await page.locator('[data-row]', { hasText: 'row-2' }).waitFor();
});

test('filters and saved views are in the URL', async () => {
  await open('#/runs');
  await page.getByRole('tab', { name: /Failed/ }).click();
  await page.getByLabel('Filter', { exact: true }).fill('flow=shop/refund error=card_declined');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).toMatch(/status=failed.*filter=flow%3Dshop%2Frefund/);
  await button('Save this view').click();
  await page.getByLabel('Name').fill('declined');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await open('#/runs');
  await page.getByRole('link', { name: 'declined' }).click();
  await page.locator('[data-row]', { hasText: 'card_declined' }).first().waitFor();
  await page.goBack();
  await page.getByRole('tab', { name: /All/, selected: true }).waitFor();
  await page.locator('[data-row]').first().waitFor();
});

test('a filter is written with suggestions, counted for each status, and its mistakes are marked', async () => {
  await open('#/runs');
  const field = page.getByLabel('Filter', { exact: true });
  await field.click();
  await page.keyboard.type('fl');
  await page.getByRole('option', { name: /^flow=/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.type('shop/ref');
  await page.getByRole('option', { name: 'shop/refund' }).click();
  expect(await field.inputValue()).toBe('flow=shop/refund');
  await page.keyboard.press('Enter');
  await page.locator('[data-row]', { hasText: 'refund-1' }).waitFor();
  const { count } = await server.get('/v1/stats/runs?filter=flow%3Dshop%2Frefund');
  await page.getByRole('tab', { name: `All ${count}` }).waitFor();
  await page.getByRole('tab', { name: 'Completed 0' }).waitFor();
  expect(await page.locator('[data-row]', { hasText: 'shop/order' }).count()).toBe(0);

  await field.fill('flow=shop/refund statsu=failed');
  await page.keyboard.press('Enter');
  await page.getByText('did you mean "status"?').waitFor();
  expect(await page.locator('mark').textContent()).toBe('statsu=failed');
  await field.fill('refund-');
  await page.keyboard.press('Enter');
  await page.locator('[data-row]', { hasText: 'refund-2' }).waitFor();
  expect(await field.inputValue()).toBe('id^=refund-');
});

test('rows say what a run waits for, and follow it', async () => {
  await start(server, 'shop/order', 'wait-1', { amount: 1, customer: 'x' });
  await open('#/runs?filter=id%3Dwait-1');
  const row = page.locator('[data-row]', { hasText: 'wait-1' });
  await row.getByText('signal parcel_scanned at parcel').waitFor();
  await server.post('/v1/runs/wait-1/signal', { type: 'parcel_scanned' });
  await row.getByText('completed').waitFor();
  await row.getByText('signal parcel_scanned at parcel').waitFor({ state: 'detached' });
});

test('what changes while a view is opened is shown', async () => {
  const row = page.locator('[data-row]', { hasText: 'meanwhile-' });
  /** Starts a run, opens its row, and completes the run before a request of the page goes on. */
  const completeDuring = async (
    id: string,
    held: string,
    complete: (send: () => Promise<void>) => Promise<unknown>,
  ) => {
    await start(server, 'shop/order', id, { amount: 1, customer: 'x' });
    await server.until(`/v1/runs/${id}`, (run) => run.waiting_on?.[0]?.kind === 'signal');
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(
      held,
      async (route) => {
        // The answer of a list is made now; a stream begins only later.
        const answer = held.includes('events') ? undefined : await route.fetch();
        await released;
        await (answer ? route.fulfill({ response: answer }) : route.continue());
      },
      { times: 1 },
    );
    const reached = page.waitForRequest(held);
    await open(`#/runs?filter=id%3D${id}`);
    await reached;
    await complete(async () => {
      await server.post(`/v1/runs/${id}/signal`, { type: 'parcel_scanned' });
      await server.until(`/v1/runs/${id}`, (run) => run.status === 'completed');
    });
    release();
    await row.getByText('completed').waitFor();
  };
  // The answer is older than the digest, which comes before it.
  await open('#/runs?status=failed');
  await page.getByText('card_declined').first().waitFor();
  await completeDuring('meanwhile-1', '**/v1/runs?*', (send) =>
    Promise.all([page.waitForRequest('**/v1/stats'), send()]),
  );
  // The stream begins after the event. A new page, since the stream of this one has begun.
  await page.goto('about:blank');
  await completeDuring('meanwhile-2', '**/v1/events?*', async (send) => {
    await row.getByText('signal parcel_scanned').waitFor();
    await send();
  });
});

test('failed runs are grouped as `pawl runs errors` groups them', async () => {
  await open('#/runs?status=failed');
  await button('Group by error').click();
  const { stdout } = await shell(program, ['runs', 'errors', '--json', '--server', server.url]);
  const groups = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(groups.map((each) => each.type)).toContain('card_declined');
  const rows = page.locator('tr[data-row]');
  await rows.nth(groups.length - 1).waitFor();
  for (const [i, each] of groups.entries())
    for (const text of [String(each.count), each.example])
      await rows.nth(i).getByText(text, { exact: true }).first().waitFor();
  await page.getByRole('link', { name: 'card_declined' }).click();
  await expect.poll(() => page.url()).toContain('filter=error%3Dcard_declined+node%3Dcall');
  await page.locator('.run-row[data-row]', { hasText: 'refund-' }).first().waitFor();
});

test('a run is forked from a checkpoint with changed data', async () => {
  const { checkpoint } = await server.get('/v1/runs/order-16');
  await open('#/runs/order-16?tab=data');
  await button('Data at a checkpoint…').click();
  await page.getByText('No run can be forked from here').waitFor();
  await page.getByRole('spinbutton', { name: 'Compared with' }).fill('1');
  const changes = page.getByRole('region', { name: `Changes from checkpoint 1 to ${checkpoint}` });
  await changes.getByText('/data/parcel').waitFor();
  await changes.getByText('Hamburg').waitFor();
  // Where the run stands is below what it works on.
  expect(await changes.getByText('/status').isVisible()).toBe(false);
  await changes.getByText(/^State of the engine: \d+ changes?$/).click();
  await changes.getByText('/status').waitFor();
  await page.getByRole('spinbutton', { name: 'Checkpoint' }).fill('1');
  await button('Fork from checkpoint 1…').click();
  await page.getByLabel('Keys to set first (optional)').fill('{"customer": "dan"}');
  await page.getByLabel('Id of the new run (optional)').fill('forked-1');
  await page.getByRole('dialog').getByRole('button', { name: 'Fork' }).click();
  await page.getByRole('heading', { name: 'forked-1' }).waitFor();
  await page.locator('.run-facts', { hasText: 'Fork of' }).getByText('at checkpoint 1').waitFor();
  expect((await server.get('/v1/runs/forked-1')).data.customer).toBe('dan');
});

test('a run that is kept is not deleted; one that is released is', async () => {
  await start(server, 'bill', 'gone-1', { n: 1 });
  await open('#/runs/gone-1');
  const inDialog = (name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true });
  await button('Delete…').waitFor();
  await button('Keep…').click();
  await inDialog('Keep the run').click();
  await page.locator('.page-head').getByText('kept', { exact: true }).waitFor();
  expect(await button('Delete…').count()).toBe(0);
  expect((await server.get('/v1/runs/gone-1')).kept).toBe(true);
  await button('Release…').click();
  await inDialog('Release the run').click();
  await page.locator('.page-head').getByText('kept', { exact: true }).waitFor({ state: 'detached' });
  // Another has kept it meanwhile.
  await button('Delete…').click();
  await fetch(`${server.url}/v1/runs/gone-1/keep`, { method: 'PUT' });
  await inDialog('Delete for good').click();
  await page.getByText('The run was not deleted').waitFor();
  await fetch(`${server.url}/v1/runs/gone-1/keep`, { method: 'DELETE' });
  await inDialog('Delete for good').click();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
  expect((await server.get('/v1/runs/gone-1')).code).toBe('not_found');
});

test('attributes are shown, found by a click, completed in filters, and become columns', async () => {
  await open('#/runs/order-18');
  await page.locator('.run-facts').getByRole('link', { name: 'bob' }).click();
  await expect.poll(() => page.url()).toContain('filter=attr.customer%3Dbob');
  await page.locator('[data-row]', { hasText: 'order-18' }).waitFor();
  expect(await page.locator('[data-row]').count()).toBe(1);
  await button('customer').click();
  await button('amount').click();
  await page.getByRole('columnheader', { name: 'amount' }).waitFor();
  await page.reload();
  const row = page.locator('[data-row]', { hasText: 'order-18' });
  await row.getByRole('link', { name: '4200' }).waitFor();
  const field = page.getByLabel('Filter', { exact: true });
  await field.fill('attr.am');
  await page.getByRole('option', { name: /^attr\.amount=/ }).click();
  await page.getByRole('option', { name: '20', exact: true }).click();
  expect(await field.inputValue()).toBe('attr.amount=20');
  await page.keyboard.press('Enter');
  await page.locator('[data-row]', { hasText: 'order-16' }).waitFor();
  await page.locator('[data-row]', { hasText: 'order-16' }).getByRole('link', { name: 'cy' }).click();
  await expect.poll(() => page.url()).toContain('filter=attr.customer%3Dcy');

  await server.post('/v1/flows', {
    ...declined,
    name: 'no-attribute',
    attributes: { list: { rule: { var: 'list' } } },
  });
  await start(server, 'no-attribute', 'no-attribute-1', { list: [1, 2] });
  await open('#/runs/no-attribute-1');
  await page.getByText('An attribute has no value').waitFor();
});
