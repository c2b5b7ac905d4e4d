#include "views/text_view.h"

#include <string.h>

static struct pager *pager_of(struct view *view)
{
    return view->state;
}

bool text_view_event(struct view *view, const struct event *event)
{
    return pager_handle(pager_of(view), event) != WIDGET_IGNORED;
}

void text_view_position(struct view *view, struct buf *line)
{
    pager_position(pager_of(view), line);
}

enum err_code text_view_filter(struct view *view, struct sv text, bool final, struct err *err)
{
    return text_filter(pager_of(view), text, final, err);
}

enum err_code text_view_move(struct view *view, const struct command_call *call, struct err *err)
{
    enum move move;

    if (move_of_call(call, &move, err) != OK)
        return err->code;
    pager_move(pager_of(view), move);
    return OK;
}

enum err_code text_view_search(struct view *view, const struct command_call *call, struct err *err)
{
    return text_search(pager_of(view), call, err);
}

enum err_code text_view_wrap(struct view *view, const struct command_call *call, struct err *err)
{
    struct pager *pager = pager_of(view);

    (void)call, (void)err;
    pager_set_wrap(pager, !pager->wrap);
    return OK;
}

enum err_code text_filter(struct pager *pager, struct sv text, bool final, struct err *err)
{
    if (!pager_search(pager, text) && final)
        return err_advise(
            err, err_set(err, ERR_NOT_FOUND, "search", "\"" SV_FMT "\" is nowhere", SV_ARG(text)),
            "");
    return OK;
}

enum err_code text_search(struct pager *pager, const struct command_call *call, struct err *err)
{
    if (!pager_search_next(pager, strcmp(call->args[0], "previous") == 0))
        return err_set(err, ERR_NOT_FOUND, "search", "no hit; / looks for something");
    return OK;
}

enum err_code move_of_call(const struct command_call *call, enum move *move, struct err *err)
{
    if (!move_parse(sv_of(call->args[0]), move))
        return err_set(err, ERR_USAGE, "move", "\"%s\" is no direction", call->args[0]);
    return OK;
}
