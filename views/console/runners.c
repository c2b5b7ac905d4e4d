#include "views/console/runners.h"

#include "core/base/log.h"
#include "core/base/os.h"
#include "core/net/http.h"
#include "core/run/run.h"

#define LOG_FLUSH_MS        1000
#define DESCRIPTORS_OF_OURS 14 /* files, runners, the terminal, and some for a moment */

static struct scope *log_scope;

static void flush_log(void *arg)
{
    log_flush();
    run_after(RUN_WORKER, LOG_FLUSH_MS, log_scope, flush_log, NULL, arg);
}

/* Where descriptors are few, so are connections: what has to wait for one waits, instead of failing
 * for want of it. */
static int limit_connections(int wanted)
{
    int spare = os_spare_descriptors(DESCRIPTORS_OF_OURS);
    return spare < wanted ? spare : wanted;
}

static void configure_network(const struct settings *settings)
{
    const struct http_config config = {
        /* a fan-out meets one host a region */
        .connections_per_host_max = limit_connections(settings->concurrency),
        .connections_max = limit_connections(128),
        .timeouts = {.connect_ms = settings->connect_timeout_s * 1000,
                     .tls_ms = settings->tls_timeout_s * 1000,
                     .silence_ms = settings->silence_timeout_s * 1000,
                     .total_ms = settings->total_timeout_s * 1000}};

    http_configure(&config);
}

void runners_start(const struct settings *settings)
{
    configure_network(settings);
    run_start(&http_net_loop);
    if (!log_has_file())
        return;
    log_scope = scope_new(NULL, "log");
    run_call(RUN_WORKER, RUN_NORMAL, log_scope, flush_log, NULL, NULL);
}

void runners_stop(void)
{
    run_stop();
    scope_unref(log_scope);
    log_scope = NULL;
    log_flush();
}
