const pen = document.createElement('canvas').getContext('2d');
const known = new Map<string, number>();
const maxKnown = 500;
let family = '';

/** How wide a text is drawn in the page's font, in pixels. */
export function textWidth(text: string, sizePx: number, bold: boolean): number {
  family ||= getComputedStyle(document.documentElement).fontFamily;
  const font = `${bold ? 700 : 400} ${sizePx}px ${family}`;
  const key = `${font}|${text}`;
  let width = known.get(key);
  if (width === undefined) {
    if (pen) pen.font = font;
    width = pen?.measureText(text).width ?? text.length * sizePx * 0.6;
    if (known.size >= maxKnown) known.clear();
    known.set(key, width);
  }
  return width;
}

/** The text, shortened to what fits; nothing where only a letter or two would. */
export function shortened(text: string, maxWidth: number, sizePx: number, bold: boolean): string {
  if (textWidth(text, sizePx, bold) <= maxWidth) return text;
  for (let length = text.length - 1; length > 1; length -= 1) {
    const short = `${text.slice(0, length).trimEnd()}…`;
    if (textWidth(short, sizePx, bold) <= maxWidth) return short;
  }
  return '';
}
