import type { PeerId } from './ids.ts';

/** A member that discovery knows. Who has the same host shares its fate. */
export interface Neighbour {
  readonly id: PeerId;
  readonly host: string;
}

export type Role = 'voter' | 'learner' | 'witness';
