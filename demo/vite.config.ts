import { defineConfig, defaultClientConditions, type UserConfig } from 'vite';

const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  base: './',
  // The page imports the library by its name, and gets its sources: a change in src shows without a build.
  resolve: { conditions: ['bellwether-source', ...defaultClientConditions] },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: false },
  worker: { format: 'es' },
});

export default config;
