import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/clients/**'],
    globalSetup: [new URL('build-once.ts', import.meta.url).pathname],
    // Most of what is slow waits for processes: one worker, the default on two cores, leaves them idle.
    maxWorkers: '100%',
    // Tests share nothing but the modules they test, which hold no state: loading those once halves the time.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
