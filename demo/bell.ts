/** The bell, drawn in a box of 24 × 24, with the crown at the top and the clapper below. */
export const bellPath =
  'M12 2.2c-1 0-1.8.8-1.8 1.8v.7C7 5.5 5.2 8.2 5.2 11.6c0 3.4-.9 5-2.1 6.2-.5.5-.2 1.4.6 1.4h16.6c.8 0 1.1-.9.6-1.4-1.2-1.2-2.1-2.8-2.1-6.2 0-3.4-1.8-6.1-5-6.9V4c0-1-.8-1.8-1.8-1.8z';
export const clapperPath = 'M9.4 20.4a2.6 2.6 0 0 0 5.2 0z';
