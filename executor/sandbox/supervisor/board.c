#include "board.h"

#include <string.h>
#include <sys/mman.h>

#include "fault.h"

struct board *board;

void make_board(void) {
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED) fault("make the shared page");
    memset(board, 0, sizeof *board);
    board->box = -1;
}
