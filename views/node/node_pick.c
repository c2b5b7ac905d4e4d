#include "views/node/node_pick.h"

#include "core/base/mem.h"

#define CANDIDATES_MAX 4

static void take_row(const struct table *nodes, size_t row, struct node_place *place)
{
    struct aws_target *target = &place->target;

    sv_copy(table_text(nodes, row, "node"), place->id, sizeof place->id);
    sv_copy(table_text(nodes, row, "ping"), place->ping, sizeof place->ping);
    sv_copy(table_text(nodes, row, "account_id"), target->account_id, sizeof target->account_id);
    sv_copy(table_text(nodes, row, "region"), target->region, sizeof target->region);
}

static bool is_named(const struct table *nodes, size_t row, const char *name)
{
    return sv_eq_cstr(table_text(nodes, row, "node"), name) ||
           sv_eq_cstr(table_text(nodes, row, "name"), name);
}

enum err_code node_pick(const struct table *nodes, const char *name, struct node_place *place,
                        struct err *err)
{
    AUTO(buf_done) struct buf candidates = BUF_NONE;
    size_t n = 0;

    for (size_t row = 0; row < table_count(nodes); row++) {
        if (!is_named(nodes, row, name))
            continue;
        take_row(nodes, row, place);
        if (n++ < CANDIDATES_MAX)
            buf_addf(&candidates, "%s%s (%s %s)", n > 1 ? ", " : "", place->id,
                     place->target.account_id, place->target.region);
    }
    if (n == 1)
        return OK;
    if (n == 0)
        return err_advise(
            err, err_set(err, ERR_NOT_FOUND, name, "no such node reports to Systems Manager there"),
            "`watchdeck --once nodes` lists them");
    return err_set(err, ERR_USAGE, name,
                   "%zu nodes are called so: %s%s; say which by --account, --region or its id", n,
                   buf_cstr(&candidates), n > CANDIDATES_MAX ? ", ..." : "");
}
