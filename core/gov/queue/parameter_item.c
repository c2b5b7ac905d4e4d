#include "core/gov/queue/parameter_item.h"

#include <string.h>

#include "core/gov/load/reply.h"
#include "core/gov/systems_manager/parameter_drift.h"

struct telling {
    item_fn *fn;
    void *arg;
};

static const struct {
    const char *type, *what;
} texts[] = {
    {PARAMETER_MISSING, "missing: "},
    {PARAMETER_VALUE, "another value: "},
    {PARAMETER_UNAUTHORIZED, "not approved: "},
    {PARAMETER_TYPE, "another type or key: "},
    {PARAMETER_UNKNOWN, "cannot be compared: "},
};

static void what_text(const struct parameter_drift *drift, struct buf *text)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (strcmp(texts[i].type, drift->type) == 0)
            buf_add_cstr(text, texts[i].what);
    if (drift->key.len > 0)
        buf_addf(text, SV_FMT " of ", SV_ARG(drift->key));
    buf_add(text, drift->application);
}

/* "set by arn:...:assumed-role/developer/console"; and what was noted. */
static void note_text(const struct parameter_drift *drift, struct buf *text)
{
    const struct parameter_facts *facts = drift->current;
    buf_add_cstr(text, drift->note);
    if (facts && facts->modified_by[0])
        buf_addf(text, "%sversion %lld by %s", text->len > 0 ? "; " : "", (long long)facts->version,
                 facts->modified_by);
}

/* What it should become: a version of what is approved; for what is to go, the version there is. */
static void value_text(const struct parameter_drift *drift, struct buf *text)
{
    const struct parameter_facts *wanted = drift->approved ? drift->approved : drift->current;
    if (wanted)
        buf_addf(text, "%s:%lld", wanted->name, (long long)wanted->version);
}

static void tell(struct load *load, const struct parameter_drift *drift, void *arg)
{
    const struct telling *telling = arg;
    const struct parameter_facts *now = drift->current,
                                 *dated = drift->current ? drift->current : drift->approved;
    AUTO(buf_done) struct buf what = BUF_NONE, note = BUF_NONE, value = BUF_NONE;
    AUTO_FREE char *key = sv_dup(drift->key);
    AUTO_FREE char *by = sv_dup(reply_name_in_arn(sv_of(now ? now->modified_by : "")));
    char name[PARAMETER_NAME_SIZE];
    what_text(drift, &what);
    note_text(drift, &note);
    value_text(drift, &value);
    parameter_name_make(drift->application, PARAMETER_CURRENT, drift->key, name);
    const struct item item = {.account = drift->account,
                              .target = drift->target,
                              .kind = "parameter",
                              .type = drift->type,
                              .severity = drift->severity,
                              .shown = drift->shown,
                              .resource = name,
                              .name = drift->key.len > 0 ? key : NULL,
                              .subject = drift->type,
                              .value = buf_cstr(&value),
                              .what = buf_cstr(&what),
                              .note = buf_cstr(&note),
                              .tagged = dated ? dated->name : NULL,
                              .changed_by = by[0] ? by : NULL,
                              .changed_at_ms = now ? now->modified_at_ms : 0,
                              .since_ms = dated ? dated->modified_at_ms : 0};
    telling->fn(load, &item, telling->arg);
}

static void read_items(struct load *load, const struct account *account,
                       const struct aws_target *target, item_fn *fn, void *arg)
{
    struct telling *telling = load_alloc(load, sizeof *telling);
    *telling = (struct telling){fn, arg};
    parameter_drifts_read(load, account, target, load_arg(load, 0), tell, telling);
}

const struct item_source item_source_parameter = {ITEMS_DRIFT | ITEMS_APPROVALS | ITEMS_TRIAGE,
                                                  read_items};
