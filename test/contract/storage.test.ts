import { storageContract } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { levelStorageRig, memoryStorageRig } from './storage-rigs.ts';

describe.each([
  ['memory', () => Promise.resolve(memoryStorageRig())],
  ['level', levelStorageRig],
])('a storage (%s)', (_, rigOf) => {
  it.each(storageContract)('$title', { timeout: 30_000 }, async ({ run }) => {
    const rig = await rigOf();
    await expect(run(rig)).resolves.toBeUndefined();
    await rig.close();
  });
});
