import { defineConfig } from 'vitest/config';

// Suites are chosen by resources/setup (npm test) by folder; a plain run takes unit and scenarios.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    root: new URL('..', import.meta.url).pathname,
    exclude: ['node_modules/**', 'build/**'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
