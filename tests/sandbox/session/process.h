/*
 * process: a program on a node, behind a terminal or behind pipes.
 *
 * It has a session of its own, a clean environment, the node's home and limits; when the sandbox
 * runs as root, it is nobody. Nothing here waits: the owner watches the descriptors and asks for
 * the end.
 */
#ifndef SANDBOX_SESSION_PROCESS_H
#define SANDBOX_SESSION_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/base/err.h"

struct process {
    pid_t pid;        /* 0: there is none */
    int in, out, err; /* non-blocking; -1: there is none. With a terminal in and out are one */
};
#define PROCESS_NONE ((struct process){.in = -1, .out = -1, .err = -1})

struct process_options {
    const char *command; /* for sh -c; NULL: sh itself */
    const char *home;
    bool has_terminal;
    unsigned cols, rows;
};

/* Starts it. ERR_IO. End with process_done in any case. */
enum err_code process_start(const struct process_options *options, struct process *process,
                            struct err *err);
/* Has it ended? Then *status is its exit status, or 128 and the signal that ended it. */
bool process_has_ended(struct process *process, int *status);
void process_resize(const struct process *process, unsigned cols, unsigned rows);
/* To it and what it has started and not put aside. */
void process_signal(const struct process *process, int signal);
/* Kills it if it still runs, and closes what belongs to it. */
void process_done(struct process *process);

/* Makes a folder below base that belongs to those whom processes run as. */
enum err_code process_make_home(const char *path, struct err *err);

#endif
