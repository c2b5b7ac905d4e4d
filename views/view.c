#include "views/view.h"

#include <string.h>

#include "core/base/mem.h"

const struct view_kind *const view_kinds[] = {
#define VIEW(name) &view_##name,
#include "views/views.def"
#undef VIEW
};
const size_t n_view_kinds = ARRAY_LEN(view_kinds);

const char *view_context(const struct view *view)
{
    if (view == NULL)
        return "global";
    return view->kind->mode != NULL ? view->kind->mode(view) : view->kind->context;
}

const struct view_command *view_command_find(const struct view *view, const char *name)
{
    const struct view_command *at = view->kind->commands;

    for (; at != NULL && at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0)
            return at;
    }
    return NULL;
}

const struct view_kind *view_kind_find(struct sv name)
{
    for (size_t i = 0; i < n_view_kinds; i++) {
        if (sv_eq_cstr(name, view_kinds[i]->name))
            return view_kinds[i];
    }
    return NULL;
}
