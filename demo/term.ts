/** Where rooms are founded, a term is the room's epoch times this, and a number that begins anew with each epoch. */
const termsInEpoch = 2 ** 20;

export function epochOf(term: number): number {
  return Math.floor(term / termsInEpoch);
}

/** The term as one reads it: without its epoch. */
export function shortTerm(term: number): number {
  return term % termsInEpoch;
}
