/* prompt_history: the lines accepted before. */
#include "tui/prompt_history.h"

#include "core/base/mem.h"
#include "core/base/vec.h"

struct prompt_history {
    VEC(char *) lines; /* oldest first */
    size_t max;
};

struct prompt_history *prompt_history_new(size_t max)
{
    struct prompt_history *history = mem_new(struct prompt_history);

    history->max = max;
    return history;
}

void prompt_history_free(struct prompt_history *history)
{
    if (history == NULL)
        return;
    for (size_t i = 0; i < history->lines.len; i++)
        mem_free(history->lines.ptr[i]);
    vec_free(&history->lines);
    mem_free(history);
}

void prompt_history_add(struct prompt_history *history, struct sv line)
{
    size_t n = history->lines.len;

    if (line.len == 0 || history->max == 0 ||
        (n != 0 && sv_eq_cstr(line, history->lines.ptr[n - 1])))
        return;
    if (n == history->max) {
        mem_free(history->lines.ptr[0]);
        for (size_t i = 1; i < n; i++)
            history->lines.ptr[i - 1] = history->lines.ptr[i];
        history->lines.len--;
    }
    vec_push(&history->lines, sv_dup(line));
}

size_t prompt_history_count(const struct prompt_history *history)
{
    return history->lines.len;
}

const char *prompt_history_line(const struct prompt_history *history, size_t i)
{
    return history->lines.ptr[i];
}
