/* options: the command line of watchdeck-sandbox. */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include "core/base/err.h"
#include "tests/sandbox/identity/container.h"
#include "tests/sandbox/identity/imds.h"
#include "tests/sandbox/session/session_options.h"
#include "tests/sandbox/wire/proxy.h"
#include "tests/sandbox/world/world.h"

enum options_task { TASK_SERVE, TASK_HELP, TASK_VERSION, TASK_RULES, TASK_OPERATIONS };

/* Texts are borrowed from argv. */
struct options {
    enum options_task task;
    char address[40]; /* "127.0.0.1" or "::1" */
    uint16_t port;
    struct world_spec world;
    int latency_ms;
    const char *tls_dir;       /* NULL: plain HTTP */
    const char *requests_path; /* NULL: none */
    const char *secrets_path;  /* NULL: none */
    const char *faults;        /* "" */
    int parent_fd;             /* -1: none */
    struct imds_options imds;
    struct container_options container;
    struct proxy_options proxy;
    struct session_options session;
};

/* Reads argv; ERR_USAGE with a message that names the option. Release with options_done in any
 * case.
 */
enum err_code options_parse(int argc, char **argv, struct options *options, struct err *err);
void options_done(struct options *options);
extern const char options_help[];

#endif
