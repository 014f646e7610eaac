// Takes the pictures of docs/console.md: runs the browser tests of all pages and keeps those that the page
// shows, as WebP.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const names = new Set(
  [...readFileSync(join(docs, 'console.md'), 'utf8').matchAll(/\(console\/([\w-]+)\.webp\)/g)].map(
    (match) => match[1],
  ),
);
const folder = mkdtempSync(join(tmpdir(), 'pawl-pictures-'));
execFileSync('npm', ['run', 'e2e', '--', 'tests/pages.test.ts'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env: { ...process.env, SCREENSHOTS: folder },
  stdio: 'inherit',
});
mkdirSync(join(docs, 'console'), { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
for (const name of names) {
  // Of a view there is a light and a dark picture; of a phone, one.
  const file = /^phone-|-dark$/.test(name) ? name : `${name}-light`;
  const png = readFileSync(join(folder, `${file}.png`)).toString('base64');
  const webp = await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.85 });
    return btoa(
      Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''),
    );
  }, png);
  writeFileSync(join(docs, 'console', `${name}.webp`), Buffer.from(webp, 'base64'));
}
await browser.close();
rmSync(folder, { recursive: true });
