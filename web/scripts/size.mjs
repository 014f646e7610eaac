// Checks the sizes of a build, compressed with gzip: what the first page loads, and what the flow
// editor adds to it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const manifest = JSON.parse(readFileSync(dist + 'manifest.json', 'utf8'));

/** The files that an entry needs, with all it imports statically. */
function closure(key, files = new Set()) {
  const entry = manifest[key];
  if (!entry || files.has(entry.file)) return files;
  files.add(entry.file);
  for (const css of entry.css ?? []) files.add(css);
  for (const next of entry.imports ?? []) closure(next, files);
  return files;
}
const size = (files) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(dist + file), { level: 9 }).length, 0);
const dynamic = (name) => Object.keys(manifest).find((key) => key.endsWith(name));

const first = closure('index.html');
first.add('index.html');
const graph = closure(dynamic('graph/flow_graph.tsx'), new Set(first));
const editor = closure(dynamic('ui/code_editor.tsx'), closure(dynamic('views/editor.tsx'), new Set(first)));
const rows = [
  ['first load', size(first), 220_000],
  ['graph, in addition', size(graph) - size(first), 100_000],
  ['flow editor, in addition', size(editor) - size(first), 130_000],
];
let failed = false;
for (const [name, bytes, limit] of rows) {
  const over = bytes > limit;
  failed ||= over;
  console.log(
    `${over ? 'TOO LARGE' : 'ok       '} ${name.padEnd(26)} ${(bytes / 1000).toFixed(1).padStart(7)} KB gz, limit ${limit / 1000}`,
  );
}
process.exit(failed ? 1 : 0);
