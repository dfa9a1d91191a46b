import type { PeerId } from '../src/protocol/ids.ts';
import { jsonBytes } from '../src/protocol/json.ts';
import type { ServerMessage, WireMember } from '../src/protocol/messages.ts';
import { inFrames } from './in-frames.ts';

type View = Omit<Extract<ServerMessage, { readonly type: 'view' }>, 'channel'>;

/** What a view says of one member, and the bytes that takes as JSON. */
export type News =
  | { readonly list: 'members'; readonly what: WireMember; readonly bytes: number }
  | { readonly list: 'bye' | 'gone'; readonly what: PeerId; readonly bytes: number };

/** The news of a view, in as many frames of at most `maxFrameBytes` as they need, whatever the channel. */
export function viewFrames(
  head: Pick<View, 'era' | 'from' | 'n' | 'founder' | 'epoch' | 'witness' | 'continues' | 'foundsInMs'>,
  news: readonly News[],
  maxFrameBytes: number,
): readonly View[] {
  const empty: View = { type: 'view', ...head, bye: [], gone: [], members: [], more: false };
  const room = maxFrameBytes - jsonBytes({ ...empty, channel: 255 });
  const frames = inFrames(news, room + 1, ({ bytes }) => bytes + 1); // a comma behind each but the last
  return (frames.length === 0 ? [[]] : frames).map((frame, at) => ({
    ...empty,
    bye: frame.flatMap(({ list, what }) => (list === 'bye' ? [what] : [])),
    gone: frame.flatMap(({ list, what }) => (list === 'gone' ? [what] : [])),
    members: frame.flatMap(({ list, what }) => (list === 'members' ? [what] : [])),
    more: at < frames.length - 1,
  }));
}
