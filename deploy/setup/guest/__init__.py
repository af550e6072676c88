"""A small virtual machine with cgroup v2 alone, for tests on a machine that has v1: emulator, kernel, disk.

It is made of Debian's packages only, below `.judgestream/guest`; nothing is installed on this machine, and it needs
neither hardware virtualization nor a network. `boot` runs it for one session.
"""
