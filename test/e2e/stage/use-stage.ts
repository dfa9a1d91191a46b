import { afterAll, afterEach, expect } from 'vitest';
import { openStage, type Stage } from './stage.ts';

/** A stage for the tests of one file. A page that complains fails its test. */
export function useStage(): Stage {
  const stage = openStage();
  afterEach(async () => {
    expect(await stage.clear(), 'what pages wrote to their consoles as errors').toEqual([]);
  });
  afterAll(() => stage.close());
  return stage;
}
