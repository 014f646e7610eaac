// Commands to all runs that match, as jobs of the server.
import { expect, test } from 'vitest';
import { order } from './flows';
import { button, context, open, page, server, stage, web } from './stage';

stage();

const dialogButton = (name: string | RegExp) => page.getByRole('dialog').getByRole('button', { name });
const jobStatus = (word: string) => page.locator('.page-head .status', { hasText: word }).waitFor();

async function startMany(name: string): Promise<void> {
  await server.post('/v1/flows', { ...order, name });
  await server.post('/v1/batch/start', {
    items: Array.from({ length: 300 }, (_, k) => ({
      flow: name,
      id: `${name}-${k}`,
      input: { amount: 1, customer: 'x' },
    })),
  });
}

test('all runs that match are cancelled, after a dry run, beyond the loaded page', async () => {
  await startMany('many');
  await open('#/runs?status=running&flow=many');
  await button('Commands for all that match…').click();
  await page.getByLabel('Command', { exact: true }).selectOption('cancel');
  await page.getByLabel('Reason (optional)').fill('cleared');
  await dialogButton('Find the runs (dry run)').click();
  await page.getByText('300 runs fit.').waitFor();
  expect((await server.get('/v1/stats/runs?filter=flow%3Dmany%20status%3Drunning')).count).toBe(300);
  // A dry run counts for the request that it tried only.
  await page.getByLabel('Command', { exact: true }).selectOption('retry');
  await page.getByText('No running run takes this command: only failed runs do.').waitFor();
  expect(await dialogButton('Find the runs (dry run)').isDisabled()).toBe(true);
  await page.getByLabel('Command', { exact: true }).selectOption('cancel');
  await dialogButton('Cancel 300 runs').click();
  await page.getByRole('heading', { name: 'Cancel runs', exact: true }).waitFor();
  await jobStatus('finished');
  await page.getByText('300 of 300 runs done').waitFor();
  await page.getByRole('tab', { name: 'Done 300' }).waitFor();
  expect((await server.get('/v1/runs?status=running&flow=many')).runs).toEqual([]);
  await page.locator('.job-row').getByRole('link').first().click();
  await page.getByText(/^Cancelled: cleared \(job /).waitFor();
});

test('a job goes on when its page is closed, and is aborted from another', async () => {
  await startMany('slow');
  await open('#/runs?status=running&flow=slow');
  await button('Commands for all that match…').click();
  await page.getByLabel('Command', { exact: true }).selectOption('signal');
  expect(await dialogButton('Find the runs (dry run)').isDisabled()).toBe(true);
  await page.getByLabel('Signal', { exact: true }).fill('note');
  await page.getByLabel('Runs per second at most').fill('20');
  await dialogButton('Find the runs (dry run)').click();
  await dialogButton('Send signal to 300 runs').click();
  await page.getByText('20 runs per second').waitFor();
  const id = decodeURIComponent(page.url().split('/').at(-1)!);
  await page.close();
  const { done } = await server.get(`/v1/jobs/${id}`);
  await server.until(`/v1/jobs/${id}`, (job) => job.done > done);
  const other = await context.newPage();
  await other.goto(web.url + '#/jobs');
  const row = other.locator('tr[data-row]', { hasText: 'flow=slow' }).filter({ hasNotText: 'dry run' });
  await row.getByText('running', { exact: true }).waitFor();
  await row.getByRole('progressbar').waitFor();
  await row.getByRole('link', { name: 'Send signal' }).click();
  await other.getByRole('button', { name: 'Abort…' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Abort the job' }).click();
  await other.locator('.page-head .status', { hasText: 'aborted' }).waitFor();
  const left = await server.get(`/v1/jobs/${id}`);
  expect(left.state).toBe('aborted');
  expect(left.done).toBeLessThan(300);
  await other.getByRole('tab', { name: `Waiting ${300 - left.done}` }).click();
  await other.locator('.job-row').first().getByText('waiting').waitFor();
  await other.getByRole('button', { name: 'Delete this job…' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Delete this job' }).click();
  await other.getByRole('heading', { name: 'Jobs', exact: true }).waitFor();
  await other.locator('tr[data-row]', { hasText: 'dry run' }).first().waitFor();
  expect(await row.count()).toBe(0);
  expect((await server.get(`/v1/jobs/${id}`)).code).toBe('not_found');
});

test('a run that refuses the command of a job says why', async () => {
  await open('#/jobs/delete-old?outcome=refused');
  await page.getByText('11 of 12 runs done, 1 refused').waitFor();
  const row = page.locator('.job-row', { hasText: 'old-5' });
  await row.getByText('refused', { exact: true }).waitFor();
  await row.getByText(/kept/).waitFor();
  expect(await page.locator('.job-row').count()).toBe(1);
  await open('#/jobs/nothing');
  await page.getByText('There is no job “nothing” in this scope.').waitFor();
});
