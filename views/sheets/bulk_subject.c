#include "views/sheets/bulk_subject.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

const char *subject_name(const struct planner_subject *subject)
{
    return subject->args[subject->planner == &planner_propose ? 1 : 0];
}

static size_t count_args(const struct planner_subject *subject)
{
    size_t n = 0;

    while (n < PLANNER_ARGS_MAX && subject->args[n] != NULL)
        n++;
    return n;
}

bool subject_to_text(const struct planner_subject *subject, struct buf *text)
{
    buf_addf(text, "%s %s %s", subject->planner->name, subject->target.account_id,
             subject->target.region);
    for (size_t i = 0, n = count_args(subject); i < n; i++) {
        if (strchr(subject->args[i], ' ') != NULL)
            return false;
        buf_addf(text, " %s", subject->args[i]);
    }
    return true;
}

enum err_code subject_from_text(const char *text, struct planner_subject *subject, struct err *err)
{
    struct sv rest = sv_of(text);

    *subject = (struct planner_subject){.planner = planner_find(sv_split(&rest, ' '))};
    if (subject->planner == NULL)
        return err_set(err, ERR_USAGE, "bulk", "\"%s\" is nothing that can be planned", text);
    sv_copy(sv_split(&rest, ' '), subject->target.account_id, sizeof subject->target.account_id);
    sv_copy(sv_split(&rest, ' '), subject->target.region, sizeof subject->target.region);
    for (size_t i = 0; i < PLANNER_ARGS_MAX && rest.len > 0; i++)
        subject->args[i] = sv_dup(sv_split(&rest, ' '));
    if (!planner_takes(subject->planner, count_args(subject)))
        return err_set(err, ERR_USAGE, "bulk", "\"%s\" does not say what it is about", text);
    return OK;
}

/* By what it is planned in the end, whoever sends it then. */
static const char *planner_of(const struct planner_subject *subject)
{
    return subject->planner == &planner_propose ? subject->args[0] : subject->planner->name;
}

/* Of what else is decided on nobody has counted how many there are. */
static bool is_counted(const struct planner_subject *subject)
{
    const char *name = planner_of(subject);

    return sv_starts(sv_of(name), SV("sg-")) || strcmp(name, "parameter") == 0;
}

/* "from 120", "from 0 WHY...": the first argument of the view. */
#define CHOICE_WORD "from"

char *subject_choice_to_text(const struct bulk_choice *choice,
                             const struct planner_subject *subjects, size_t n)
{
    struct buf text = BUF_NONE;

    for (size_t i = 0; i < n; i++) {
        if (choice->n_resources > 0 && !is_counted(&subjects[i])) {
            buf_addf(&text,
                     CHOICE_WORD " 0 how many of what %s deals with there are is not counted",
                     planner_of(&subjects[i]));
            return buf_take(&text);
        }
    }
    buf_addf(&text, CHOICE_WORD " %zu %s", choice->n_resources, choice->why);
    return buf_take(&text);
}

bool subject_choice_from_text(const char *text, struct bulk_choice *choice)
{
    struct sv rest = sv_of(text);
    int64_t n = 0;

    *choice = (struct bulk_choice){.why = "they were not chosen from a list"};
    if (!sv_eq(sv_split(&rest, ' '), SV(CHOICE_WORD)) || !sv_to_i64(sv_split(&rest, ' '), &n))
        return false;
    choice->n_resources = n > 0 ? (size_t)n : 0;
    sv_copy(rest, choice->why, sizeof choice->why);
    return true;
}

/* --- put to somebody else -------------------------------------------------------------------- */

enum err_code subject_propose(const struct planner_subject *subject,
                              struct planner_subject *proposal, struct err *err)
{
    size_t n = count_args(subject);

    if (subject->planner == &planner_propose || n + 1 > PLANNER_ARGS_MAX)
        return err_set(err, ERR_UNSUPPORTED, "propose", "this cannot be proposed to somebody else");
    *proposal = (struct planner_subject){.planner = &planner_propose, .target = subject->target};
    proposal->args[0] = mem_strdup(subject->planner->name);
    for (size_t i = 0; i < n; i++)
        proposal->args[i + 1] = mem_strdup(subject->args[i]);
    return OK;
}

/* By account, region, and what is first of what it goes by: rules of one group stand together. */
static int compare_subjects(const void *one, const void *other)
{
    const struct planner_subject *a = one, *b = other;
    int order = strcmp(a->target.account_id, b->target.account_id);

    if (order == 0)
        order = strcmp(a->target.region, b->target.region);
    for (size_t i = 0; i < PLANNER_ARGS_MAX && order == 0; i++)
        order = strcmp(a->args[i] != NULL ? a->args[i] : "", b->args[i] != NULL ? b->args[i] : "");
    return order;
}

void subject_sort(struct planner_subject *subjects, size_t n)
{
    qsort(subjects, n, sizeof *subjects, compare_subjects);
}
