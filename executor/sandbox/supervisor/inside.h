/* Inside a run: its init, and the program. */
#ifndef INSIDE_H
#define INSIDE_H

#include "board.h"

enum { RUN_ID = 1000 }; /* user and group, as the program sees them */

/* Where the init keeps its descriptors; process 1 holds these numbers free. */
enum { KEPT_CHANNEL = 3, KEPT_OUTPUT, KEPT_ERRORS, KEPT_COLLECTED, KEPT_CPU, KEPT_USAGE, KEPT_PEAK, KEPT_END };

/* The life of an init, from its clone to its end. */
_Noreturn void be_init(const struct birth *birth);

#endif
