/** The package brings no types; `simple-peer.ts` says what is used of it. */
declare module 'simple-peer/simplepeer.min.js' {
  const Peer: unknown;
  export default Peer;
}
