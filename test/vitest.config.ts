import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/clients/**'],
    globalSetup: [new URL('build-once.ts', import.meta.url).pathname],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
