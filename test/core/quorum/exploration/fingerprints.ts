/**
 * A set of states, by a hash of 53 bits each: eight bytes a state, and a million of them miss one for looking like
 * another once in twenty thousand explorations.
 */
export class Fingerprints {
  #slots = new Float64Array(2 ** 16);
  size = 0;

  has(fingerprint: number): boolean {
    return this.#slots[this.#slotOf(fingerprint)] === fingerprint;
  }

  /** True if it is new. */
  add(fingerprint: number): boolean {
    const slot = this.#slotOf(fingerprint);
    if (this.#slots[slot] === fingerprint) return false;
    this.#slots[slot] = fingerprint;
    if (++this.size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  clear(): void {
    this.#slots.fill(0);
    this.size = 0;
  }

  #slotOf(fingerprint: number): number {
    const mask = this.#slots.length - 1;
    let slot = fingerprint & mask; // of its low 32 bits, which are mixed well
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== fingerprint) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Float64Array(before.length * 2);
    for (const fingerprint of before) if (fingerprint !== 0) this.#slots[this.#slotOf(fingerprint)] = fingerprint;
  }
}

/** Hashes numbers into a fingerprint, which is never 0. */
export class Hash {
  #a = 0x2545f491;
  #b = 0x9e3779b1;

  mix(word: number): void {
    let a = Math.imul(this.#a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    this.#a = Math.imul(a, 0x85ebca6b);
    let b = Math.imul((this.#b + word) | 0, 0xc2b2ae35);
    b ^= b >>> 13;
    this.#b = Math.imul(b ^ a, 0x27d4eb2f);
  }

  get fingerprint(): number {
    return (this.#b >>> 11) * 2 ** 32 + (this.#a >>> 0) + 1;
  }
}
