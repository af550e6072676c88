/* The root that runs see: built once by the spawner, copied by the kernel with each run's mount namespace. */
#ifndef ROOT_H
#define ROOT_H

#include <stdbool.h>

#define ROOT_BOX "/box"
#define ROOT_OUT "/out"

/* Replaces this mount namespace's root. The answer is what failed, with errno, or NULL. */
const char *build_root(void);

/* An empty box that can be written through *folder; the one before goes. */
const char *mount_box(int *folder);

/* Nobody writes in the box any more. */
const char *lock_box(void);

#endif
