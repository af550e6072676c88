/* The system call filter that every program runs under: BPF made by hand, for this machine's own architecture only. */
#ifndef FILTER_H
#define FILTER_H

#include <linux/filter.h>

/* Builds the filter, once. Faults where it does not fit. */
void build_filter(void);

/* What build_filter has built. */
extern struct sock_fprog filter;

#endif
