// Every action on flows; workers; subflows.
import { expect, test } from 'vitest';
import { declined, start } from './flows';
import { button, open, page, server, stage, status } from './stage';

stage();

test('a flow is written, checked, stored and published', async () => {
  await open('#/new');
  await page.getByText('No errors, no warnings.').waitFor();
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{"name": "written", "nodes": [{"id": "a", "type": "tusk"}]}');
  await page.getByText('1 error, 0 warnings').waitFor();
  await page.getByRole('button', { name: /unknown node type/ }).click();
  await page.locator('.node.has-errors').waitFor();
  expect(await button('Store the flow').isDisabled()).toBe(true);
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(
    '{"name": "written", "nodes": [{"id": "a", "type": "set", "data": {"values": {"n": 1}}}]}',
  );
  await page.getByText('No errors, no warnings.').waitFor();
  await button('Store the flow').click();
  await page.getByRole('heading', { name: 'written' }).waitFor();

  await page.getByRole('link', { name: 'Edit' }).click();
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(
    '{"name": "written", "nodes": [{"id": "a", "type": "set", "data": {"values": {"n": 2}}}]}',
  );
  await page.getByText('No errors, no warnings.').waitFor();
  await page.getByLabel('Publish').uncheck();
  await button('Store as a new version').click();
  await page.getByText('This version is not published').waitFor();
  await button('Publish 1.0.1').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
  await page.getByText('This version is not published').waitFor({ state: 'detached' });
  expect(await server.get('/v1/flows/written')).toMatchObject({ version: '1.0.1', published: true });
  await page.getByRole('tab', { name: /Versions/ }).click();
  await page.locator('.diff .added', { hasText: '"n": 2' }).waitFor();
});

test('a flow in the short form is drawn with its edges, and edited as it was written', async () => {
  await open('#/new');
  await page.getByText('No errors, no warnings.').waitFor();
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(
    '{"name": "short", "nodes": [{"id": "a", "type": "task", "code_ref": "core.echo"}, {"id": "b", "type": "end"}]}',
  );
  await page.locator('.node').nth(1).waitFor();
  await expect.poll(() => page.locator('.edge').count()).toBe(1);
  await button('Store the flow').click();
  await page.getByRole('heading', { name: 'short' }).waitFor();
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.locator('.cm-line', { hasText: '"code_ref": "core.echo"' }).waitFor();
  expect(await page.locator('.cm-line', { hasText: '"edges"' }).count()).toBe(0);
  await expect.poll(() => page.locator('.edge').count()).toBe(1);
});

test('the editor offers keys and values of the flow schema, and describes them', async () => {
  await open('#/new');
  await page.getByText('No errors, no warnings.').waitFor();
  const content = page.locator('.cm-content');
  await content.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{"name": "hinted", "nodes": [{"id": "a", "type": "wait", "data": {}}]}');
  for (let i = 0; i < '}]}'.length + 1; ++i) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Control+Space');
  const option = (name: string) => page.getByRole('option', { name, exact: true });
  await option('duration').waitFor();
  expect(await option('code_ref').count()).toBe(0);
  await page.keyboard.type('dur');
  await option('until').waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await page.keyboard.type('"1h"');
  await page.getByText('No errors, no warnings.').waitFor();
  expect(await content.textContent()).toContain('"data": {"duration": "1h"}');
  await page.locator('.cm-line').getByText('"duration"', { exact: true }).hover();
  await page.locator('.hint-about').waitFor();
  await page.locator('.cm-line').getByText('"wait"', { exact: true }).dblclick();
  await page.keyboard.type('sig');
  await option('signal').waitFor();
  await page.keyboard.press('Escape');
  await option('signal').waitFor({ state: 'detached' });
});

test('a version stored meanwhile is not overwritten', async () => {
  await server.post('/v1/flows', { ...declined, name: 'edited' });
  await open('#/flows/edited/edit');
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{"name": "edited", "nodes": [{"id": "a", "type": "start"}]}');
  await page.getByText('No errors').waitFor();
  await server.post('/v1/flows', { ...declined, name: 'edited', description: 'by another' });
  await button('Store as a new version').click();
  await page.getByText('Another version was stored meanwhile').waitFor();
  await page.evaluate(() => {
    location.hash = '#/runs';
  });
});

test('a flow is deleted only by its name, and not while runs use it', async () => {
  await server.post('/v1/flows', { ...declined, name: 'gone' });
  await open('#/flows/gone');
  await button('Delete').click();
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete' });
  expect(await confirm.isDisabled()).toBe(true);
  await page.getByLabel('Type the name of the flow').fill('gone');
  await confirm.click();
  await page.getByRole('heading', { name: 'Flows' }).waitFor();
  expect((await server.get('/v1/flows')).flows.map((flow: { name: string }) => flow.name)).not.toContain(
    'gone',
  );
  await open('#/flows/resize');
  await button('Delete').click();
  await page.getByLabel('Type the name of the flow').fill('resize');
  await confirm.click();
  await page.getByText('The flow was not deleted').waitFor();
});

test('a worker that comes is seen, and takes the task', async () => {
  await open('#/runs/resize-1');
  await page.getByText('no worker asks for it').waitFor();
  const { tasks } = await server.post('/v1/tasks/poll', {
    worker: 'w1',
    queue: 'gpu',
    functions: ['images.resize'],
  });
  await page
    .locator('.node', { hasText: 'by' })
    .or(page.locator('.node.phase-running', { hasText: 'resize' }))
    .first()
    .waitFor();
  await server.post(`/v1/tasks/${tasks[0].task}/log`, {
    lease: tasks[0].lease,
    lines: [{ level: 'warning', message: 'large <i>picture</i>' }],
  });
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByText('large <i>picture</i>').waitFor();
  await open('#/workers');
  await page.getByRole('cell', { name: 'w1' }).waitFor();
  await server.post(`/v1/tasks/${tasks[0].task}/complete`, { lease: tasks[0].lease, result: { width: 800 } });
  await open('#/runs/resize-1');
  await status('completed');
});

test('parents and subflows are linked', async () => {
  await server.post('/v1/flows', {
    name: 'parent',
    nodes: [
      { id: 'child', type: 'subflow', data: { flow: 'shop/order', input: { amount: 1, customer: 'x' } } },
    ],
  });
  await start(server, 'parent', 'parent-1');
  const explained = await server.until('/v1/runs/parent-1/explain', (all) =>
    all.subflows?.some((each: any) => each.reasons[0]?.kind === 'signal'),
  );
  await open('#/runs/parent-1');
  // Why it waits is said in the words of the server, with what its subflow waits for.
  const why = page.getByRole('group', { name: 'Why it does not move' });
  await why.getByText(explained.reasons[0].text).waitFor();
  await why.getByText('Continues when the subflow ends.').waitFor();
  await why.getByText(explained.subflows[0].reasons[0].text).waitFor();
  await page.locator('dt', { hasText: 'Subflows' }).locator('xpath=..').getByRole('link').click();
  await page.getByRole('heading', { name: explained.subflows[0].run.id }).waitFor();
  await page.getByText('Waits at "parcel" for the signal "parcel_scanned".').first().waitFor();
  await page
    .locator('dt', { hasText: 'Parent' })
    .locator('xpath=..')
    .getByRole('link', { name: 'parent-1' })
    .click();
  await page.getByRole('heading', { name: 'parent-1' }).waitFor();
});

test('old runs are counted, then deleted after a confirmation; a backup is made', async () => {
  await start(server, 'bill', 'old-1', { n: 1 });
  await server.until('/v1/runs/old-1', (run) => run.status === 'completed');
  await open('#/server');
  await page.getByLabel('Minimum time since the end of a run').fill('1ms');
  await button('Count (dry run)').click();
  await page.getByText(/^Would delete \d+ runs?/).waitFor();
  expect((await server.get('/v1/runs/old-1')).status).toBe('completed');
  await page.getByRole('button', { name: /^Delete \d+ runs?…$/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await page.getByText(/^Deleted \d+ runs?/).waitFor();
  await page.getByText('The store took').waitFor();
  expect((await server.get('/v1/runs/old-1')).code).toBe('not_found');
  await page.getByLabel('Minimum time since the end of a run').fill('soon');
  await button('Count (dry run)').click();
  await page.getByText('The cleanup did not end').waitFor();
  await button('Create a backup').click();
  await page.getByText('Backup 1 is complete and durable').waitFor();
});

test('a rule is tried on the data of a run', async () => {
  await start(server, 'bill', 'tried', { n: 7 });
  await open('#/new');
  await page.getByText('Try a rule on data').click();
  await page.getByLabel('Data of a run').fill('tried');
  await button('Take it').click();
  const data = page.getByLabel('Data', { exact: true });
  await expect.poll(() => data.inputValue()).toContain('"n": 7');
  await page.getByLabel('Rule', { exact: true }).fill('{"+": [{"var": "n"}, 1]}');
  await button('Evaluate').click();
  const result = page.getByRole('region', { name: 'Result' });
  await result.getByText('8', { exact: true }).first().waitFor();
  await result.getByText('Calls').click();
  await result.getByText('{"var":"n"}', { exact: true }).waitFor();
  await page.getByLabel('Rule', { exact: true }).fill('{">>": [1]}');
  await button('Evaluate').click();
  await result.getByText(/unknown JSONLogic operator/).waitFor();
});
