/** A change of the text of one source file. */
export interface Edit {
  /** From the top of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A known bug. */
export interface Mutant extends Edit {
  readonly name: string;
  /** Where a second defence would hide the bug: that is taken away as well. */
  readonly also?: readonly Edit[];
  /** What shows the bug is drawn once in thousands of seeds: this schedule of `found/` does. */
  readonly schedule?: string;
}

/** The text with the change in it. Throws if the place for it is not there any more, or not the only one. */
export function plant({ file, find, replace }: Edit, text: string, name: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`mutant "${name}": its place is in ${file} ${places} times; bring it up to date`);
  return text.replace(find, () => replace);
}

/** All that makes the bug. */
export function editsOf(mutant: Mutant): readonly Edit[] {
  return [mutant, ...(mutant.also ?? [])];
}
