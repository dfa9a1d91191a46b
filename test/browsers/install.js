// @ts-check
import { installChromium } from './chromium.js';

try {
  console.log(await installChromium(console.log));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
