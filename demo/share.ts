import { type Address, shareLink } from './address.ts';
import { html, part, svg, write } from './element.ts';

/** The LAN address that the server wrote into the page, where it was started with `--host`. */
function lanAddress(): string | null {
  return document.querySelector<HTMLMetaElement>('meta[name="lan-address"]')?.content || null;
}

/** The dialog with the room's address: as a link to copy, and as a QR code where phones can reach this server. */
export function startInvitation(network: Address['network']): void {
  const dialog = part<HTMLDialogElement>('invitation');
  const link = shareLink(new URL(location.href), lanAddress());
  const field = part<HTMLInputElement>('share-link');
  const copy = part<HTMLButtonElement>('button-copy');
  const opener = part('button-invite');
  field.value = link;

  const close = (): void => dialog.close();
  opener.addEventListener('click', () => {
    void fill(link, network);
    dialog.showModal();
    opener.setAttribute('aria-expanded', 'true');
  });
  dialog.addEventListener('close', () => opener.setAttribute('aria-expanded', 'false'));
  // A click beside the dialog lands on the dialog itself.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) close();
  });
  part('button-close-invite').addEventListener('click', close);
  copy.addEventListener('click', () => {
    field.select();
    copied(link).then(
      () => write(copy, 'Copied'),
      () => write(copy, 'Press Ctrl-C'),
    );
  });
  part('button-open').addEventListener('click', () =>
    open(shareLink(new URL(location.href), null), '_blank', 'noopener'),
  );
}

/** Plain-http pages have no clipboard: the field is selected then, ready for the keyboard. */
function copied(link: string): Promise<void> {
  return navigator.clipboard ? navigator.clipboard.writeText(link) : Promise.reject(new Error('no clipboard'));
}

async function fill(link: string, network: Address['network']): Promise<void> {
  const onlyHere = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(link).hostname);
  if (network === 'tabs') {
    write(part('invite-note'), 'Open this address in more tabs and windows of this browser: they need no server.');
    return;
  }
  write(
    part('invite-note'),
    onlyHere
      ? 'This address works on this machine: in more tabs, windows and other browsers. To let phones in, start with: npm start -- --host'
      : 'Open this address on a phone, or in another window.',
  );
  if (onlyHere) return;
  const { encode } = await import('uqr');
  const { data, size } = encode(link, { ecc: 'M', border: 2 });
  const dark = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])));
  const drawing = svg(
    'svg',
    {
      viewBox: `0 0 ${size} ${size}`,
      role: 'img',
      'aria-label': `QR code of ${link}`,
      'shape-rendering': 'crispEdges',
    },
    svg('path', { d: dark.join('') }),
  );
  const frame = part('qr');
  frame.replaceChildren(html('div', {}, drawing));
  frame.hidden = false;
}
