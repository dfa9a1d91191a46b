// These run in a page: each stands alone.

/** What covers what in the ring, and how many members are drawn. Half a pixel is no covering. */
export function coverings(): { drawn: number; covering: string[] } {
  const ring = document.querySelector('.ring');
  const stage = ring?.getBoundingClientRect() ?? new DOMRect();
  const covering: string[] = [];
  /** Whether a box is in no more than a corner of the square around a circle. */
  const outside = (one: DOMRect, circle: { what: string; box: DOMRect }): boolean => {
    if (!/^(halo|fleece)/.test(circle.what)) return false;
    const radius = circle.box.width / 2;
    const x = circle.box.left + radius;
    const y = circle.box.top + radius;
    const dx = Math.max(one.left - x, x - one.right, 0);
    const dy = Math.max(one.top - y, y - one.bottom, 0);
    return Math.hypot(dx, dy) >= radius - 0.5;
  };
  const things = [...(ring?.querySelectorAll('.name, .host-tag, .rtt, .fleece, .halo') ?? [])].flatMap((element) => {
    const hidden = getComputedStyle(element).visibility === 'hidden';
    const empty = element instanceof SVGTextElement && !element.textContent;
    const box = element.getBoundingClientRect();
    const owner = element.closest('[data-id]');
    const what = `${element.getAttribute('class')} ${element.textContent || owner?.querySelector('.name')?.textContent}`;
    return hidden || empty ? [] : [{ what, box, owner }];
  });
  for (const [index, { what, box, owner }] of things.entries()) {
    if (box.left < stage.left || box.right > stage.right || box.top < stage.top || box.bottom > stage.bottom) {
      covering.push(`${what} reaches out of the ring`);
    }
    for (const other of things.slice(index + 1)) {
      if (owner && owner === other.owner) continue;
      const width = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const height = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      const apart = outside(box, other) || outside(other.box, { what, box });
      if (width > 0.5 && height > 0.5 && !apart) covering.push(`${what} and ${other.what}`);
    }
  }
  if (ring?.hasAttribute('data-moving')) covering.push('members are on their way');
  return { drawn: ring?.querySelectorAll('[data-testid="member"]').length ?? 0, covering };
}

/** Texts that stand out from what is behind them by less than 4.5 to 1 (WCAG 1.4.3), and how many were looked at. */
export function faintTexts(): { seen: number; faint: string[] } {
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color: string): number[] => {
    if (!pen) return [];
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = rgba(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: Element): string => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((rgba(color)[3] ?? 0) > 250) return color;
    }
    return 'white';
  };
  const faint: string[] = [];
  let seen = 0;
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    const style = getComputedStyle(element);
    const shown = element.getClientRects().length > 0 && style.visibility !== 'hidden';
    if (!own || !shown || element.matches(':disabled, .unseen, [data-followed="false"]')) continue;
    seen += 1;
    const text = luminance(element instanceof SVGElement ? style.fill : style.color);
    const ground = luminance(behind(element));
    const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (contrast < 4.5) faint.push(`${element.textContent?.trim()}: ${contrast.toFixed(2)}`);
  }
  return { seen, faint };
}
