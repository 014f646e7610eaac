// The client package: no React, no globals. A TypeScript SDK can share it as it is.
export * from './client';
export * from './json';
export * from './problem';
export * from './sse';
export * from './types';
export * from './versions';
