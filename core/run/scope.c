#include "core/run/scope.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/mem.h"
#include "core/base/str.h"

struct end_call {
    struct task task;
    struct end_call *next;
    enum runner on;
    void (*fn)(void *arg);
    void *arg;
};

struct scope {
    atomic_bool closed; /* written under the lock, read anywhere */
    bool ended;
    size_t refs;
    size_t pending;       /* how many reasons of those in scope.h hold */
    struct scope *parent; /* referenced */
    struct scope *first_child, *next_sibling, *previous_sibling;
    struct end_call *end_calls;
    char name[32];
};

/* One lock for the whole tree, held for a few instructions at a time and never with another. */
static pthread_mutex_t tree_lock = PTHREAD_MUTEX_INITIALIZER;
static struct scope all_scopes = {.refs = 1, .pending = 1, .name = "all"};
static size_t n_open;

/* --- inside the lock ---------------------------------------------------------------------- */

/* One reason less. What has ended by it adds its at-end calls to *calls. */
static void drop_reason(struct scope *scope, struct end_call **calls)
{
    for (; scope != NULL; scope = scope->parent) {
        if (--scope->pending != 0 || scope->ended)
            return;
        scope->ended = true;
        while (scope->end_calls != NULL) {
            struct end_call *call = scope->end_calls;
            scope->end_calls = call->next;
            call->next = *calls;
            *calls = call;
        }
    }
}

static void close_tree(struct scope *scope, struct end_call **calls)
{
    for (struct scope *child = scope->first_child; child != NULL; child = child->next_sibling)
        close_tree(child, calls);
    if (atomic_exchange(&scope->closed, true))
        return;
    if (scope != &all_scopes)
        n_open--;
    drop_reason(scope, calls);
}

static void link_child(struct scope *parent, struct scope *child)
{
    child->parent = parent;
    child->next_sibling = parent->first_child;
    if (parent->first_child != NULL)
        parent->first_child->previous_sibling = child;
    parent->first_child = child;
    parent->refs++;
    parent->pending++;
}

static void unlink_child(struct scope *child)
{
    if (child->previous_sibling != NULL)
        child->previous_sibling->next_sibling = child->next_sibling;
    else
        child->parent->first_child = child->next_sibling;
    if (child->next_sibling != NULL)
        child->next_sibling->previous_sibling = child->previous_sibling;
}

/* With the last reference a scope closes, and gives back the one it has of its parent. */
static void drop_reference(struct scope *scope, struct end_call **calls)
{
    while (--scope->refs == 0) {
        struct scope *parent = scope->parent;
        close_tree(scope, calls);
        unlink_child(scope);
        mem_free(scope);
        scope = parent;
    }
}

/* --- at-end calls ------------------------------------------------------------------------- */

static void make_end_call(struct task *task)
{
    struct end_call *call = (struct end_call *)task;
    call->fn(call->arg);
    mem_free(call);
}

/* Outside the lock. */
static void post_end_calls(struct end_call *calls)
{
    while (calls != NULL) {
        struct end_call *call = calls;
        calls = call->next;
        run_post_unscoped(call->on, &call->task);
    }
}

void scope_at_end(struct scope *scope, enum runner on, void (*fn)(void *arg), void *arg)
{
    struct end_call *call = mem_new(struct end_call);

    *call = (struct end_call){
        .task = {.run = make_end_call, .drop = make_end_call}, .on = on, .fn = fn, .arg = arg};
    pthread_mutex_lock(&tree_lock);
    bool ended = scope->ended;
    if (!ended) {
        call->next = scope->end_calls;
        scope->end_calls = call;
    }
    pthread_mutex_unlock(&tree_lock);
    if (ended)
        post_end_calls(call);
}

/* --- making ------------------------------------------------------------------------------- */

struct maker_done {
    struct task task;
    struct scope *scope;
};

static void note_maker_done(struct task *task)
{
    struct maker_done *done = (struct maker_done *)task;
    scope_leave(done->scope);
    mem_free(done);
}

/*
 * Somebody else may close the parent before the maker has posted its first task. So that the
 * scope does not end in between, the maker's handler counts as a task of it: this one, queued on
 * the maker's own runner, comes after it.
 */
static void enter_for_maker(struct scope *scope)
{
    struct maker_done *done = mem_new(struct maker_done);

    *done = (struct maker_done){.task = {.run = note_maker_done, .drop = note_maker_done},
                                .scope = scope};
    run_post_unscoped(run_current(), &done->task);
}

struct scope *scope_new(struct scope *parent, const char *name)
{
    struct scope *scope = mem_new(struct scope);

    scope->refs = 2; /* the caller and its handler */
    scope->pending = 1;
    str_copy(scope->name, name);
    pthread_mutex_lock(&tree_lock);
    if (parent == NULL)
        parent = &all_scopes;
    link_child(parent, scope);
    bool closed = atomic_load(&parent->closed);
    atomic_init(&scope->closed, closed);
    if (!closed) {
        scope->pending++;
        n_open++;
    }
    pthread_mutex_unlock(&tree_lock);
    enter_for_maker(scope);
    return scope;
}

struct scope *scope_ref(struct scope *scope)
{
    pthread_mutex_lock(&tree_lock);
    scope->refs++;
    pthread_mutex_unlock(&tree_lock);
    return scope;
}

void scope_unref(struct scope *scope)
{
    struct end_call *calls = NULL;

    if (scope == NULL)
        return;
    pthread_mutex_lock(&tree_lock);
    drop_reference(scope, &calls);
    pthread_mutex_unlock(&tree_lock);
    post_end_calls(calls);
}

/* --- closing ------------------------------------------------------------------------------ */

void scope_close(struct scope *scope)
{
    struct end_call *calls = NULL;

    pthread_mutex_lock(&tree_lock);
    close_tree(scope, &calls);
    pthread_mutex_unlock(&tree_lock);
    post_end_calls(calls);
    run_drop_closed_timers();
}

const char *scope_name(const struct scope *scope)
{
    return scope != NULL ? scope->name : "none";
}

bool scope_is_closed(const struct scope *scope)
{
    return atomic_load(&scope->closed);
}

void scope_close_all(void)
{
    scope_close(&all_scopes);
}

void scope_open_all(void)
{
    pthread_mutex_lock(&tree_lock);
    if (atomic_exchange(&all_scopes.closed, false)) {
        all_scopes.pending++;
        all_scopes.ended = false;
    }
    pthread_mutex_unlock(&tree_lock);
}

size_t scope_count_open(void)
{
    pthread_mutex_lock(&tree_lock);
    size_t count = n_open;
    pthread_mutex_unlock(&tree_lock);
    return count;
}

/* --- being pending ------------------------------------------------------------------------ */

void scope_enter(struct scope *scope)
{
    if (scope == NULL)
        return;
    pthread_mutex_lock(&tree_lock);
    scope->refs++;
    scope->pending++;
    pthread_mutex_unlock(&tree_lock);
}

void scope_leave(struct scope *scope)
{
    struct end_call *calls = NULL;

    if (scope == NULL)
        return;
    pthread_mutex_lock(&tree_lock);
    drop_reason(scope, &calls);
    drop_reference(scope, &calls);
    pthread_mutex_unlock(&tree_lock);
    post_end_calls(calls);
}

bool scope_hold(struct scope *scope)
{
    pthread_mutex_lock(&tree_lock);
    bool open = !atomic_load(&scope->closed);
    if (open) {
        scope->refs++;
        scope->pending++;
    }
    pthread_mutex_unlock(&tree_lock);
    if (open)
        run_hold_begun();
    return open;
}

void scope_release(struct scope *scope)
{
    scope_leave(scope);
    run_hold_ended();
}
