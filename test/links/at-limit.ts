/** Texts whose JSON takes just so many bytes: of each kind of character that takes a number of its own. */
export function textsOf(bytes: number): readonly string[] {
  return ['x', '"', 'ä', '項', '😀', '\ud800'].map((character) => {
    const each = new TextEncoder().encode(JSON.stringify(character)).length - 2;
    const [count, rest] = [Math.floor((bytes - 2) / each), (bytes - 2) % each];
    return character.repeat(count) + 'x'.repeat(rest);
  });
}

/** Those, and bytes. */
export function valuesOf(bytes: number): readonly (string | Uint8Array)[] {
  return [...textsOf(bytes), new Uint8Array(bytes)];
}
