/**
 * Who is on which side of a cut: these on one, the rest on the other, and half and half where that would be all or
 * nobody. The witness does not count, and stays with the larger side. `null`: there is nobody to cut from.
 */
export function sidesOf(
  flock: readonly string[],
  chosen: readonly string[],
  witness: string | null,
): { readonly one: readonly string[]; readonly other: readonly string[] } | null {
  const all = flock.toSorted();
  const some = chosen.length > 0 && chosen.length < all.length;
  const one = some ? [...chosen] : all.slice(0, Math.floor(all.length / 2));
  const other = all.filter((id) => !one.includes(id));
  if (one.length === 0 || other.length === 0) return null;
  if (witness !== null) (one.length > other.length ? one : other).push(witness);
  return { one, other };
}
