/**
 * The fences as nftables text. One table of the family `inet` and one of the family `bridge`, both named after the
 * installation. A drop in any base chain is final, an accept is not: rules of Docker and of the machine still apply to
 * what passes here. Before them (filter - 10), so that nothing is answered on the way.
 */
export function skeleton(table: string): string {
  return `
add table inet ${table}
add table bridge ${table}
table inet ${table} {
  set bridges { type ifname; }
  set pairs { type ifname . ifname; }
  set ports { type ifname; }
  chain forward { type filter hook forward priority -10; policy accept; }
  chain input { type filter hook input priority -10; policy accept; }
}
table bridge ${table} {
  set ports { type ifname; }
  set sources { type ifname . ether_addr . ipv4_addr; }
  chain prerouting { type filter hook prerouting priority -310; policy accept; }
  chain input { type filter hook input priority -310; policy accept; }
}
flush chain inet ${table} forward
flush chain inet ${table} input
flush chain bridge ${table} prerouting
flush chain bridge ${table} input
table inet ${table} {
  chain forward {
${FORWARD}
  }
  chain input {
${INPUT}
  }
}
table bridge ${table} {
  chain prerouting {
${BRIDGE_PREROUTING}
  }
  chain input {
${BRIDGE_INPUT}
  }
}
`;
}

/**
 * A bridge hands frames to these addresses to the machine as if its port, which may be a node's, had no bridge. No IP
 * packet is ever sent to one in good faith.
 */
const NO_RESERVED = '    iiftype ether ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop';

/**
 * With br_netfilter the frames between two ports of one bridge come by here as well, hence the pairs. What leaves is
 * refused rather than dropped, so that a pull or a name fails at once; a forged sender gets no answer, as the machine
 * would carry that answer into another network.
 */
const FORWARD = `${NO_RESERVED}
    iifname . oifname @pairs accept
    oifname @bridges drop
    iifname @ports drop
    iifname @bridges fib saddr . iif oif missing drop
    iifname @bridges reject with icmpx admin-prohibited`;

/**
 * The machine opens connections into the sandboxes, never the other way. A port speaks to its bridge alone: as an
 * interface of the machine it appears when it lost its bridge, and with frames to reserved multicast addresses.
 */
const INPUT = `${NO_RESERVED}
    iifname @ports drop
    iifname @bridges ct state established,related accept
    iifname @bridges drop`;

/** Only IPv4 and ARP under the port's own addresses; by allowance, so no other protocol, tag or IPv6 gets through. */
const BRIDGE_PREROUTING = `    iifname @ports ether type { 8021q, 8021ad } drop
    ether type ip iifname . ether saddr . ip saddr @sources accept
    arp htype 1 arp ptype ip arp hlen 6 arp plen 4 iifname . ether saddr . arp saddr ip @sources iifname . arp saddr ether . arp saddr ip @sources accept
    iifname @ports drop`;

/** What is handed to the machine in that way never passes prerouting; this is for protocols other than IP. */
const BRIDGE_INPUT = '    iifname @ports ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop';
