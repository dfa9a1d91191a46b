import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import type { RaftEffect } from '../../../src/core/quorum/events.ts';
import type { Setting } from './witnessed.ts';
import { Witnessed } from './witnessed.ts';

type Told<Type> = Extract<RaftEffect, { readonly type: Type }>;

/** What a member's core is to serve. */
export interface Application {
  commit(effect: Told<'commit'>): void;
  install(effect: Told<'snapshot-installed'>): void;
  /** `null`: not now. */
  snapshot(wanted: Told<'snapshot-wanted'>): { readonly index: number; readonly data: string } | null;
}

/** A stage with an application at every member, each of which writes its state down a little after it is asked to. */
export class Answering<App extends Application> extends Witnessed {
  /** While true, applications do not get to writing down their state. */
  isBusy = false;
  readonly #applications: Map<string, App>;
  readonly #make: () => App;
  readonly #answers: (() => void)[];

  constructor(founding: Readonly<Record<string, number>> | Configuration, setting: Setting, make: () => App) {
    const applications = new Map<string, App>();
    const answers: (() => void)[] = [];
    super(founding, {
      ...setting,
      onEffect: (id, effect) => {
        const application = applications.get(id) ?? make();
        applications.set(id, application);
        if (effect.type === 'commit') application.commit(effect);
        if (effect.type === 'snapshot-installed') application.install(effect);
        const given = effect.type === 'snapshot-wanted' ? application.snapshot(effect) : null;
        if (given !== null) answers.push(() => this.feed(id, { type: 'snapshot', ...given }));
      },
    });
    this.#applications = applications;
    this.#make = make;
    this.#answers = answers;
  }

  application(id: string): App {
    return this.#applications.get(id) ?? this.#make();
  }

  override run(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      super.run(Math.min(5, untilMs - this.nowMs));
      if (!this.isBusy) for (const answer of this.#answers?.splice(0) ?? []) answer();
    }
  }

  override restart(id: string): void {
    this.#applications.delete(id); // its memory is gone
    super.restart(id);
  }
}
