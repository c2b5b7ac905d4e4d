#include "views/runners.h"

#include "core/base/log.h"
#include "core/net/http.h"
#include "core/run/run.h"

#define LOG_FLUSH_MS 1000

static struct scope *log_scope;

static void flush_log(void *arg)
{
    log_flush();
    run_after(RUN_WORKER, LOG_FLUSH_MS, log_scope, flush_log, NULL, arg);
}

void runners_start(void)
{
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
