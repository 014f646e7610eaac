// Serves web/dist under /PREFIX/ui/ with the headers that the program sends, and passes everything
// else below the prefix on to a server: for tests, and to look at a build.
//
//   node scripts/serve.mjs [--listen PORT] [--server http://127.0.0.1:7717] [--prefix /]
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export function serve({ port, server, prefix = '/' }) {
  const target = new URL(server);
  const proxy = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url, 'http://x');
    if (!url.pathname.startsWith(prefix)) return void outgoing.writeHead(404).end();
    const path = url.pathname.slice(prefix.length - 1);
    if (path === '/ui') return void outgoing.writeHead(308, { Location: `${prefix}ui/` }).end();
    if (path.startsWith('/ui/')) {
      const name = normalize(path.slice(3)).replace(/^(\.\.[/\\])+/, '');
      const file = join(dist, name === '/' ? 'index.html' : name);
      if (!existsSync(file) || !statSync(file).isFile()) return void outgoing.writeHead(404).end();
      outgoing.writeHead(200, {
        'Content-Type': types[extname(file)] ?? 'application/octet-stream',
        'Content-Security-Policy': policy,
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cache-Control': /-[\w-]{8}\.\w+$/.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
      return void createReadStream(file).pipe(outgoing);
    }
    const onward = request(
      {
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: path + url.search,
        headers: { ...incoming.headers, host: `127.0.0.1:${proxy.address().port}` },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
        answer.on('error', () => outgoing.destroy());
      },
    );
    onward.on('error', () => {
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end();
    });
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  return new Promise((resolve) => proxy.listen(port, '127.0.0.1', () => resolve(proxy)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '7718' },
      server: { type: 'string', default: 'http://127.0.0.1:7717' },
      prefix: { type: 'string', default: '/' },
    },
  });
  await serve({ port: Number(values.listen), server: values.server, prefix: values.prefix });
  console.log(`http://127.0.0.1:${values.listen}${values.prefix}ui/`);
}
