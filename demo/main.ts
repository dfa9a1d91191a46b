import { readAddress } from './address.ts';

const address = readAddress(new URL(location.href));

if (address.grid === null) {
  const { showMember } = await import('./member-page.ts');
  showMember(address);
} else {
  const { showGrid } = await import('./grid.ts');
  showGrid(address, address.grid);
}
