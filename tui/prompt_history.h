/*
 * prompt_history: the lines accepted before, for one kind of prompt. In memory alone: what people
 * type may name what no file is to keep.
 */
#ifndef TUI_PROMPT_HISTORY_H
#define TUI_PROMPT_HISTORY_H

#include "core/base/str.h"

struct prompt_history;

/* Keeps the last max lines; free it with prompt_history_free (NULL is allowed). */
struct prompt_history *prompt_history_new(size_t max);
void prompt_history_free(struct prompt_history *history);
/* Copies; an empty line and one equal to the last are not added. */
void prompt_history_add(struct prompt_history *history, struct sv line);
/* How many there are, and the i-th of them, oldest first, borrowed. */
size_t prompt_history_count(const struct prompt_history *history);
const char *prompt_history_line(const struct prompt_history *history, size_t i);

#endif
