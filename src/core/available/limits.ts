/** A limit on everything that others can make grow. */

/** Members known at a time, this one included. */
export const maxMembers = 1024;
/** Displacements a record carries; the oldest go first. */
export const maxDisplaced = 64;
/** Claims that another one can prevail over at a time; the rest wait. */
export const maxRivals = 64;
/** A published value, in characters of its JSON. */
export const maxValueChars = 65_536;
/** Terms, sequence numbers, ranks and versions: room enough for adding one to the highest for ever. */
export const maxCount = 1_125_899_906_842_624;
/** Values of displaced leaders kept for `conflict`. */
export const maxArchived = 8;
/** Displacements remembered, so that each is told once. */
export const maxRemembered = 1024;
