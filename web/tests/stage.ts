// What most browser tests stand on: a server with flows and runs, its console, and a new page for each test.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { startHostile, startRuns, storeFlows } from './flows';
import { type Console, openPage, PawlServer, startBrowser, startConsole } from './harness';

export let server: PawlServer;
export let web: Console;
export let browser: Browser;
export let page: Page;
export let context: BrowserContext;
/** What must never happen, and fails the test: exceptions, and violations of the policy. */
export let faults: string[];

/** Call once in a test file. */
export function stage(): void {
  beforeAll(async () => {
    server = new PawlServer();
    await server.start();
    await storeFlows(server);
    await startRuns(server);
    await startHostile(server);
    web = await startConsole(server);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await web?.close();
    await server?.remove();
  });
  beforeEach(async () => {
    ({ context, page, faults } = await openPage(browser));
  });
  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
}

export const open = (hash: string) => page.goto(web.url + hash);
export const button = (name: string) => page.getByRole('button', { name, exact: true });
export const status = (word: string) => page.locator('.page-head .status', { hasText: word }).waitFor();
