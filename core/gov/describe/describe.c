/*
 * describe: what a row is decides who describes it: the first of rows whose column the row has, and
 * beside it whoever describes the automation or the OpsItem by which somebody asks for something.
 */
#include "core/gov/describe/describe.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/gov/describe/describing.h"
#include "core/gov/gov_internal.h"

/* One row, on its way. */
struct description_job {
    struct describing describing; /* first: describing_of */
    const struct describer *by, *asked;
    struct table *table; /* a reference */
    size_t row;
    void (*done)(void *arg, struct description *take_description);
    void *arg;
};

struct describing *describing_of(void *arg)
{
    return &((struct description_job *)arg)->describing;
}

/* --- who describes what ---------------------------------------------------------------------- */

#define GROUP "AWS::EC2::SecurityGroup"

static const struct row_sort {
    const char *column;         /* that rows of this sort have */
    const char *kind;           /* what the column kind begins with, of a list of items; or NULL */
    const char *id_column;      /* says what it is about */
    const char *type;           /* of a resource; NULL: type_column says it */
    const char *type_column;    /* NULL: it is no resource */
    const char *rule_column;    /* the Config rule, of what one has found */
    const struct describer *by; /* NULL: whoever asks for something says it all */
} sorts[] = {
    {"rule", NULL, "resource_id", NULL, "resource_type", "rule", &describer_finding},
    {"resource_id", NULL, "resource_id", NULL, "resource_type", NULL, &describer_resource},
    {"group_id", NULL, "group_id", GROUP, NULL, NULL, &describer_group},
    {"resource", "sg-", "resource", GROUP, NULL, NULL, &describer_group},
    {"resource", "config", "resource", NULL, "subject", "type", &describer_finding},
    {"resource", "parameter", "resource", NULL, NULL, NULL, &describer_setting},
    {"resource", "automation", "resource", NULL, NULL, NULL, NULL},
    {"resource", "opsitem", "resource", NULL, NULL, NULL, NULL},
    {"resource", "preferences", "resource", NULL, NULL, NULL, &describer_preferences},
    {"preferences_document", NULL, "preferences_document", NULL, NULL, NULL,
     &describer_preferences},
    {"data_type", NULL, "name", NULL, NULL, NULL, &describer_parameter},
    {"node", NULL, "node", "AWS::SSM::ManagedInstanceInventory", NULL, NULL, &describer_resource},
    {"identifier", NULL, "name", NULL, NULL, NULL, &describer_rule},
    {"ou", NULL, "account_id", NULL, NULL, NULL, &describer_account},
};

static struct sv cell_of(const struct description_job *job, const char *column_id)
{
    return column_id ? table_text(job->table, job->row, column_id) : SV_NONE;
}

static const struct row_sort *sort_of(const struct description_job *job)
{
    struct sv kind = cell_of(job, "kind");
    for (size_t i = 0; i < ARRAY_LEN(sorts); i++)
        if (cell_of(job, sorts[i].column).len > 0 &&
            (!sorts[i].kind || sv_starts(kind, sv_of(sorts[i].kind))))
            return &sorts[i];
    return NULL;
}

/* What asks for something: the item itself, or what has been found to speak of the same thing. */
static void find_proposal(struct description_job *job, const struct row_sort *sort)
{
    struct sv proposal = cell_of(job, "proposal");
    if (sort && !sort->by)
        proposal = cell_of(job, sort->id_column);
    job->describing.proposal = sv_dup(proposal);
    if (proposal.len > 0)
        job->asked = sv_starts(proposal, SV("oi-")) ? &describer_ops_item : &describer_automation;
}

static void find_subject(struct description_job *job)
{
    static const struct row_sort nothing;
    const struct row_sort *sort = sort_of(job), *of = sort ? sort : &nothing;
    struct describing *describing = &job->describing;
    struct aws_target *target = &describing->target;
    job->by = of->by;
    find_proposal(job, sort);
    describing->id = sv_dup(cell_of(job, of->id_column));
    describing->rule = sv_dup(cell_of(job, of->rule_column));
    describing->type = of->type ? mem_strdup(of->type) : sv_dup(cell_of(job, of->type_column));
    if (job->by == &describer_resource)
        job->by = describer_of_resource(describing);
    sv_copy(cell_of(job, "account_id"), target->account_id, sizeof target->account_id);
    sv_copy(cell_of(job, "region"), target->region, sizeof target->region);
}

/* --- the inquiry ----------------------------------------------------------------------------- */

static void job_drop(void *arg)
{
    struct description_job *job = arg;
    struct describing *describing = &job->describing;
    char *const texts[] = {describing->id, describing->type, describing->rule,
                           describing->proposal};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
    description_free(describing->found);
    table_unref(job->table);
    mem_free(job);
}

static void deliver(void *arg)
{
    struct description_job *job = arg;
    struct description *found = job->describing.found;
    job->describing.found = NULL;
    job->done(job->arg, found);
    job_drop(job);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    struct description_job *job = arg;
    if (job->asked)
        job->asked->begin(inquiry, &job->describing);
    if (job->by)
        job->by->begin(inquiry, &job->describing);
}

/* Each read that failed, once; what CloudTrail refuses stands in its place among the lines. */
static void collect_unread(const struct inquiry *inquiry, struct description *found)
{
    const struct err *err;
    for (size_t i = 0; (err = inquiry_failure(inquiry, i)) != NULL; i++) {
        bool known = false;
        for (size_t k = 0; k < found->unread.len; k++)
            known |= strcmp(found->unread.ptr[k].where, err->where) == 0;
        if (!known)
            vec_push(&found->unread, *err);
    }
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct description_job *job = arg;
    struct description *found = job->describing.found;
    if (job->asked)
        job->asked->end(inquiry, &job->describing);
    if (job->by)
        job->by->end(inquiry, &job->describing);
    if (job->asked && !job->by)
        changes_tell(inquiry, &job->describing);
    collect_unread(inquiry, found);
    found->read_at_ms = clock_wall_ms();
    run_call(RUN_UI, RUN_URGENT, inquiry_scope(inquiry), deliver, job_drop, job);
}

void describe_row(struct gov *gov, struct scope *scope, const struct screen *screen,
                  struct table *table, size_t row,
                  void (*done)(void *arg, struct description *take_description), void *arg)
{
    static const struct inquiry_kind kind = {begin, end, job_drop};
    struct description_job *job = mem_new(struct description_job);
    *job =
        (struct description_job){.table = table_ref(table), .row = row, .done = done, .arg = arg};
    job->describing.found = mem_new(struct description);
    job->describing.found->title = mem_strdup(screen->title);
    find_subject(job);
    inquiry_start(gov, scope, &kind, job);
}
