#!/bin/busybox sh
# The guest's first process: drivers for the disks and for Docker's file systems, then the disk's own init.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in $($b cat /modules/order); do $b insmod /modules/$module; done
n=0
while [ ! -b /dev/vda ] && [ $n -lt 100 ]; do $b sleep 0.1; n=$((n + 1)); done
$b mount -t ext4 -o rw,noatime /dev/vda /root || $b poweroff -f
for mount in dev proc sys; do $b mount --move /$mount /root/$mount; done
exec $b switch_root /root /sbin/init
