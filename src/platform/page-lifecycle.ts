import type { Lifecycle, Undo } from './platform.ts';

/** The part of `window` that is used here. */
export interface Page extends EventTarget {
  readonly document: EventTarget & { readonly visibilityState: string };
}

/** What a page goes through. `beforeunload` and `unload` keep pages out of the back/forward cache: never used. */
export function pageLifecycle(page: Page): Lifecycle {
  const visible = (): boolean => page.document.visibilityState === 'visible';
  return {
    visible,
    onVisibility: (run) => listen(page.document, 'visibilitychange', () => run(visible())),
    onHide: (run) => listen(page, 'pagehide', run),
    onShow: (run) =>
      listen(page, 'pageshow', (event) => {
        if ((event as PageTransitionEvent).persisted) run();
      }),
  };
}

function listen(target: EventTarget, type: string, run: (event: Event) => void): Undo {
  target.addEventListener(type, run);
  return () => target.removeEventListener(type, run);
}
