#include "core/session/ssh/transfer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/session/calls.h"
#include "core/session/ssh/job.h"
#include "core/session/ssh/remote.h"

#define DOCUMENT  "AWS-StartSSHSession"
#define WHERE     "transfer"

#define ITEMS_MAX 4096 /* that wait for somebody to take them */

const char *transfer_phase_name(enum transfer_phase phase)
{
    static const char *const names[] = {
        [TRANSFER_CONNECTING] = "connecting",
        [TRANSFER_ENTERING] = "entering",
        [TRANSFER_RESUMING] = "comparing the beginning",
        [TRANSFER_COPYING] = "copying",
        [TRANSFER_CHECKING] = "checking",
        [TRANSFER_OVER] = "over",
    };
    return names[phase];
}

const char *job_user(const struct transfer *job)
{
    return job->request.user != NULL ? job->request.user : TRANSFER_USER;
}

/* --- telling --------------------------------------------------------------------------------- */

static void on_told(void *arg)
{
    struct transfer *transfer = arg;

    atomic_store(&transfer->is_told, false);
    if (!transfer->is_closed && transfer->handlers.on_status != NULL)
        transfer->handlers.on_status(transfer->handlers.arg);
}

/* Any thread; what comes between two of them is told as one. */
static void tell(struct transfer *transfer)
{
    if (!atomic_exchange(&transfer->is_told, true))
        run_call(RUN_UI, RUN_URGENT, transfer->scope, on_told, NULL, transfer);
}

/* On RUN_NET. */
static void on_channel(void *arg, const struct channel_status *status)
{
    struct transfer *transfer = arg;

    pthread_mutex_lock(&transfer->lock);
    transfer->status.channel = *status;
    pthread_mutex_unlock(&transfer->lock);
    tell(transfer);
}

void job_phase(struct transfer *job, enum transfer_phase phase)
{
    pthread_mutex_lock(&job->lock);
    job->status.phase = phase;
    pthread_mutex_unlock(&job->lock);
    tell(job);
}

void job_begin_copy(struct transfer *job, uint64_t resumed_bytes, uint64_t total_bytes)
{
    pthread_mutex_lock(&job->lock);
    job->status.resumed_bytes += resumed_bytes;
    job->status.total_bytes = job->status.is_folder ? 0 : total_bytes;
    if (job->status.began_ms == 0)
        job->status.began_ms = clock_mono_ms();
    pthread_mutex_unlock(&job->lock);
    atomic_store(&job->done_bytes, job->base_bytes + resumed_bytes);
    job_phase(job, TRANSFER_COPYING);
}

void job_progress(struct transfer *job, uint64_t done_bytes)
{
    atomic_store(&job->done_bytes, job->base_bytes + done_bytes);
}

void job_begin_folder(struct transfer *job)
{
    pthread_mutex_lock(&job->lock);
    job->status.is_folder = true;
    pthread_mutex_unlock(&job->lock);
    tell(job);
}

enum err_code job_end_folder(struct transfer *job, struct err *err)
{
    unsigned n_failed = job->status.n_failed; /* which nobody else writes */

    *err = ERR_NONE;
    if (n_failed == 0)
        return OK;
    return err_set(err, ERR_IO, WHERE, "%u could not be copied, and %u were", n_failed,
                   job->status.n_files);
}

/* Under the lock. */
static void keep_item(struct transfer *job, const struct transfer_item *item)
{
    if (job->n_items_taken > 0 && job->n_items_taken == job->items.len) {
        vec_clear(&job->items);
        job->n_items_taken = 0;
    }
    if (job->items.len < ITEMS_MAX)
        vec_push(&job->items, *item);
}

void job_item(struct transfer *job, enum transfer_fate fate, const char *path, const char *checksum,
              const char *why)
{
    struct transfer_item *item = mem_new(struct transfer_item);
    struct transfer_status *status = &job->status;
    unsigned *const counts[] = {[TRANSFER_COPIED] = &status->n_files,
                                [TRANSFER_KEPT] = &status->n_kept,
                                [TRANSFER_LEFT_OUT] = &status->n_left_out,
                                [TRANSFER_FAILED] = &status->n_failed};
    size_t len = strlen(path), max = sizeof item->path - 1;

    item->fate = fate;
    str_copy(item->path, len > max ? path + (len - max) : path);
    str_copy(item->checksum, checksum != NULL ? checksum : "");
    str_copy(item->why, why != NULL ? why : "");
    job->base_bytes = atomic_load(&job->done_bytes);
    pthread_mutex_lock(&job->lock);
    ++*counts[fate];
    status->n_files += fate == TRANSFER_KEPT;
    keep_item(job, item);
    pthread_mutex_unlock(&job->lock);
    mem_free(item);
    tell(job);
}

bool transfer_take_item(struct transfer *transfer, struct transfer_item *item)
{
    pthread_mutex_lock(&transfer->lock);
    bool has_some = transfer->n_items_taken < transfer->items.len;
    if (has_some)
        *item = transfer->items.ptr[transfer->n_items_taken++];
    pthread_mutex_unlock(&transfer->lock);
    return has_some;
}

void job_done(struct transfer *job, const char *checksum, bool is_compared, const char *goal)
{
    pthread_mutex_lock(&job->lock);
    str_copy(job->status.checksum, checksum);
    str_copy(job->status.goal, goal);
    job->status.is_compared = is_compared;
    pthread_mutex_unlock(&job->lock);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void on_asked(void *arg)
{
    struct transfer *transfer = arg;

    if (transfer->is_closed)
        return;
    if (transfer->handlers.on_question == NULL) {
        transfer_answer(transfer, false, NULL);
        return;
    }
    pthread_mutex_lock(&transfer->lock);
    struct transfer_question question = transfer->question;
    pthread_mutex_unlock(&transfer->lock);
    transfer->handlers.on_question(transfer->handlers.arg, &question);
}

/* Waits until *asking is answered. False: it is over. */
static bool wait_for(struct transfer *job, enum asking *asking)
{
    bool is_answered = false;

    ssh_patience(&job->ssh, 0);
    do {
        pthread_mutex_lock(&job->lock);
        is_answered = *asking == ASKING_ANSWERED;
        if (is_answered)
            *asking = ASKING_NOTHING;
        pthread_mutex_unlock(&job->lock);
    } while (!is_answered && ssh_again(&job->ssh));
    return is_answered;
}

bool job_ask(struct transfer *job, const struct transfer_question *question,
             struct secret **passphrase)
{
    pthread_mutex_lock(&job->lock);
    job->question = *question;
    job->asking = ASKING;
    pthread_mutex_unlock(&job->lock);
    run_call(RUN_UI, RUN_URGENT, job->scope, on_asked, NULL, job);
    if (!wait_for(job, &job->asking))
        return false;
    pthread_mutex_lock(&job->lock);
    bool is_yes = job->is_yes;
    struct secret *given = job->passphrase;
    job->passphrase = NULL;
    pthread_mutex_unlock(&job->lock);
    if (passphrase != NULL)
        *passphrase = given;
    else
        secret_unref(given);
    return is_yes;
}

void transfer_answer(struct transfer *transfer, bool is_yes, struct secret *take_passphrase)
{
    pthread_mutex_lock(&transfer->lock);
    bool is_open = transfer->asking == ASKING;
    if (is_open) {
        transfer->asking = ASKING_ANSWERED;
        transfer->is_yes = is_yes;
        secret_unref(transfer->passphrase);
        transfer->passphrase = take_passphrase;
    }
    pthread_mutex_unlock(&transfer->lock);
    if (is_open)
        stream_ring(transfer->stream);
    else
        secret_unref(take_passphrase);
}

/* --- EC2 Instance Connect -------------------------------------------------------------------- */

/* On RUN_NET. */
static void on_admitted(void *arg, const struct err *err)
{
    struct transfer *transfer = arg;

    pthread_mutex_lock(&transfer->lock);
    transfer->admit_err = *err;
    transfer->admitting = ASKING_ANSWERED;
    pthread_mutex_unlock(&transfer->lock);
    stream_ring(transfer->stream);
}

static void ask_to_admit(void *arg)
{
    struct transfer *transfer = arg;

    call_to_admit(transfer->client, transfer->scope, &transfer->request.target,
                  transfer->request.node, job_user(transfer), transfer->public_key, on_admitted,
                  transfer);
}

enum err_code job_admit(struct transfer *job, const char *public_key, struct err *err)
{
    mem_free(job->public_key);
    job->public_key = mem_strdup(public_key);
    run_call(RUN_NET, RUN_URGENT, job->scope, ask_to_admit, NULL, job);
    if (!wait_for(job, &job->admitting))
        return ssh_fail(&job->ssh, "", err);
    pthread_mutex_lock(&job->lock);
    *err = job->admit_err;
    pthread_mutex_unlock(&job->lock);
    return err->code;
}

/* --- the thread ------------------------------------------------------------------------------ */

/* Until there is a session, or none. */
static enum err_code wait_for_session(struct transfer *job, struct err *err)
{
    for (;;) {
        pthread_mutex_lock(&job->lock);
        enum channel_state state = job->status.channel.state;
        pthread_mutex_unlock(&job->lock);
        if (state == CHANNEL_OPEN)
            return OK;
        if (!ssh_again(&job->ssh))
            return ssh_fail(&job->ssh, "", err);
    }
}

static enum err_code carry_out(struct transfer *job, struct err *err)
{
    if (transfer_check_here(&job->request, err) != OK || wait_for_session(job, err) != OK)
        return err->code;
    job_phase(job, TRANSFER_ENTERING);
    if (job_enter(job, err) != OK)
        return err->code;
    return job->request.is_put ? job_put(job, err) : job_get(job, err);
}

static void settle(struct transfer *job, const struct err *err)
{
    pthread_mutex_lock(&job->lock);
    job->status.err = *err;
    job->status.ended_ms = clock_mono_ms();
    pthread_mutex_unlock(&job->lock);
    if (err->code != OK)
        log_info(WHERE, "%s: %s", job->request.node, err->message);
    job_phase(job, TRANSFER_OVER);
}

static void *run_thread(void *arg)
{
    struct transfer *job = arg;
    struct scope *scope = job->scope;
    struct err err = ERR_NONE;

    if (carry_out(job, &err) == OK)
        err = ERR_NONE;
    remote_stop(job);
    ssh_close(&job->ssh);
    stream_end(job->stream);
    settle(job, &err);
    scope_release(scope); /* the transfer may be gone from now on */
    return NULL;
}

/* --- from start to end ----------------------------------------------------------------------- */

static void request_copy(const struct transfer_request *from, struct transfer_request *to)
{
    *to = *from;
    to->node = mem_strdup(from->node);
    to->document = mem_strdup(from->document);
    to->reason = mem_strdup(from->reason);
    to->remote = mem_strdup(from->remote);
    to->local = mem_strdup(from->local);
    to->user = mem_strdup(from->user);
    to->key = mem_strdup(from->key);
    to->known_hosts = mem_strdup(from->known_hosts);
}

static void request_done(struct transfer_request *request)
{
    const char *const texts[] = {request->node,   request->document,   request->reason,
                                 request->remote, request->local,      request->user,
                                 request->key,    request->known_hosts};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free((char *)texts[i]);
}

static void transfer_free(void *arg)
{
    struct transfer *transfer = arg;

    if (transfer->has_thread)
        pthread_join(transfer->thread, NULL);
    stream_free(transfer->stream);
    secret_unref(transfer->passphrase);
    mem_free(transfer->public_key);
    vec_free(&transfer->items);
    request_done(&transfer->request);
    pthread_mutex_destroy(&transfer->lock);
    scope_unref(transfer->scope);
    mem_free(transfer);
}

static void start_thread(struct transfer *transfer)
{
    struct err err;

    if (!scope_hold(transfer->scope))
        return;
    transfer->has_thread = os_thread_start(&transfer->thread, 0, run_thread, transfer);
    if (transfer->has_thread)
        return;
    err_set(&err, ERR_NOMEM, WHERE, "there is no thread to be had");
    stream_end(transfer->stream);
    settle(transfer, &err);
    scope_release(transfer->scope);
}

struct transfer *transfer_open(struct aws_client *client, struct scope *scope,
                               const struct transfer_request *request,
                               const struct transfer_handlers *handlers)
{
    assert(run_is_on(RUN_UI));
    char port[16];
    struct transfer *transfer = mem_new(struct transfer);
    const struct stream_handlers from_stream = {on_channel, transfer};
    const struct channel_request channel = {
        .target = request->target,
        .node = request->node,
        .document = request->document != NULL ? request->document : DOCUMENT,
        .reason = request->reason,
        .parameters = {{"portNumber", port}},
        .messages_per_s = request->messages_per_s};

    snprintf(port, sizeof port, "%u", request->port != 0 ? request->port : TRANSFER_PORT);
    transfer->client = client;
    transfer->handlers = *handlers;
    request_copy(request, &transfer->request);
    pthread_mutex_init(&transfer->lock, NULL);
    transfer->scope = scope_new(scope, WHERE);
    scope_at_end(transfer->scope, RUN_UI, transfer_free, transfer);
    transfer->stream = stream_new(client, transfer->scope, &channel, &from_stream);
    transfer->ssh.stream = transfer->stream;
    transfer->ssh.is_cancelled = &transfer->is_cancelled;
    start_thread(transfer);
    return transfer;
}

void transfer_read_status(struct transfer *transfer, struct transfer_status *status)
{
    pthread_mutex_lock(&transfer->lock);
    *status = transfer->status;
    pthread_mutex_unlock(&transfer->lock);
    status->done_bytes = atomic_load(&transfer->done_bytes);
}

void transfer_cancel(struct transfer *transfer)
{
    atomic_store(&transfer->is_cancelled, true);
    stream_ring(transfer->stream);
}

void transfer_close(struct transfer *transfer)
{
    if (transfer == NULL)
        return;
    transfer->is_closed = true;
    scope_close(transfer->scope);
}
