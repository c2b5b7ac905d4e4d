#include "views/node/node_program.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/gov/gov.h"
#include "core/gov/settings.h"
#include "tui/terminal/signals.h"
#include "views/node/node_pick.h"
#include "views/program.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

#define LEAVE_MS         5000
#define LEAVE_AT_ONCE_MS 800 /* a signal leaves a second */

/* --- failing -----------------------------------------------------------------------------------
 */

int node_program_fail(const struct node_place *place, const struct err *err)
{
    bool is_unconnected = strcmp(err->aws_code, "TargetNotConnected") == 0;

    complain(err);
    if (is_unconnected && place != NULL) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        buf_addf(&line, "%s was looked for in account %s, region %s; its agent's ping is: %s",
                 place->id, place->target.account_id, place->target.region,
                 place->ping[0] != '\0' ? place->ping : "not known");
        complain_line(buf_cstr(&line));
    }
    return err->code == ERR_USAGE ? err_exit_status(ERR_USAGE) : NODE_STATUS_ERROR;
}

bool node_program_is_interrupted(int *status)
{
    int signo = signals_end();

    if (signo != 0)
        *status = 128 + signo;
    return signo != 0;
}

/* --- finding -----------------------------------------------------------------------------------
 */

struct search {
    struct load *load;
    bool done;
};

static void on_change(void *arg)
{
    struct search *search = arg;
    struct load_view view;

    load_read_view(search->load, &view);
    search->done = view.phase != LOAD_RUNNING;
    load_view_done(&view);
}

static enum err_code look_through(const struct load_view *view, const char *name,
                                  struct node_place *place, struct err *err)
{
    if (view->err.code != OK) {
        *err = view->err;
        return err->code;
    }
    enum err_code code = node_pick(view->table, name, place, err);
    if (code == ERR_NOT_FOUND && view->coverage.gaps.len > 0) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        coverage_line(&view->coverage, &line);
        err_set(err, ERR_NOT_FOUND, name, "no such node where it could be looked for: %s",
                buf_cstr(&line));
        err_advise(err, code, "`watchdeck --once nodes` lists those that are known");
    }
    return code;
}

static enum err_code search_for(struct gov *gov, const struct options *options,
                                struct node_place *place, struct err *err)
{
    struct search search = {0};
    struct load_view view;
    enum err_code code = ERR_CANCELLED;

    search.load = load_open(gov, &screen_nodes, &options->selection, NULL, 0, LOAD_ESTATE,
                            on_change, &search);
    while (!search.done && signals_end() == 0)
        run_ui_until(&search.done, 200);
    if (search.done) {
        load_read_view(search.load, &view);
        code = look_through(&view, options->args[0], place, err);
        load_view_done(&view);
    } else {
        err_set(err, code, options->args[0], "interrupted");
    }
    load_close(search.load);
    return code;
}

static bool is_node_id(const char *name)
{
    static const char *const prefixes[] = {"i-", "mi-"};

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        size_t len = strlen(prefixes[i]);
        if (strncmp(name, prefixes[i], len) == 0 && name[len] != '\0' &&
            strspn(name + len, "0123456789abcdef") == strlen(name + len))
            return true;
    }
    return false;
}

/* One account and one region by their ids, and the node by its own: nothing is left to be found. */
static bool is_exact(const struct options *options, struct node_place *place)
{
    const struct selection *selection = &options->selection;

    if (!is_node_id(options->args[0]) || strspn(selection->accounts, "0123456789") != 12 ||
        selection->accounts[12] != '\0' || selection->regions[0] == '\0' ||
        strpbrk(selection->regions, "*?,") != NULL ||
        strlen(selection->regions) >= sizeof place->target.region)
        return false;
    str_copy(place->target.account_id, selection->accounts);
    str_copy(place->target.region, selection->regions);
    str_copy(place->id, options->args[0]);
    return true;
}

/* --- running -----------------------------------------------------------------------------------
 */

struct program {
    enum way way;
    int (*run)(const struct node_place *place, const struct options *options);
    bool has_begun; /* what is returned is a status of ours */
};

/* Production is asked about in the console alone: what runs by itself has been thought of. */
static enum err_code check_reason(struct gov *gov, const struct options *options, struct err *err)
{
    if (channel_check_reason(options->reason, err) != OK)
        return err->code;
    if (options->reason != NULL || gov_settings(gov)->session_reason != SESSION_REASON_ALWAYS)
        return OK;
    return err_set(err, ERR_USAGE, "session", "--reason is to say why (session_reason = always)");
}

/* The node that is named, unless the way to it is closed. */
static enum err_code find(struct gov *gov, const struct options *options, enum way way,
                          struct node_place *place, struct err *err)
{
    bool may_be_closed = way_changes(way) && gov_settings(gov)->read_only[0] != '\0';

    if (way_check_start(gov, options->subcommand->name, way, err) != OK ||
        check_reason(gov, options, err) != OK)
        return err->code;
    if (is_exact(options, place) && !may_be_closed)
        return OK;
    if (search_for(gov, options, place, err) != OK)
        return err->code;
    return way_check(gov, sv_of(place->target.account_id), place->id, way, DOOR_LINE, err);
}

static int run_with(struct gov *gov, const struct options *options, void *arg)
{
    struct program *program = arg;
    struct node_place place = {.client = gov_client(gov)};
    struct err err = ERR_NONE;
    int status;

    program->has_begun = true;
    if (find(gov, options, program->way, &place, &err) != OK)
        status = node_program_is_interrupted(&status) ? status : node_program_fail(NULL, &err);
    else
        status = program->run(&place, options);
    sessions_leave(signals_end() != 0 ? LEAVE_AT_ONCE_MS : LEAVE_MS);
    return status;
}

int node_program_run(const struct options *options, enum way way,
                     int (*run)(const struct node_place *place, const struct options *options))
{
    struct program program = {.way = way, .run = run};
    int status;

    signals_open();
    status = program_run_with(options, run_with, &program);
    signals_close();
    if (program.has_begun || status == 0 || status == err_exit_status(ERR_USAGE))
        return status;
    return NODE_STATUS_ERROR;
}
