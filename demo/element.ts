type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** Sets what is given; `false` and `null` take the attribute away. Writes only what differs. */
export function attributes(element: Element, wanted: Attributes): void {
  for (const [name, value] of Object.entries(wanted)) {
    if (value === null || value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value))
      element.setAttribute(name, value === true ? '' : String(value));
  }
}

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  wanted: Attributes = {},
  ...children: Node[]
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  attributes(element, wanted);
  element.append(...children);
  return element;
}

export function html<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  wanted: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  attributes(element, wanted);
  element.append(...children);
  return element;
}

const parts = new Map<string, Element>();

/** The element of the page with that test id; the page is wrong without it. */
export function part<Type extends Element = HTMLElement>(testId: string): Type {
  const element = parts.get(testId) ?? document.querySelector(`[data-testid="${testId}"]`);
  if (!element) throw new Error(`index.html has no element with data-testid="${testId}"`);
  parts.set(testId, element);
  return element as Type;
}

/** Writes a text only where it differs, so that assistive technology is not told twice. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
