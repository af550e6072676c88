/* The files of a box, as process 1 writes them. */
#ifndef BOX_H
#define BOX_H

#include <stdint.h>

/* Replaces the box by the files of an archive, of which `first_user` is the owner. Faults on a bad archive. */
void fill_box(int archive, uint32_t first_user);

#endif
