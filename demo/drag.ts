import type { Point } from './shapes.ts';

/** A member, or several, on their way with the pointer. */
export interface Dragged {
  readonly ids: readonly string[];
  readonly offset: Point;
}

export interface DragEvents {
  /** Which members come along when this one is grabbed. */
  together(id: string): readonly string[];
  /** The pointer's place in the units of the drawing. */
  unit(event: PointerEvent): Point;
  onMove(dragged: Dragged): void;
  onDrop(dragged: Dragged): void;
  /** Pressed and let go without a move. */
  onPress(id: string): void;
  onCancel(dragged: Dragged): void;
}

interface Grab {
  readonly pointer: number;
  readonly id: string;
  readonly ids: readonly string[];
  readonly start: Point;
  offset: Point;
  moved: boolean;
}

/** Less than this is a trembling hand. */
const leastMove = 7;

/** Tells pressing from dragging, for the elements with `data-id` in `layer`, by mouse, pen and finger. */
export class Drag {
  readonly #layer: Element;
  readonly #events: DragEvents;
  #grab: Grab | null = null;

  constructor(layer: SVGElement, events: DragEvents) {
    this.#layer = layer;
    this.#events = events;
    layer.addEventListener('pointerdown', (event) => this.#begin(event));
    layer.addEventListener('pointermove', (event) => this.#move(event));
    layer.addEventListener('pointerup', (event) => this.#end(event));
    layer.addEventListener('pointercancel', () => this.cancel());
  }

  /** What is being dragged, once it has moved. */
  get current(): Dragged | null {
    return this.#grab?.moved ? this.#grab : null;
  }

  cancel(): void {
    const grab = this.#grab;
    this.#grab = null;
    if (grab?.moved) this.#events.onCancel(grab);
  }

  #begin(event: PointerEvent): void {
    const id = idAt(event);
    if (!id || event.button !== 0 || this.#grab) return;
    this.#layer.setPointerCapture(event.pointerId);
    this.#grab = {
      pointer: event.pointerId,
      id,
      ids: this.#events.together(id),
      start: this.#events.unit(event),
      offset: { x: 0, y: 0 },
      moved: false,
    };
  }

  #move(event: PointerEvent): void {
    const grab = this.#grab;
    if (grab?.pointer !== event.pointerId) return;
    const now = this.#events.unit(event);
    grab.offset = { x: now.x - grab.start.x, y: now.y - grab.start.y };
    grab.moved ||= Math.hypot(grab.offset.x, grab.offset.y) > leastMove;
    if (grab.moved) this.#events.onMove(grab);
  }

  #end(event: PointerEvent): void {
    const grab = this.#grab;
    if (grab?.pointer !== event.pointerId) return;
    this.#grab = null;
    if (grab.moved) this.#events.onDrop(grab);
    else this.#events.onPress(grab.id);
  }
}

export function idAt(event: Event): string | null {
  return event.target instanceof Element ? (event.target.closest('[data-id]')?.getAttribute('data-id') ?? null) : null;
}
