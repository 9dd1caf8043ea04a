/**
 * The network behind the uplink of a lab host. Its addresses are those that documents may use (RFC 5737, TEST-NET-2),
 * so nothing real can be meant by them; they are the same in every sandbox, as no two of these networks are joined.
 */
export const UPLINK = { ifname: 'uplink0', address: '198.51.100.2', prefix: 24 } as const;
export const OUTSIDE = { ifname: 'out0', address: '198.51.100.1', httpPort: 80 } as const;
