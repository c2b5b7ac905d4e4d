#include "core/aws/limit/throttle.h"

#include <pthread.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/vec.h"

struct throttle_board {
    pthread_mutex_t lock;
    VEC(struct aws_throttle) held;
};

struct throttle_board *throttle_board_new(void)
{
    struct throttle_board *board = mem_new(struct throttle_board);
    pthread_mutex_init(&board->lock, NULL);
    return board;
}

void throttle_board_free(struct throttle_board *board)
{
    if (board == NULL)
        return;
    pthread_mutex_destroy(&board->lock);
    vec_free(&board->held);
    mem_free(board);
}

static bool same_place(const struct aws_throttle *a, const struct aws_throttle *b)
{
    return a->by_budget == b->by_budget && a->service == b->service &&
           strcmp(a->target.account_id, b->target.account_id) == 0 &&
           strcmp(a->target.region, b->target.region) == 0;
}

void throttle_board_note(struct throttle_board *board, const struct aws_throttle *throttle)
{
    size_t at = 0;
    pthread_mutex_lock(&board->lock);
    while (at < board->held.len && !same_place(&board->held.ptr[at], throttle))
        at++;
    if (at < board->held.len)
        board->held.ptr[at] = *throttle;
    else
        vec_push(&board->held, *throttle);
    pthread_mutex_unlock(&board->lock);
}

/* What is over goes: the last one takes its place. */
static void forget_past(struct throttle_board *board, int64_t now_ms)
{
    for (size_t i = 0; i < board->held.len;) {
        if (board->held.ptr[i].until_ms <= now_ms)
            board->held.ptr[i] = board->held.ptr[--board->held.len];
        else
            i++;
    }
}

size_t throttle_board_read(struct throttle_board *board, int64_t now_ms,
                           struct aws_throttle *throttles, size_t max)
{
    pthread_mutex_lock(&board->lock);
    forget_past(board, now_ms);
    size_t n = board->held.len < max ? board->held.len : max;
    if (n > 0)
        memcpy(throttles, board->held.ptr, n * sizeof *throttles);
    pthread_mutex_unlock(&board->lock);
    return n;
}
