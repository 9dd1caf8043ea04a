# Reference transcript: a container by hand, one layer from within the other.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
hostname
unshare --uts bash
hostname "${name:-box}"
hostname
# expect: 3
unshare --pid --fork bash
echo $$
# expect: 7
cat /run/cgroup/pids.max
echo "${max:-20}" > /run/cgroup/pids.max
echo $$ > /run/cgroup/cgroup.procs
# expect: 11
unshare --mount bash
mkdir -p ~/box/usr ~/box/proc ~/box/tmp
ln -s usr/bin usr/lib usr/lib64 ~/box/
mount --bind /usr ~/box/usr
chroot ~/box /bin/bash
ls /
# expect: 15
mount -t proc proc /proc
ps aux
# expect: 20
