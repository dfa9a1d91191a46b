/** The versions of React that `bellwether/react` works with, and what a build takes in place of the names of the newest. */
export const reactVersions: Readonly<Record<string, Record<string, string>>> = {
  19: {},
  18: { react: 'react-18', 'react-dom': 'react-dom-18' },
};
