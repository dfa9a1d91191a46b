/** The part of IndexedDB that is used, in memory: it answers in microtasks, or as the test says. */
export class FakeDatabases {
  readonly values = new Map<string, number>();
  readonly open = new Set<EventTarget>();
  mood: 'answers' | 'hangs' | 'is blocked' | 'is full' = 'answers';
  readonly factory = { open: () => this.#opened() } as unknown as IDBFactory;

  #opened(): object {
    if (this.mood === 'is blocked') throw new DOMException('access is denied', 'SecurityError');
    const transaction = () => {
      if (!this.open.has(database)) throw new DOMException('the connection is closed', 'InvalidStateError');
      return this.#transaction();
    };
    const database: EventTarget = Object.assign(new EventTarget(), {
      transaction,
      close: () => this.open.delete(database),
    });
    return this.#request(database, () => this.open.add(database));
  }

  #request(result: unknown, run: () => void = () => {}): object {
    const request = Object.assign(new EventTarget(), { result });
    if (this.mood !== 'hangs')
      queueMicrotask(() => {
        run();
        request.dispatchEvent(new Event('success'));
      });
    return request;
  }

  #transaction(): object {
    const before = new Map(this.values);
    const error = new DOMException('no room', 'QuotaExceededError');
    const objectStore = () => ({
      get: (key: string) => this.#request(before.get(key)),
      put: (value: number, key: string) => {
        if (this.mood !== 'is full') this.values.set(key, value);
      },
    });
    const commit = () => {
      const end = new Event(this.mood === 'is full' ? 'abort' : 'complete');
      queueMicrotask(() => transaction.dispatchEvent(end));
    };
    const transaction = Object.assign(new EventTarget(), { objectStore, commit, error });
    return transaction;
  }
}
