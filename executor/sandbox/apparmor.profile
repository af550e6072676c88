# What the container of a slot may do on a machine with AppArmor, in place of Docker's own profile: that one forbids
# every mount, and the supervisor builds the inner walls by mounting. Runs are held by namespaces and a filter of
# system calls; this is beside them, and repeats Docker's prohibitions.
#
# The rules are those of AppArmor 3.0, which knows no rule for user namespaces: newer kernels mediate none here then.
abi <abi/3.0>,

profile judgestream-nested flags=(attach_disconnected,mediate_deleted) {
  file,
  network,
  capability,
  mount,
  umount,
  pivot_root,

  # Signals come from the host and go no farther than this container's kind; nobody may trace anybody.
  signal (receive) peer=unconfined,
  signal (send, receive) peer=judgestream-nested,

  deny /proc/sysrq-trigger rwklx,
  deny /proc/kcore rwklx,
  deny /proc/sys/kernel/** wklx,
  deny /proc/acpi/** rwklx,
  deny /sys/firmware/** rwklx,
  deny /sys/kernel/security/** rwklx,
}
