/* One run, as process 1 sees it: builds its box, watches over it, tells what came of it. */
#ifndef RUN_H
#define RUN_H

#include <stdint.h>

#include "protocol.h"

/* Runs a checked RUN and answers it; then builds the next box of the same kind, unless somebody waits already. */
void serve_run(int host, const struct packet *packet);

/* Takes away the box that was built ahead, if there is one: what runs see has changed. */
void discard_prepared(void);

#endif
