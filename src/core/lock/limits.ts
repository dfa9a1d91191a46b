/** A limit on everything that others can make grow. */

/** Members in a line. */
export const maxMembers = 1024;
/** Terms, tickets and versions: room enough for adding one to the highest for ever. */
export const maxCount = 1_125_899_906_842_624;
/**
 * What others count up to is gone beyond only up to here. Honest members never get there: whoever says more lies, and leaves
 * as much room as this above all that they count.
 */
export const maxCountHeeded: number = maxCount / 2;
/** A published value, in characters of its JSON. */
export const maxValueChars = 65_536;
/** Looks that are under way; an older one was lost. */
export const maxLooks = 16;
