# Reference transcript: the lines of the course's section 4.2, typed into the lab host's shell.
# $net is the network of this run; unless it was drawn, the course's own: 10.0.0.
# "# press: ctrl-c" = the key that ends the line above, once it has shown four replies.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
ip netns
ip netns add red
ip netns add green
ip netns
ls /var/run/netns/
ip netns exec red ip link
ip netns exec green ip link
# expect: 2
ovs-vsctl add-br ovs1
ovs-vsctl show
# expect: 4
ip link add eth0-r type veth peer name veth-r
ip link show eth0-r
ip link show veth-r
ip link set eth0-r netns red
ip link|grep eth0-r
ip netns exec red ip link
# expect: 5
ovs-vsctl add-port ovs1 veth-r
ovs-vsctl show
# expect: 6
ip link add eth0-g type veth peer name veth-g
ip link|grep ".*-g"
ip link set eth0-g netns green
ovs-vsctl add-port ovs1 veth-g
ovs-vsctl show
# expect: 8
ip link set veth-r up
ip link show veth-r
ip netns exec red ip link set lo up
ip netns exec red ip link set eth0-r up
# expect: 9
# The course shows this address, but not the command that gives it.
ip netns exec red ip addr add $net.1/24 dev eth0-r
ip netns exec red ip addr
ip netns exec red ip route
ip route
# expect: 11
ip link set veth-g up
echo $SHLVL
ip netns exec green bash
echo $SHLVL
exit
echo $SHLVL
ip netns exec green bash
ip link set eth0-g up
ip addr add $net.2/24 dev eth0-g
ip addr
exit
# expect: 20
ip netns exec red bash
ping $net.2
# press: ctrl-c
exit
ip netns exec green bash
ping $net.1
# press: ctrl-c
exit
# expect: 20
