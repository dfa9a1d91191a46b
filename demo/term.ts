/** Where rooms are founded, a term is the room's epoch times this, and a number that begins anew with each epoch. */
const termsInEpoch = 2 ** 20;

/** Epochs are at least the seconds since 2020. Where nothing is founded, terms do not come near the first of them. */
const firstEpoch = 2 ** 24;

/** A term as one reads it: `epoch` is `null` where terms are simply counted. */
export interface ReadableTerm {
  readonly epoch: number | null;
  readonly n: number;
}

export function readTerm(term: number): ReadableTerm {
  const epoch = Math.floor(term / termsInEpoch);
  return epoch < firstEpoch ? { epoch: null, n: term } : { epoch, n: term % termsInEpoch };
}

/** "7", or "217456123.7": the epoch goes before, so that a later term never reads as a smaller one. */
export function termInWords(term: number): string {
  const { epoch, n } = readTerm(term);
  return epoch === null ? String(n) : `${epoch}.${n}`;
}
