// Fails, and says why, if this Node.js is older than package.json asks for.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const numbers = (text) =>
  text
    .replace(/^[^0-9]*/, '')
    .split('.')
    .map(Number);
const [major, minor = 0] = numbers(engines.node);
const [hasMajor, hasMinor] = numbers(process.versions.node);
if (hasMajor < major || (hasMajor === major && hasMinor < minor)) {
  console.error(`the web console needs Node.js ${engines.node}; this is ${process.versions.node}`);
  process.exit(1);
}
