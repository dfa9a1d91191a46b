import { afterAll, beforeAll } from 'vitest';
import { type AppSite, serveSite } from './site.ts';

/** The apps of these tests, served for the tests of one file or block. */
export function useSite(): Omit<AppSite, 'close'> {
  let site: AppSite;
  beforeAll(async () => {
    site = await serveSite();
  });
  afterAll(() => site.close());
  return {
    get url() {
      return site.url;
    },
    worksIn: (room) => site.worksIn(room),
  };
}
