#include "tui/vt/history.h"

#include "core/base/mem.h"

void history_init(struct history *history, size_t max_lines)
{
    *history = (struct history){.max_lines = max_lines};
}

static struct vt_line **place_of(const struct history *history, uint64_t number)
{
    return &history->lines[number % history->max_lines];
}

static void drop_first(struct history *history)
{
    struct vt_line **place = place_of(history, history->first++);

    history->n_bytes -= line_size(*place);
    mem_free(*place);
    *place = NULL;
}

void history_done(struct history *history)
{
    while (history->first < history->end)
        drop_first(history);
    mem_free(history->lines);
    buf_done(&history->scratch);
    *history = (struct history){0};
}

void history_push(struct history *history, const struct vt_cell *cells, int n)
{
    if (history->max_lines == 0)
        return;
    if (history->lines == NULL)
        history->lines = mem_alloc(history->max_lines * sizeof *history->lines);
    if (history->end - history->first == history->max_lines)
        drop_first(history);
    buf_clear(&history->scratch);
    line_encode(cells, n, &history->scratch);
    *place_of(history, history->end++) = mem_copy(history->scratch.ptr, history->scratch.len);
    history->n_bytes += history->scratch.len;
    while (history->n_bytes > HISTORY_BYTES_MAX)
        drop_first(history);
}

const struct vt_line *history_line(const struct history *history, uint64_t number)
{
    if (number < history->first || number >= history->end)
        return NULL;
    return *place_of(history, number);
}
