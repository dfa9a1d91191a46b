import type { Life } from '../life.ts';
import { groups } from '../truth.ts';
import type { World } from '../world.ts';
import { WebLife } from './life.ts';

const lookEveryMs = 100;
/** A dead line is noticed within 16 s, a dead channel within 18. */
const noticeMs = 18_000;
/** The longest wait before the next line is 30 s, and it may be refused once more. */
const reconnectMs = 60_000;

/** Lets time pass until nobody takes what is dead for alive, and until all of each group can talk directly again. */
export function awaitDirect(world: World): void {
  world.runUntil(world.nowMs + noticeMs);
  const untilMs = world.nowMs + reconnectMs;
  while (!groups(world).every(isDirect) && world.nowMs < untilMs) world.runUntil(world.nowMs + lookEveryMs);
}

/** Whether each talks with each over a channel, or over the server, and needs none of the others for it. */
export function isDirect(members: readonly Life[]): boolean {
  return members.every((one) => members.every((other) => one === other || canTalk(one, other)));
}

function canTalk(one: Life, other: Life): boolean {
  if (!(one instanceof WebLife && other instanceof WebLife)) return false;
  return (one.isOnline && other.isOnline) || hasChannel(one, other) || hasChannel(other, one);
}

function hasChannel(one: WebLife, { id }: WebLife): boolean {
  const path = one.cluster!.members.get(id)?.path;
  return path === 'webrtc' || path === 'broadcast';
}
