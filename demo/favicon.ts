import { bellPath, clapperPath } from './bell.ts';

export type FaviconMood = 'leads' | 'follows' | 'alone';

/** Brass for the leader, hollow for a follower, faint for who is outside. */
const looks: Readonly<Record<FaviconMood, string>> = {
  leads: `fill="#d99a1c" stroke="#7a5208"`,
  follows: `fill="none" stroke="#7c8a82"`,
  alone: `fill="none" stroke="#b9c0bb"`,
};

let shown: FaviconMood | null = null;

export function showFavicon(link: HTMLLinkElement, mood: FaviconMood): void {
  if (shown === mood) return;
  shown = mood;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g stroke-width="1.6" stroke-linejoin="round" ${looks[mood]}><path d="${bellPath}"/><path d="${clapperPath}"/></g></svg>`;
  link.href = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
}
