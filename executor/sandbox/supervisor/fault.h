/* What went wrong on our side. Nothing of this is ever a program's fault: a program's doings are data in a result. */
#ifndef FAULT_H
#define FAULT_H

/* Ends this process after telling the host, with errno's text. Only for process 1. */
_Noreturn void fault(const char *what);

/* The same without errno, for what no system call has said. */
_Noreturn void fault_because(const char *what, const char *why);

/* Where faults are told to; before that they go to stderr alone. */
void faults_go_to(int host);

#endif
