import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import { Answering, type Application } from './answering.ts';
import type { Setting } from './witnessed.ts';

/** A list of values, which is its snapshot as well. */
class List implements Application {
  values: readonly string[] = [];

  commit({ entries }: Parameters<Application['commit']>[0]): void {
    this.values = [...this.values, ...entries.map(({ value }) => value)];
  }

  install({ data }: Parameters<Application['install']>[0]): void {
    this.values = JSON.parse(data) as string[];
  }

  snapshot({ index }: { readonly index: number }): { readonly index: number; readonly data: string } {
    return { index, data: JSON.stringify(this.values) };
  }
}

/** A stage with a list at every member. */
export class Applied extends Answering<List> {
  constructor(founding: Readonly<Record<string, number>> | Configuration, setting: Setting = {}) {
    super(founding, setting, () => new List());
  }

  list(id: string): readonly string[] {
    return this.application(id).values;
  }
}
