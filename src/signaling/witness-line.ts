import type { Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import { maxWitnessMessageBytes, PieceAssembler, Pieces } from '../protocol/pieces.ts';
import { ports } from '../protocol/relay-frame.ts';
import type { Relay } from './relay.ts';

/** Bulk goes out in pieces of about one chunk: what is urgent then waits behind no more than that. */
const maxPieceBytes = 16 * 1024;

/**
 * To the witness at the signaling server and back: plain messages in pieces. What is lost on the way is not sent again,
 * for its core asks again by itself.
 */
export class SignalingWitnessLine {
  readonly #relay: Relay;
  readonly #pieces = new Pieces();

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  /** Lost while the connection is not online. */
  send(to: PeerId, message: Json, lane: Lane): void {
    const maxBytes = Math.min(maxPieceBytes, this.#relay.maxPayloadBytes);
    if (this.#relay.status !== 'online') return;
    for (const payload of this.#pieces.split(message, maxBytes)) {
      this.#relay.send({ peer: to, port: ports.witness, payload }, lane);
    }
  }

  listen(events: {
    onMessage(from: PeerId, message: Json): void;
    onBadMessage(from: PeerId, reason: string): void;
  }): Undo {
    let from: PeerId | null = null;
    let assembler = new PieceAssembler(maxWitnessMessageBytes);
    return this.#relay.listen({
      onRelay: ({ peer, port, payload }) => {
        if (port !== ports.witness) return;
        if (peer !== from) assembler = new PieceAssembler(maxWitnessMessageBytes);
        from = peer;
        const assembled = assembler.take(payload);
        if (assembled.type === 'message') events.onMessage(peer, assembled.message);
        else if (assembled.type === 'malformed') events.onBadMessage(peer, assembled.reason);
      },
    });
  }
}
