# expect: 0
ip link add d0 mtu 1400 type bridge
ip link add d1 mtu 1400 type bridge
ip link add d2 mtu 1300 type bridge
# expect: 0
ip link set d1 mtu 1200
# expect: 3
