/** Lives with the player of labs, which is part of the service. */
export { TerminalClient, type ConnectOptions, type ControlFrame } from '../src/player/terminal-client.js';
