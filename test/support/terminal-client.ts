/** Lives with the benches, which are built without the tests. */
export { TerminalClient, type ConnectOptions, type ControlFrame } from '../../bench/terminal-client.js';
