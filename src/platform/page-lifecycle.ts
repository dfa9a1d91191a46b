import type { Lifecycle, Undo } from './platform.ts';

/** The part of a page's `window` that is used here. The global of a worker has no document, and is never hidden. */
export interface Page extends EventTarget {
  readonly document?: { readonly visibilityState: string };
}

/** What a page goes through. `beforeunload` and `unload` keep pages out of the back/forward cache: never used. */
export function pageLifecycle(page: Page): Lifecycle {
  const visible = (): boolean => page.document?.visibilityState !== 'hidden';
  return {
    visible,
    onVisibility: (run) => listen(page, 'visibilitychange', () => run(visible())),
    onHide: (run) => listen(page, 'pagehide', (event) => run(isKept(event))),
    onShow: (run) =>
      listen(page, 'pageshow', (event) => {
        if (isKept(event)) run();
      }),
    // An event of the document, which does not come up to its window.
    onFreeze: (run) => listen(page, 'freeze', run, true),
    onOnline: (run) => listen(page, 'online', run),
  };
}

/** The back/forward cache is to keep the page, or has kept it. */
function isKept(event: Event): boolean {
  return (event as PageTransitionEvent).persisted;
}

function listen(target: EventTarget, type: string, run: (event: Event) => void, capture = false): Undo {
  target.addEventListener(type, run, { capture });
  return () => target.removeEventListener(type, run, { capture });
}
