export { BoardClient } from '../../bench/board-client.js';
