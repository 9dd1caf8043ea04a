# Reference transcript, typed into the lab host's shell: what a container engine does for two containers.
# "# press: ctrl-c" = the key that ends the line above, once it has shown four replies.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
NET=${net:-10.10.0} PORT=${port:-8080}
ip -br addr
curl -s http://198.51.100.1/
ip netns add c1
ip netns add c2
ip netns
# expect: 2
ip link add br0 type bridge
ip addr add $NET.1/24 dev br0
ip link set br0 up
# expect: 4
ip link add veth1 type veth peer name eth0 netns c1
ip link add veth2 type veth peer name eth0 netns c2
ip link set veth1 master br0
ip link set veth2 master br0
bridge link
# expect: 6
ip link set veth1 up
ip link set veth2 up
ip -n c1 link set lo up
ip -n c1 addr add $NET.2/24 dev eth0
ip -n c1 link set eth0 up
ip -n c2 link set lo up
ip -n c2 addr add $NET.3/24 dev eth0
ip -n c2 link set eth0 up
# expect: 11
ip netns exec c1 ping $NET.3
# press: ctrl-c
ip -n c1 route
ip -n c1 route add default via $NET.1
ip -n c2 route add default via $NET.1
sysctl net.ipv4.ip_forward
sysctl -w net.ipv4.ip_forward=1
# expect: 14
ip netns exec c1 curl -sm 2 http://198.51.100.1/
nft add table ip nat
nft add chain ip nat postrouting '{ type nat hook postrouting priority srcnat; }'
nft add rule ip nat postrouting ip saddr $NET.0/24 oifname uplink0 masquerade
ip netns exec c1 curl -sm 2 http://198.51.100.1/
# expect: 18
nft add chain ip nat prerouting '{ type nat hook prerouting priority dstnat; }'
nft add rule ip nat prerouting iifname uplink0 tcp dport $PORT dnat to $NET.2:80
nft list ruleset
# expect: 20
