/** What the runtime lends. Everything outside of memory comes in through here. */
export interface Host {
  nowMs(): number;
  wallMs(): number;
  after(delayMs: number, run: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
  /** A fresh secret of 128 random bits, as text. */
  secret(): string;
  hash(secret: string): string;
}
