/* The spawner: the process that builds the root once and clones each run's init from itself. */
#ifndef SPAWNER_H
#define SPAWNER_H

#include <stdint.h>

#include "board.h"

enum { RUN_USERS = 65535 };

/* Process 1: starts it, with `first_user` as the host's id of its root; runs get the RUN_USERS ids after that.
 * Returns when the root stands. */
void start_spawner(uint32_t first_user);

/* Process 1: has an order carried out; what it needs and gives is on the board. */
void give_order(enum order order);

#endif
