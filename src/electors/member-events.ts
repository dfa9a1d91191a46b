import type { ElectionEvent } from './elector.ts';

/** What is told of groups that are founded: those who elect without hear nothing of it. */
type GroupEvent = Extract<ElectionEvent, { readonly type: 'group' | 'contact' | 'ask-pledge' }>;

export function isMemberEvent(event: ElectionEvent): event is Exclude<ElectionEvent, GroupEvent> {
  return event.type !== 'group' && event.type !== 'contact' && event.type !== 'ask-pledge';
}
