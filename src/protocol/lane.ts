/** `urgent` never waits behind `bulk`. Order is kept within a lane. */
export type Lane = 'urgent' | 'bulk';
