/**
 * Logarithms and powers out of + − × ÷ alone. Those the language defines to the last bit; `Math.log`, `Math.exp` and
 * `**` it leaves to the engine, and a seed must draw the same on every engine.
 */

const ln2 = 0.6931471805599453;

/** The natural logarithm of a positive number. */
export function logarithm(of: number): number {
  let fraction = of;
  let doublings = 0;
  for (; fraction > 1.5; fraction /= 2) doublings++;
  for (; fraction < 0.75; fraction *= 2) doublings--;
  const z = (fraction - 1) / (fraction + 1);
  let sum = 0;
  for (let odd = 27; odd >= 1; odd -= 2) sum = sum * z * z + 1 / odd;
  return doublings * ln2 + 2 * z * sum;
}

/** A positive `base` to any power. */
export function power(base: number, exponent: number): number {
  const wanted = exponent * logarithm(base);
  const doublings = Math.round(wanted / ln2);
  const rest = wanted - doublings * ln2;
  let result = 1;
  for (let n = 20; n >= 1; n--) result = 1 + (result * rest) / n;
  for (let n = 0; n < doublings; n++) result *= 2;
  for (let n = 0; n > doublings; n--) result /= 2;
  return result;
}
