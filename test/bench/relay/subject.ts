/** What is measured: the signaling server, or a bare relay on `ws` beside it. */
export type Subject = 'ours' | 'bare';

/** As long as the ids that members draw. */
export const idBytes = 22;
