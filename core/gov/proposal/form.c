#include "core/gov/proposal/form.h"

#include <string.h>

#include "core/base/mem.h"

static const struct form *const forms[] = {
#define FORM(name) &form_##name,
#include "core/gov/proposal/forms.def"
#undef FORM
};

const struct form *form_of(const struct change_plan *plan)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (forms[i]->kind == plan->kind && (!forms[i]->fits || forms[i]->fits(plan)))
            return forms[i];
    return NULL;
}

const struct form *form_by_document(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (sv_eq_cstr(name, forms[i]->document().name))
            return forms[i];
    return NULL;
}

bool form_undo_subject(const struct change_plan *undo, struct planner_subject *subject)
{
    const struct form *form = form_of(undo);
    *subject = (struct planner_subject){.target = undo->target};
    if (form && form->again)
        subject->planner = form->again(undo, subject->args);
    return subject->planner != NULL;
}

bool form_can_be_asked(const struct change_plan *plan)
{
    struct planner_subject subject;
    if (plan->undo_of[0] == '\0')
        return form_of(plan) != NULL;
    bool can = form_undo_subject(plan, &subject);
    planner_subject_done(&subject);
    return can;
}

struct change_plan *form_plan(const cJSON *json, struct err *err)
{
    const struct change_kind *kinds[ARRAY_LEN(forms)];
    struct change_plan *plan = NULL;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        kinds[i] = forms[i]->kind;
    change_plan_from_json(json, kinds, ARRAY_LEN(kinds), &plan, err);
    return plan;
}

/* --- what a document is told ------------------------------------------------------------------ */

static cJSON *list_in(cJSON *inputs, const char *name)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(inputs, name);
    return list ? list : cJSON_AddArrayToObject(inputs, name);
}

enum err_code form_add(cJSON *inputs, const char *name, struct sv value, struct err *err)
{
    AUTO_FREE char *text = sv_dup(value);
    if (value.len == 0 || value.len > FORM_VALUE_MAX)
        return err_set(err, ERR_UNSUPPORTED, "propose",
                       "%s has %zu bytes, and an automation is told 1 to %d: it cannot be put to "
                       "somebody else this way",
                       name, value.len, FORM_VALUE_MAX);
    if (strstr(text, "{{"))
        return err_set(err, ERR_UNSUPPORTED, "propose",
                       "%s has {{ in it, which an automation would take for a variable: it cannot "
                       "be put to somebody else this way",
                       name);
    cJSON_AddItemToArray(list_in(inputs, name), cJSON_CreateString(text));
    return OK;
}

/* For people: as much as AWS takes, and no variables of documents ({{ ... }}). */
static void add_words(cJSON *inputs, const char *name, struct sv words)
{
    char text[FORM_VALUE_MAX / 2];
    sv_copy(words, text, sizeof text);
    for (char *c = text; *c; c++)
        *c = *c == '{' ? '(' : *c == '}' ? ')' : *c;
    form_add(inputs, name, text[0] ? sv_of(text) : SV("-"), NULL);
}

enum err_code form_fill(const struct form *form, const struct change_plan *plan,
                        const struct form_origin *origin, cJSON *inputs, struct err *err)
{
    enum err_code code = form->inputs(plan, inputs, err);
    form_add(inputs, "ItemKey", sv_of(plan->item_key), NULL);
    form_add(inputs, "Planner", sv_of(origin->planner->name), NULL);
    for (size_t i = 0; code == OK && i < origin->planner->n_args; i++)
        code = form_add(inputs, "About", sv_of(origin->args[i]), err);
    add_words(inputs, "Severity", sv_of(plan->severity));
    add_words(inputs, "Reason", sv_of(plan->why));
    return code;
}

/* --- what an execution was told --------------------------------------------------------------- */

static bool is_for_people(const char *name)
{
    return sv_has_word(SV("Approvals Approvers Reason Severity"), sv_of(name));
}

static enum err_code differs(const char *name, struct err *err)
{
    return err_set(err, ERR_STALE, "approve",
                   "what was proposed is not what would have to be done now (%s differs): reject "
                   "it, and propose it again",
                   name);
}

enum err_code form_check(const cJSON *execution, const cJSON *inputs, struct err *err)
{
    const cJSON *told = json_get(execution, "Parameters"), *item;
    cJSON_ArrayForEach (item, inputs) {
        if (!is_for_people(item->string) &&
            !cJSON_Compare(item, json_get(told, item->string), true))
            return differs(item->string, err);
    }
    cJSON_ArrayForEach (item, told) {
        if (!is_for_people(item->string) && item->child && !json_get(inputs, item->string))
            return differs(item->string, err);
    }
    return OK;
}
