/*
 * demo: an organization on loopback, for --demo: starts watchdeck-sandbox and tells where it is.
 */
#ifndef VIEWS_DEMO_H
#define VIEWS_DEMO_H

#include <sys/types.h>

#include "core/gov/settings.h"

#define DEMO_WORLD "accounts=24,regions=4,resources=3000,seed=7"

struct demo {
    pid_t pid;
    int ready_fd;  /* becomes readable when the sandbox has its say; poll it */
    int parent_fd; /* held open: the sandbox ends when it closes */
    struct buf line;
    char endpoint[128];
    char state_dir[128]; /* a private folder that goes with the demo; should the demo be killed, the
                            next one removes it */
    int alive_fd;        /* the lock by which the next one knows */
};

/*
 * Starts the sandbox that lies beside this program (or in PATH). world NULL means DEMO_WORLD; with
 * now_ms (0: the real time) the world's clock stands still there. Does not wait: when there is no
 * sandbox, demo_read says so. ERR_IO when no folder, pipe or process is to be had.
 */
enum err_code demo_start(struct demo *demo, const char *world, int64_t now_ms, struct err *err);

/*
 * Reads what the sandbox has written so far; call when ready_fd is readable. *ready becomes true
 * once the ready line is there: then the endpoint is known and the credentials stand in this
 * process's environment, where the credential chain finds them. ERR_INTERNAL with the sandbox's
 * own words when it ends before.
 */
enum err_code demo_read(struct demo *demo, bool *ready, struct err *err);

/* Waits for that, at most timeout_ms: ERR_TIMEOUT, else as demo_read. */
enum err_code demo_wait(struct demo *demo, int timeout_ms, struct err *err);

/*
 * Writes what the demo's organization has approved for security groups into its folder, and lets
 * that hold where *settings name nothing of their own. Any time after demo_start. ERR_IO as it is.
 */
enum err_code demo_approve(const struct demo *demo, struct settings *settings, struct err *err);

/* Ends the sandbox and removes the folder. */
void demo_stop(struct demo *demo);

#endif
