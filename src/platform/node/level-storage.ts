import { openStorage } from '../database-storage.ts';
import type { StoragePlace } from '../storage.ts';
import { openLevel, type OpenLevel } from './level.ts';

/**
 * A storage in a folder of the file system, made when it is missing: a database of its own.
 *
 * @param open Opens the database in a folder: replaced by tests that want it to fail.
 */
export function levelStorage(dataDir: string, open?: OpenLevel): StoragePlace {
  return {
    open: async (owner) => {
      const database = await openLevel(dataDir, owner, open);
      try {
        return await openStorage(database, '', () => database.close());
      } catch (error) {
        await database.close();
        throw error;
      }
    },
  };
}
