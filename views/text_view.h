/*
 * text_view: what views of a text have in common: to move in it, to search it, to wrap it. The
 * functions that are handed a view want its state to begin with its struct pager; they stand as
 * they are in struct view_kind and in tables of commands. On RUN_UI.
 */
#ifndef VIEWS_TEXT_VIEW_H
#define VIEWS_TEXT_VIEW_H

#include "tui/widget/pager.h"
#include "views/view.h"

/* As struct view_kind has them: the wheel; "41/200 20%". */
bool text_view_event(struct view *view, const struct event *event);
void text_view_position(struct view *view, struct buf *line);
/* As struct view_kind's filter: ERR_NOT_FOUND when the text is final, and nowhere. */
enum err_code text_view_filter(struct view *view, struct sv text, bool final, struct err *err);

/* The commands "move", "search" and "wrap". ERR_USAGE for what is no direction, ERR_NOT_FOUND when
 * there is no hit. */
enum err_code text_view_move(struct view *view, const struct command_call *call, struct err *err);
enum err_code text_view_search(struct view *view, const struct command_call *call, struct err *err);
enum err_code text_view_wrap(struct view *view, const struct command_call *call, struct err *err);

/* The same for a pager that a view has besides. */
enum err_code text_filter(struct pager *pager, struct sv text, bool final, struct err *err);
enum err_code text_search(struct pager *pager, const struct command_call *call, struct err *err);
/* The direction that "move" was given: ERR_USAGE when it is none. */
enum err_code move_of_call(const struct command_call *call, enum move *move, struct err *err);

#endif
