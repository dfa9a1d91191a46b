import { defineConfig } from 'vitest/config';

/** `--project unit` is everything in virtual time; `--project e2e` is real browsers, processes and sockets. */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  resolve: { conditions: ['bellwether-source'] },
  ssr: { resolve: { conditions: ['bellwether-source', 'node'], externalConditions: ['bellwether-source', 'node'] } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**'], environment: 'node' },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
