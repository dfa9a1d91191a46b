/** A known bug, as a change of the text of one source file. */
export interface Mutant {
  readonly name: string;
  /** From the top of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The text with the bug in it. Throws if the place to put it is not there any more, or not the only one. */
export function plant(mutant: Mutant, text: string): string {
  const places = text.split(mutant.find).length - 1;
  if (places !== 1)
    throw new Error(`mutant "${mutant.name}": its place is in ${mutant.file} ${places} times; bring it up to date`);
  return text.replace(mutant.find, () => mutant.replace);
}
