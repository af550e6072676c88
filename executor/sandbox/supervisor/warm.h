/* Reads the image once, so that no run is the first to do so. */
#ifndef WARM_H
#define WARM_H

/* What is read from a file stays in memory and is charged to the group of whoever read it first: the container's own,
 * and not a run's. Stops after a bound; what cannot be read is left. */
void warm_up(void);

#endif
