/** Of each kind that takes a number of bytes of its own: texts whose JSON takes just so many, and bytes. */
export function valuesOf(bytes: number): (string | Uint8Array)[] {
  const texts = ['x', '"', 'ä', '項', '😀', '\ud800'].map((character) => {
    const each = new TextEncoder().encode(JSON.stringify(character)).length - 2;
    const [count, rest] = [Math.floor((bytes - 2) / each), (bytes - 2) % each];
    return character.repeat(count) + 'x'.repeat(rest);
  });
  return [...texts, new Uint8Array(bytes)];
}
