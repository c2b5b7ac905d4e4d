/* watchdeck-sandbox: opens its doors, says where they are, serves. */
#include <signal.h>
#include <stdio.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/ready.h"
#include "tests/sandbox/run.h"
#include "tests/sandbox/wire/api.h"

static int fail(struct err *err)
{
    char line[600];
    if (err->code == ERR_USAGE)
        err_advise(err, err->code, "see watchdeck-sandbox --help");
    err_describe_on_line(err, line, sizeof line);
    fprintf(stderr, "watchdeck-sandbox: %s\n", line);
    return err_exit_status(err->code);
}

static enum err_code flush(struct err *err)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return err_set_errno(err, "stdout", "cannot write");
    return OK;
}

/* *signal is the one that ended it, 0 when none did. */
static enum err_code serve(const struct options *options, int *signal, struct err *err)
{
    AUTO(run_done) struct run run;
    AUTO(buf_done) struct buf line = BUF_NONE;
    enum err_code code = run_open(&run, options, err);
    if (code != OK)
        return code;
    ready_write(&line, &run);
    fwrite(line.ptr, 1, line.len, stdout);
    if (flush(err) != OK)
        return err->code;
    loop_end_on_signals(&run.loop);
    loop_run(&run.loop);
    *signal = run.loop.signal;
    return OK;
}

/* As if nobody had waited for the signal: whoever started us sees what ended us. */
static void die_of(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void print_operations(void)
{
    for (size_t i = 0; i < n_sandbox_services; i++)
        for (size_t k = 0; k < sandbox_services[i]->n_routes; k++)
            printf("%s:%s\n", sandbox_services[i]->service,
                   sandbox_services[i]->routes[k].operation);
}

static void print(enum options_task task)
{
    switch (task) {
    case TASK_HELP:
        fputs(options_help, stdout);
        break;
    case TASK_VERSION:
        puts("watchdeck-sandbox " WATCHDECK_VERSION);
        break;
    case TASK_RULES:
        world_print_rules(stdout);
        break;
    case TASK_OPERATIONS:
        print_operations();
        break;
    case TASK_SERVE:
        break;
    }
}

int main(int argc, char **argv)
{
    AUTO(options_done) struct options options;
    struct err err = ERR_NONE;
    os_harden_process();
    if (options_parse(argc, argv, &options, &err) != OK) {
        fail(&err);
        return 2;
    }
    if (options.task != TASK_SERVE) {
        print(options.task);
        return flush(&err) == OK ? 0 : fail(&err);
    }
    api_load();
    int signal = 0;
    enum err_code code = serve(&options, &signal, &err);
    api_unload();
    if (signal)
        die_of(signal);
    return code == OK ? 0 : fail(&err);
}
