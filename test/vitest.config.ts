import { defineConfig } from 'vitest/config';

/** Packs, installs, compiles and runs what is published. */
const ofThePackage = ['test/package.test.ts', 'test/readme.test.ts'];

/**
 * `--project unit` is everything in virtual time; `--project replay` the same on other versions of Node;
 * `--project package` what a user installs; `--project e2e` real browsers, processes and sockets.
 */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  resolve: { conditions: ['bellwether-source'] },
  ssr: { resolve: { conditions: ['bellwether-source', 'node'], externalConditions: ['bellwether-source', 'node'] } },
  test: {
    chaiConfig: { truncateThreshold: 200 }, // the title of a contract's case is a sentence
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          testTimeout: 30_000, // their time is virtual; a busy machine's is not
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/replay/**', ...ofThePackage],
          environment: 'node',
        },
      },
      {
        extends: true,
        test: {
          name: 'replay',
          include: ['test/replay/**/*.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 240_000, // a slow network brings other versions of Node slowly
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ofThePackage,
          environment: 'node',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 180_000, // they wait for what has to happen, on a busy machine too
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
