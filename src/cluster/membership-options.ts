import type { Json } from '../protocol/json.ts';
import type { Surroundings } from './participation-options.ts';
import type { PreparedOptions } from './prepared.ts';

/** What a life in the room is made with, and whom it tells. */
export interface MembershipOptions extends Surroundings {
  readonly cluster: PreparedOptions;
  readonly info: Json;
}
