#include "views/files/transfers.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "views/files/progress.h"
#include "views/frame/app.h"

struct transfers {
    struct app *app;
    struct scope *scope;
    VEC(struct file_copy *) all;
    unsigned n_begun;
    struct transfer_wish wish;
    unsigned asked_about; /* the one whose host key a dialog is about */
};

/* Their list, when it is looked at, is to show it now. */
static void show(const struct transfers *transfers)
{
    struct view *view = app_view(transfers->app);

    if (view != NULL && view->kind == &view_transfers)
        view->kind->tick(view);
    app_redraw(transfers->app);
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static const char *name_of(const struct file_copy *copy)
{
    return last_name(copy->wish.is_put ? copy->wish.local : copy->wish.remote);
}

/* --- what a transfer tells ----------------------------------------------------------------------
 */

static void tell_end(const struct file_copy *copy)
{
    const struct transfer_status *status = &copy->status;
    struct app *app = copy->transfers->app;
    AUTO(buf_done) struct buf line = BUF_NONE;
    char reason[512];

    if (status->err.code == OK) {
        progress_result(status, &line);
        app_message(app, status->is_compared ? TONE_GOOD : TONE_INFO, "%s is at %s: %s",
                    name_of(copy), status->goal, buf_cstr(&line));
        return;
    }
    if (status->done_bytes > 0)
        progress_bytes(status->done_bytes, &line);
    if (status->err.code == ERR_CANCELLED)
        str_copy(reason, "given up");
    else
        err_describe(&status->err, reason, sizeof reason);
    app_message(app, status->err.code == ERR_CANCELLED ? TONE_INFO : TONE_BAD, "%s: %s%s%s%s",
                name_of(copy), reason, line.len > 0 ? " (" : "", buf_cstr(&line),
                line.len > 0 ? " are kept: r on :transfers goes on there)" : "");
}

/* The first names of what was left out of a folder, or failed. */
static void take_items(struct file_copy *copy)
{
    struct transfer_item item;

    while (transfer_take_item(copy->transfer, &item)) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        size_t len = strlen(copy->left_out);
        if (item.fate != TRANSFER_LEFT_OUT && item.fate != TRANSFER_FAILED)
            continue;
        buf_addf(&line, "%s%s (%s)", len > 0 ? ", " : "", last_name(item.path), item.why);
        sv_copy(buf_sv(&line), copy->left_out + len, sizeof copy->left_out - len);
    }
}

static void on_status(void *arg)
{
    struct file_copy *copy = arg;
    enum transfer_phase before = copy->status.phase;

    take_items(copy);
    transfer_read_status(copy->transfer, &copy->status);
    if (copy->status.phase != before)
        copy->since_ms = clock_display_ms();
    if (copy->status.phase == TRANSFER_OVER && before != TRANSFER_OVER) {
        copy->is_asking = false;
        tell_end(copy);
    }
    show(copy->transfers);
}

/* Who looks at something else is not pulled away from it, and a node's key is nothing to say yes to
 * with a letter that was typed for something else: that question waits until somebody opens it. */
static void on_question(void *arg, const struct transfer_question *question)
{
    struct file_copy *copy = arg;
    struct app *app = copy->transfers->app;
    const struct view *view = app_view(app);

    copy->is_asking = true;
    copy->question = *question;
    bool is_before = view != NULL && view->kind == &view_transfers;

    if (is_before && question->kind != TRANSFER_ASKS_HOST)
        file_copy_ask(copy);
    else
        app_message(app, TONE_INFO, "the transfer of %s asks something: Enter on it in :transfers",
                    name_of(copy));
    show(copy->transfers);
}

/* --- asking --------------------------------------------------------------------------------------
 */

void file_copy_answer(struct file_copy *copy, bool is_yes, struct secret *take_secret)
{
    copy->is_asking = false;
    transfer_answer(copy->transfer, is_yes, take_secret);
    show(copy->transfers);
}

static void host_answered(void *arg, int choice)
{
    struct transfers *transfers = arg;
    struct file_copy *copy = transfers_find(transfers, transfers->asked_about);

    if (copy != NULL && copy->is_asking && copy->question.kind == TRANSFER_ASKS_HOST)
        file_copy_answer(copy, choice == 0, NULL);
}

static void ask_about_host(struct file_copy *copy)
{
    static const char *const choices[] = {"Yes, remember it"};
    const struct transfer_question *question = &copy->question;
    AUTO(buf_done) struct buf text = BUF_NONE;

    copy->transfers->asked_about = copy->number;
    buf_addf(&text,
             "known_hosts has nothing of %s yet. It shows the key %s %s. ssh-keygen -l on the node "
             "tells whether that is its own. Is it?",
             question->node, question->key_kind, question->fingerprint);
    app_ask(copy->transfers->app, copy->transfers->scope, "A node that is not known",
            buf_cstr(&text), choices, 1, host_answered, copy->transfers);
}

static void ask_for_passphrase(struct file_copy *copy)
{
    char number[16];
    const char *args[] = {number};
    struct err err;

    snprintf(number, sizeof number, "%u", copy->number);
    app_open(copy->transfers->app, &view_passphrase, args, 1, &err);
}

void file_copy_ask(struct file_copy *copy)
{
    if (!copy->is_asking)
        return;
    if (copy->question.kind == TRANSFER_ASKS_HOST)
        ask_about_host(copy);
    else
        ask_for_passphrase(copy);
}

/* --- one transfer --------------------------------------------------------------------------------
 */

static void begin(struct file_copy *copy)
{
    const struct transfer_handlers handlers = {on_status, on_question, copy};
    const struct transfer_wish *wish = &copy->wish;
    const struct transfer_request request = {.target = wish->place.target,
                                             .node = wish->place.node,
                                             .reason =
                                                 wish->reason[0] != '\0' ? wish->reason : NULL,
                                             .port = wish->port,
                                             .is_put = wish->is_put,
                                             .is_recursive = wish->is_recursive,
                                             .remote = wish->remote,
                                             .local = wish->local,
                                             .user = wish->user[0] != '\0' ? wish->user : NULL,
                                             .key = wish->key[0] != '\0' ? wish->key : NULL};
    struct transfers *transfers = copy->transfers;

    copy->status = (struct transfer_status){0};
    copy->left_out[0] = '\0';
    copy->since_ms = clock_display_ms();
    copy->is_asking = false;
    copy->transfer =
        transfer_open(gov_client(app_gov(transfers->app)), transfers->scope, &request, &handlers);
    show(transfers);
}

static void copy_free(struct file_copy *copy)
{
    transfer_close(copy->transfer);
    if (copy->wish.row.table != NULL)
        table_unref(copy->wish.row.table);
    mem_free(copy);
}

static void forget(struct file_copy *copy)
{
    struct transfers *transfers = copy->transfers;
    size_t at = 0;

    while (transfers->all.ptr[at] != copy)
        at++;
    memmove(&transfers->all.ptr[at], &transfers->all.ptr[at + 1],
            (transfers->all.len - at - 1) * sizeof *transfers->all.ptr);
    transfers->all.len--;
    copy_free(copy);
}

bool file_copy_is_over(const struct file_copy *copy)
{
    return copy->status.phase == TRANSFER_OVER;
}

void file_copy_again(struct file_copy *copy)
{
    transfer_close(copy->transfer);
    begin(copy);
}

void file_copy_end(struct file_copy *copy)
{
    struct transfers *transfers = copy->transfers;

    if (file_copy_is_over(copy))
        forget(copy);
    else
        transfer_cancel(copy->transfer);
    show(transfers);
}

/* --- all of them ---------------------------------------------------------------------------------
 */

struct transfers *transfers_new(struct app *app)
{
    struct transfers *transfers = mem_new(struct transfers);

    transfers->app = app;
    transfers->scope = scope_new(app_scope(app), "transfers");
    return transfers;
}

void transfers_free(struct transfers *transfers)
{
    if (transfers == NULL)
        return;
    transfers_new_wish(transfers);
    for (size_t i = 0; i < transfers->all.len; i++)
        copy_free(transfers->all.ptr[i]);
    vec_free(&transfers->all);
    scope_close(transfers->scope);
    scope_unref(transfers->scope);
    mem_free(transfers);
}

size_t transfers_count(const struct transfers *transfers)
{
    return transfers->all.len;
}

size_t transfers_live(const struct transfers *transfers)
{
    size_t n = 0;

    for (size_t i = 0; i < transfers->all.len; i++)
        n += !file_copy_is_over(transfers->all.ptr[i]);
    return n;
}

size_t transfers_asking(const struct transfers *transfers)
{
    size_t n = 0;

    for (size_t i = 0; i < transfers->all.len; i++)
        n += transfers->all.ptr[i]->is_asking;
    return n;
}

struct file_copy *transfers_at(const struct transfers *transfers, size_t i)
{
    return transfers->all.ptr[i];
}

struct file_copy *transfers_find(const struct transfers *transfers, unsigned number)
{
    for (size_t i = 0; i < transfers->all.len; i++) {
        if (transfers->all.ptr[i]->number == number)
            return transfers->all.ptr[i];
    }
    return NULL;
}

void transfers_look(struct transfers *transfers)
{
    for (size_t i = 0; i < transfers->all.len; i++) {
        struct file_copy *copy = transfers->all.ptr[i];
        if (!file_copy_is_over(copy)) {
            struct transfer_status now;
            transfer_read_status(copy->transfer, &now);
            if (now.phase != TRANSFER_OVER) /* its end comes by on_status */
                copy->status = now;
        }
    }
}

struct transfer_wish *transfers_new_wish(struct transfers *transfers)
{
    if (transfers->wish.row.table != NULL)
        table_unref(transfers->wish.row.table);
    transfers->wish = (struct transfer_wish){0};
    return &transfers->wish;
}

const struct transfer_wish *transfers_wish(const struct transfers *transfers)
{
    return &transfers->wish;
}

/* The oldest that is over makes room. */
static bool make_room(struct transfers *transfers)
{
    for (size_t i = 0; i < transfers->all.len; i++) {
        if (!file_copy_is_over(transfers->all.ptr[i]))
            continue;
        forget(transfers->all.ptr[i]);
        return true;
    }
    return false;
}

enum err_code transfers_begin(struct transfers *transfers, const struct transfer_wish *wish,
                              struct err *err)
{
    if (transfers->all.len == TRANSFERS_MAX && !make_room(transfers))
        return err_set(err, ERR_TOO_BIG, "transfer", "%d are under way; wait, or give one up",
                       TRANSFERS_MAX);
    struct file_copy *copy = mem_new(struct file_copy);
    copy->transfers = transfers;
    copy->number = ++transfers->n_begun;
    copy->wish = *wish;
    if (copy->wish.row.table != NULL)
        table_ref(copy->wish.row.table);
    vec_push(&transfers->all, copy);
    begin(copy);
    return OK;
}
