import { defineConfig } from 'vitest/config';

// The real agents, from the registry. Slow, so not part of `npm test`.
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/clients/**/*.test.ts'],
    globalSetup: [new URL('build-once.ts', import.meta.url).pathname],
    testTimeout: 90_000,
    hookTimeout: 300_000,
    fileParallelism: true,
    maxWorkers: 2,
  },
});
