/**
 * The naive way, for comparison: everybody takes the first in the list of members that it hears, and if that is itself,
 * it is the host. No terms, no agreement, no conflict: two lists, two hosts.
 */
export function naiveHost(self: string, heard: Iterable<string>): string {
  return [self, ...heard].toSorted()[0] ?? self;
}

export interface NaiveClaim {
  readonly id: string;
  /** Whom that member takes for the host. */
  readonly naiveHost: string;
}

/** All who think that they are the host. */
export function naiveHosts(claims: Iterable<NaiveClaim>): string[] {
  return [...claims].filter((claim) => claim.id === claim.naiveHost).map((claim) => claim.id);
}

/** All who follow somebody that takes no part as a host: requests to such a host go nowhere. */
export function naiveStrays<Claim extends NaiveClaim>(claims: Iterable<Claim>): Claim[] {
  const all = [...claims];
  const hosts = new Set(naiveHosts(all));
  return all.filter((claim) => !hosts.has(claim.naiveHost));
}
