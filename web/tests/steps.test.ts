// What each step of a run was given and returned.
import { expect, test } from 'vitest';
import { start } from './flows';
import { button, open, page, server, stage } from './stage';

stage();

const pane = () => page.locator('.pane');
const value = (label: string) => pane().getByRole('group', { name: label, exact: true });

test('a node shows the input and the output of its steps, and follows the run', async () => {
  await open('#/runs/order-16?node=reserve');
  await value('Input of the step').getByText('shelf').waitFor();
  await value('Output of the step').getByText('reserved').waitFor();
  // One step needs no list.
  expect(await pane().getByRole('list', { name: 'Steps of the node' }).count()).toBe(0);

  await start(server, 'shop/order', 'steps-1', { amount: 1, customer: 'x' });
  await server.until('/v1/runs/steps-1', (run) => run.waiting_on?.[0]?.kind === 'signal');
  await open('#/runs/steps-1?node=parcel');
  await pane().getByText('visit 1: waiting').waitFor();
  await server.post('/v1/runs/steps-1/signal', { type: 'parcel_scanned', payload: { at: 'Kiel' } });
  await pane().getByText('visit 1: completed').waitFor();
  await value('Output of the step').getByText('Kiel').waitFor();
  await page.locator('.node', { hasText: 'start' }).click();
  await pane().getByText('Settings of the node').waitFor();
  expect(await pane().getByRole('region', { name: 'Steps' }).count()).toBe(0);
});

test('the graph says how long a wait still lasts, and renews it each minute', async () => {
  await start(server, 'ship all', 'left-1', { orders: [1] });
  await server.until('/v1/runs/left-1', (run) => run.waiting_on?.[0]?.kind === 'timer');
  await page.clock.install();
  await open('#/runs/left-1');
  const node = page.locator('.node', { hasText: 'wait_a_bit' });
  await node.getByText('59min left').waitFor();
  await page.clock.fastForward(120_000);
  await node.getByText(/5[67]min left/).waitFor();
  // A signal has a deadline as well.
  await open('#/runs/order-17');
  await page
    .locator('.node', { hasText: 'parcel' })
    .getByText(/d \d+h left/)
    .waitFor();
});

test('a join counts its rounds, not the branches that arrive', async () => {
  await open('#/runs/review-1');
  await page.locator('.node', { hasText: 'both' }).getByText('×3').waitFor();
});

test('the steps of a map are listed by item, page after page', async () => {
  const orders = Array.from({ length: 45 }, (_, i) => i);
  await start(server, 'ship all', 'ship-many', { orders });
  await server.until('/v1/runs/ship-many', (run) => run.waiting_on?.[0]?.kind === 'timer');
  await open('#/runs/ship-many?node=ship');
  const list = pane().getByRole('list', { name: 'Steps of the node' });
  await list.getByRole('button', { name: /^item 44, visit 45: completed/ }).waitFor();
  await list.getByRole('button', { name: /^item 43, visit 44/ }).click();
  await expect.poll(() => page.url()).toMatch(/step=\d+\.44\.1/);
  await pane().locator('.step-title', { hasText: 'item 43, visit 44: completed' }).waitFor();
  await page.reload();
  await pane().locator('.step-title', { hasText: 'item 43, visit 44: completed' }).waitFor();
  // Three pages of 20.
  for (let i = 0; i < 2; ++i) {
    await button('Earlier steps').click();
    await button('Loading…').waitFor({ state: 'detached' });
  }
  await button('Earlier steps').waitFor({ state: 'detached' });
  await list.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
  await list.getByRole('button', { name: /^item 0: completed/ }).waitFor();
});

test('the timeline shows the step that is selected, also a failed attempt', async () => {
  await open('#/runs/refund-1?tab=timeline');
  await page.locator('.gantt-row', { hasText: 'attempt 2' }).click();
  await pane().getByText('visit 1, attempt 2: failed').waitFor();
  await pane().getByText('The card allows 1000 at most.', { exact: true }).waitFor();
  await value('Input of the step').getByText('card_declined').waitFor();
  expect(await page.locator('.gantt-row.selected').count()).toBe(1);
  await button('All steps of this node').click();
  await page.locator('.node.selected', { hasText: 'call' }).waitFor();
  await pane().locator('.step-row.selected', { hasText: 'attempt 2' }).waitFor();
  await open('#/runs/review-1?tab=timeline');
  await page.locator('.gantt-row', { hasText: 'both' }).first().click();
  await pane().getByText('There is no step here').waitFor();
  await button('Close the pane').click();
  await pane().waitFor({ state: 'detached' });
});

test('an event shows what its step was given', async () => {
  await open('#/runs/order-16?tab=events&q=step%20finished');
  await page.locator('.event', { hasText: 'reserve' }).first().click();
  await page.getByRole('dialog').getByText('reserved').waitFor();
});
