/** Shared with the benches, which are compiled without the tests. */
export * from '../../bench/host-snapshot.js';
