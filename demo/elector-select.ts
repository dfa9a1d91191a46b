import { electorLink, type Address } from './address.ts';
import { html } from './element.ts';
import { electors } from './electors.ts';

/** Lets one choose how this room elects: the page then comes again, in the room of those who elect so. */
export function furnishElectorSelect(select: HTMLSelectElement, { network, elector }: Address): void {
  const choices = electors[network].map(({ name }) => html('option', { value: name }, name));
  select.replaceChildren(...choices);
  select.value = elector;
  select.disabled = choices.length === 1;
  select.addEventListener('change', () => location.assign(electorLink(new URL(location.href), select.value)));
}
