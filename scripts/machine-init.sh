#!/bin/sh
# The first program of a machine of the tests. Its limits act only where systemd can write the controllers of
# cgroups v1, which systemd-nspawn mounts read-only; what is reachable below them is this machine's own part.
for controller in memory cpu cpuacct pids; do
  if [ -d /sys/fs/cgroup/$controller ]; then mount -o remount,bind,rw /sys/fs/cgroup/$controller; fi
done
# systemd-nspawn lays a boot id of the machine over the kernel's, which a unit with a /proc/sys of its own does not see.
umount /proc/sys/kernel/random/boot_id
exec /lib/systemd/systemd "$@"
