/*
 * load_answers: what the reads of a target have said, kept as it came over the wire until the
 * target has answered in full. When one operation is asked once more, the others are not: the
 * loader hears again what they said. And the rows of a target, which are taken back for that.
 */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/gov/load/load_internal.h"

#define KEPT_MAX ((size_t)1 << 20) /* bytes of one read; what says more is asked again */

struct kept_page {
    size_t end; /* in wire */
    int64_t received_at_ms;
    bool last, restarted;
};

struct answer {
    struct answer *next;
    enum aws_op_id op;
    cJSON *params; /* a copy; NULL: none */
    struct err err;
    bool has_ended, is_too_large;
    struct buf wire;
    VEC(struct kept_page) pages;
};

/* --- keeping --------------------------------------------------------------------------------- */

static void answer_clear(struct answer *answer)
{
    buf_done(&answer->wire);
    vec_free(&answer->pages);
    answer->has_ended = answer->is_too_large = false;
}

static void answer_free(struct answer *answer)
{
    answer_clear(answer);
    json_free(answer->params);
    mem_free(answer);
}

static bool is_same_question(const struct answer *answer, const struct aws_request *request)
{
    if (answer->op != request->op || !answer->params != !request->params)
        return false;
    return !answer->params || cJSON_Compare(answer->params, request->params, true);
}

static bool is_kept(const struct pair *pair, const struct answer *answer)
{
    return pair->is_asked_again && answer->op != pair->asked_again && answer->has_ended &&
           !answer->is_too_large;
}

bool answers_begin(struct read *read)
{
    struct pair *pair = read->pair;
    struct answer *answer = pair->answers;
    if (!pair->fn || read->is_probe || aws_op(read->request.op)->has_texts)
        return false;
    while (answer && !is_same_question(answer, &read->request))
        answer = answer->next;
    if (!answer) {
        answer = mem_new(struct answer);
        *answer = (struct answer){.next = pair->answers, .op = read->request.op};
        answer->params = read->request.params ? cJSON_Duplicate(read->request.params, true) : NULL;
        pair->answers = answer;
    }
    read->answer = answer;
    if (is_kept(pair, answer))
        return true;
    answer_clear(answer);
    return false;
}

void answers_page(struct read *read, const struct aws_page *page)
{
    struct answer *answer = read->answer;
    if (!answer || answer->is_too_large)
        return;
    if (answer->wire.len + page->wire.len > KEPT_MAX) {
        answer_clear(answer);
        answer->is_too_large = true;
        return;
    }
    buf_add(&answer->wire, page->wire);
    vec_push(&answer->pages, ((struct kept_page){answer->wire.len, page->received_at_ms, page->last,
                                                 page->restarted}));
}

void answers_end(struct read *read, const struct err *err)
{
    if (!read->answer)
        return;
    read->answer->err = *err;
    read->answer->has_ended = !load_is_entry_failure(err);
}

bool answers_has(const struct pair *pair, enum aws_op_id op)
{
    for (const struct answer *answer = pair->answers; answer; answer = answer->next)
        if (answer->op == op)
            return true;
    return false;
}

void answers_uncount(const struct pair *pair, struct coverage *coverage)
{
    for (const struct answer *answer = pair->answers; answer; answer = answer->next) {
        coverage->ops[answer->op].asked--;
        coverage->ops[answer->op].answered -= answer->err.code == OK;
    }
}

void answers_forget(struct pair *pair)
{
    while (pair->answers) {
        struct answer *answer = pair->answers;
        pair->answers = answer->next;
        answer_free(answer);
    }
}

/* --- hearing them again ---------------------------------------------------------------------- */

struct err answers_replay(struct read *read, void (*on_page)(void *arg, struct aws_page *page))
{
    const struct answer *answer = read->answer;
    size_t begin = 0;
    for (size_t i = 0; i < answer->pages.len; i++) {
        const struct kept_page *kept = &answer->pages.ptr[i];
        struct aws_page page = {.request = &read->request,
                                .index = i,
                                .last = kept->last,
                                .restarted = kept->restarted,
                                .received_at_ms = kept->received_at_ms,
                                .wire_bytes = (int64_t)(kept->end - begin)};
        page.wire = (struct sv){buf_cstr(&answer->wire) + begin, kept->end - begin};
        begin = kept->end;
        struct err err;
        if (client_parse(answer->op, page.wire, &page.body, &err) == OK)
            on_page(read, &page);
        json_free(page.body);
    }
    return answer->err;
}

/* --- rows ------------------------------------------------------------------------------------ */

size_t rows_begin(struct load *load)
{
    table_publish(load->written);
    return table_count(load->written);
}

void rows_end(struct load *load, struct pair *pair, size_t first)
{
    size_t end = rows_begin(load);
    if (end == first)
        return;
    if (pair->rows.len > 0 && vec_last(&pair->rows).end == first)
        vec_last(&pair->rows).end = end;
    else
        vec_push(&pair->rows, ((struct row_range){first, end}));
}

static int by_first(const void *a, const void *b)
{
    const struct row_range *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static size_t count_before(const row_ranges *gone, size_t row)
{
    size_t n = 0;
    for (size_t i = 0; i < gone->len && gone->ptr[i].first < row; i++)
        n += gone->ptr[i].end - gone->ptr[i].first;
    return n;
}

/* Those that stay move up. */
static void move_up(struct load *load, const row_ranges *gone)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&load->pairs, &at, &key, &value)) {
        struct pair *pair = value.ptr;
        for (size_t i = 0; i < pair->rows.len; i++) {
            size_t n = count_before(gone, pair->rows.ptr[i].first);
            pair->rows.ptr[i].first -= n;
            pair->rows.ptr[i].end -= n;
        }
    }
}

static struct table *copy_but(const struct load *load, const row_ranges *gone)
{
    struct table *copy = table_new(load->screen->columns, load->screen->n_columns);
    size_t n_rows = table_count(load->written), at = 0;
    for (size_t row = 0; row < n_rows; row++) {
        while (at < gone->len && row >= gone->ptr[at].end)
            at++;
        if (at == gone->len || row < gone->ptr[at].first)
            table_add_row(copy, load->written, row);
    }
    table_publish(copy);
    return copy;
}

/* gone: in order. */
static void take_back(struct load *load, const row_ranges *gone)
{
    if (gone->len == 0)
        return;
    struct table *copy = copy_but(load, gone);
    move_up(load, gone);
    table_unref(load->written);
    load->written = copy;
    if (load->sums.len == 0) {
        table_unref(load->now.table);
        load->now.table = table_ref(copy);
    }
}

void rows_take_back(struct load *load, struct pair *const *pairs, size_t n_pairs)
{
    row_ranges gone = {0};
    for (size_t i = 0; i < n_pairs; i++) {
        for (size_t r = 0; r < pairs[i]->rows.len; r++)
            vec_push(&gone, pairs[i]->rows.ptr[r]);
        vec_clear(&pairs[i]->rows);
    }
    if (gone.len > 0)
        qsort(gone.ptr, gone.len, sizeof gone.ptr[0], by_first);
    take_back(load, &gone);
    vec_free(&gone);
}

static bool row_is_of(const struct table *table, size_t row, size_t column,
                      const struct aws_target *target)
{
    struct cell id, region;
    table_cell(table, row, column, &id);
    table_cell(table, row, column + 2, &region);
    return sv_eq_cstr(id.text, target->account_id) && sv_eq_cstr(region.text, target->region);
}

void load_take_back(struct load *load, size_t column, const struct aws_target *target)
{
    row_ranges gone = {0};
    size_t n_rows = rows_begin(load);
    for (size_t row = 0; row < n_rows; row++) {
        if (!row_is_of(load->written, row, column, target))
            continue;
        if (gone.len > 0 && vec_last(&gone).end == row)
            vec_last(&gone).end++;
        else
            vec_push(&gone, ((struct row_range){row, row + 1}));
    }
    take_back(load, &gone);
    vec_free(&gone);
}
