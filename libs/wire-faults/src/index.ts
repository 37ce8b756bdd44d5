/** A wire between a client and a real server, and what may befall what passes over it. */
export type { Aim, ArmedFault } from './armed-faults.js';
export type { Breakage, Fault, Half } from './fault.js';
export type { Framer, Protocol, WireMessage } from './framing/framer.js';
export { HTTP } from './framing/http.js';
export { RESP } from './framing/resp.js';
export { type SeenRequest, TcpProxy, type TcpProxyOptions } from './tcp-proxy.js';
