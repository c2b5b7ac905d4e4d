#include "core/gov/plan_evidence.h"

#include "core/gov/estate/owner.h"

#define NAMED_MAX 6 /* that are listed by name */

void name_list_add(struct name_list *list, struct sv id, struct sv name)
{
    if (list->n++ >= NAMED_MAX)
        return;
    if (list->text.len > 0)
        buf_add_cstr(&list->text, ", ");
    buf_add(&list->text, id);
    if (name.len > 0)
        buf_addf(&list->text, " " SV_FMT, SV_ARG(name));
}

const char *name_list_text(struct name_list *list)
{
    if (list->n > NAMED_MAX)
        buf_addf(&list->text, " and %zu more", list->n - NAMED_MAX);
    return buf_cstr(&list->text);
}

void name_list_done(struct name_list *list)
{
    buf_done(&list->text);
}

void plan_say_tags(struct change_plan *plan, const char *what, const cJSON *tags, const char *again)
{
    AUTO(buf_done) struct buf maker = BUF_NONE;
    const char *word;
    struct sv owner;
    size_t at = 0;
    if (maker_in_tags(tags, &maker))
        change_plan_evidence(plan,
                             "%s is managed by the %s: change it there too, or the next deployment "
                             "%s",
                             what, buf_cstr(&maker), again);
    while (owner_tags_next(tags, &at, &word, &owner))
        change_plan_evidence(plan, "%s: %s " SV_FMT, what, word, SV_ARG(owner));
}
