// A real server with flows and runs, the console in front of it, and a browser.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
// @ts-expect-error: plain JavaScript, also run by hand
import { serve } from '../scripts/serve.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = process.env['PAWL'] ?? join(root, 'build/release/pawl');
export const screenshots =
  process.env['SCREENSHOTS'] ?? fileURLToPath(new URL('../screenshots', import.meta.url));
mkdirSync(screenshots, { recursive: true });

export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe: Server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** `pawl serve` over a data folder of its own. Can be killed and started again at the same address. */
export class PawlServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'pawl-console-'));
  port = 0;
  #process: ChildProcess | undefined;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `flows`: a folder of flow files, for `pawl dev` in place of `pawl serve`. */
  async start(flows?: string): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    const options = [
      '--data-dir',
      join(this.folder, 'data'),
      '--durability',
      'async',
      '--log-level',
      'error',
    ];
    const command =
      flows === undefined
        ? [
            'serve',
            '--listen',
            `127.0.0.1:${this.port}`,
            '--set',
            `backup.dir=${join(this.folder, 'backups')}`,
          ]
        : ['dev', flows, '--port', String(this.port)];
    this.#process = spawn(program, [...command, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    this.#process.stderr!.on('data', (part) => {
      log += part;
    });
    for (let i = 0; ; ++i) {
      try {
        if ((await fetch(`${this.url}/readyz`)).ok) return;
      } catch {
        /* Not listening yet. */
      }
      if (i > 300 || this.#process.exitCode !== null) throw new Error(`pawl did not start: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const process = this.#process;
    if (!process || process.exitCode !== null) return;
    const gone = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<any> {
    const answer = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return answer.json();
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<any> {
    return (await fetch(this.url + path, { headers })).json();
  }

  async until(path: string, check: (value: any) => boolean, ms = 20_000): Promise<any> {
    for (const end = Date.now() + ms; ; ) {
      const value = await this.get(path);
      if (check(value)) return value;
      if (Date.now() > end)
        throw new Error(`${path} did not become as expected: ${JSON.stringify(value).slice(0, 500)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export interface Console {
  url: string;
  close(): Promise<void>;
}

/**
 * The console of a server: that of `dist/` by a proxy, below `prefix`; with CONSOLE=program the one in
 * the program itself, unless a prefix is wanted.
 */
export async function startConsole(server: PawlServer, prefix = '/'): Promise<Console> {
  if (process.env['CONSOLE'] === 'program' && prefix === '/')
    return { url: `${server.url}/ui/`, close: () => Promise.resolve() };
  const proxy = await serve({ port: 0, server: server.url, prefix });
  return {
    url: `http://127.0.0.1:${proxy.address().port}${prefix}ui/`,
    close: () =>
      new Promise((resolve) => {
        proxy.closeAllConnections();
        proxy.close(() => resolve());
      }),
  };
}

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-gpu', '--force-color-profile=srgb'],
  });
}

export interface Opened {
  context: BrowserContext;
  page: Page;
  faults: string[];
}

/** A page that collects what must never happen: exceptions, and violations of the policy. */
export async function openPage(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1360, height: 860 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.setDefaultTimeout(20_000);
  watch(page, faults);
  return { context, page, faults };
}

export function watch(page: Page, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (
      /Content Security Policy|Refused to/.test(text) ||
      (message.type() === 'error' &&
        !/Failed to load resource|net::ERR|Failed to fetch dynamically imported module/.test(text))
    )
      faults.push(text);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}
