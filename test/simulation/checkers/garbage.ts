import { Violation } from '../checker.ts';
import type { Checker, Concern, Step } from '../checker.ts';
import type { Tenant } from '../tenant.ts';

/** What makes no sense is dropped and reported. That it changes nothing else, the other promises show. */
export class Garbage implements Checker<Tenant> {
  readonly promise = 'Q11: a malformed message is dropped and reported';
  readonly concern: Concern = { events: ['message'] };

  observe({ life, event, effects }: Step<Tenant>): void {
    if (event.type !== 'message' || event.isGarbage !== true || life.state !== 'running') return;
    for (const effect of effects) if (effect.type === 'bad-message') return;
    throw new Violation(this.promise, `${life.label} took ${JSON.stringify(event.message)} for a message`);
  }
}
