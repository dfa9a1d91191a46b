import { storageContract } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { levelStorageRig, memoryStorageRig, witnessStorageRig } from './storage-rigs.ts';

describe.each([
  ['memory', () => Promise.resolve(memoryStorageRig())],
  ['level', () => levelStorageRig()],
  ["a witness's", witnessStorageRig],
])('a storage (%s)', (_, rigOf) => {
  it.each(storageContract)('$title', { timeout: 60_000 }, async ({ run }) => {
    const rig = await rigOf();
    await expect(run(rig)).resolves.toBeUndefined();
    await rig.close();
  });
});
