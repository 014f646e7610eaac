import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The base is relative: the console works below any path prefix, such as /ui/ or /pawl/ui/.
export default defineConfig({
  base: './',
  plugins: [react()],
  build: {
    target: 'es2022',
    // All files in one folder: the program has one route for them.
    assetsDir: '',
    // The content security policy allows no data: scripts and no inline styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    // Of the packages in the build: their licenses ask for it.
    license: { fileName: 'licenses.txt' },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/v1': 'http://127.0.0.1:7717',
      '/readyz': 'http://127.0.0.1:7717',
      '/version': 'http://127.0.0.1:7717',
      '/metrics': 'http://127.0.0.1:7717',
    },
  },
  test: { include: ['src/**/*.test.ts', 'src/**/*.test.tsx'], environment: 'node' },
});
