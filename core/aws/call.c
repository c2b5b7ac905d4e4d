#include "core/aws/call.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/wire/body.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/secret.h"
#include "core/base/text.h"

#define SECRET_BODY_MAX ((size_t)128 << 10) /* of a request that is not to leave copies behind */

/* --- making ---------------------------------------------------------------------------------- */

static bool is_account_id(const char *id)
{
    return strspn(id, "0123456789") == 12 && id[12] == '\0';
}

/* Where it goes. Does not fail once the request has been checked. */
static enum err_code find_endpoint(const struct call *call, struct endpoint *endpoint,
                                   struct err *err)
{
    return endpoint_resolve(&call->client->endpoints, call->op->service,
                            call->request.target.region, endpoint, err);
}

static enum err_code check_request(const struct call *call, struct err *err)
{
    struct endpoint endpoint;
    const char *account_id = call->request.target.account_id;
    if (account_id[0] != '\0' && !is_account_id(account_id))
        return err_set(err, ERR_USAGE, call->op->iam_action, "an account id has twelve digits");
    return find_endpoint(call, &endpoint, err);
}

/* EC2 takes no page size beside a list of ids. */
static bool names_ids(const cJSON *params)
{
    const cJSON *param = NULL;
    cJSON_ArrayForEach (param, params) {
        if (cJSON_IsArray(param) && sv_ends(sv_of(param->string), SV("Ids")))
            return true;
    }
    return false;
}

bool call_write_body(struct call *call)
{
    const struct aws_op *op = call->op;
    bool takes_limit = op->service->protocol != AWS_EC2 || !names_ids(call->request.params);
    const struct body_extra extra = {.token = buf_sv(&call->paging.token),
                                     .limit = takes_limit ? op->limit_max : 0,
                                     .dry_run = call->kind == CALL_PROBE,
                                     .secret_member = call->own.secret_member,
                                     .secret = secret_bytes(call->own.secret)};
    if (extra.secret_member != NULL)
        buf_reserve(&call->body, SECRET_BODY_MAX);
    buf_clear(&call->body);
    call->retry = (struct retry_state){0};
    return body_write(op, call->request.params, &extra, &call->body, &call->outcome.err) == OK;
}

/* The tasks of a call lie in it; each is under way once at a time. */
static struct call *call_of_net_task(struct task *task)
{
    return (struct call *)((char *)task - offsetof(struct call, net_task));
}

/* Everything that is dropped ends on RUN_WORKER, where work_task is dropped in its turn. */
static void drop_on_net(struct task *task)
{
    call_post(call_of_net_task(task), RUN_WORKER);
}

static void begin_on_net(struct task *task)
{
    call_begin(call_of_net_task(task));
}

static struct call *call_new(struct aws_client *client, struct scope *scope, enum call_kind kind,
                             const struct aws_request *take_request,
                             const struct call_handlers *handlers)
{
    struct call *call = mem_new(struct call);
    call->client = client;
    /* What may have been sent is accounted for, whoever asked has gone or not. */
    call->scope = scope_ref(kind == CALL_CHANGE ? client->scope : scope);
    call->asking_scope = scope_ref(scope);
    call->kind = kind;
    call->op = aws_op(take_request->op);
    call->request = *take_request;
    call->handlers = *handlers;
    if (call->request.target.region[0] == '\0')
        str_copy(call->request.target.region, client->region);
    call->begun_us = clock_mono_us();
    call->net_task = (struct task){.run = begin_on_net, .drop = drop_on_net};
    call->work_task = (struct task){.run = call_work, .drop = call_work_dropped};
    return call;
}

void call_free(struct call *call)
{
    json_free(call->request.params);
    credentials_unref(call->credentials);
    credentials_unref(call->own.credentials);
    if (call->own.secret != NULL)
        secret_wipe(call->body.ptr, call->body.len);
    secret_unref(call->own.secret);
    buf_done(&call->body);
    if (call->kind == CALL_SECRET)
        secret_wipe(call->reply.body.ptr, call->reply.body.len);
    http_reply_done(&call->reply);
    paging_done(&call->paging);
    page_texts_done(&call->texts);
    scope_unref(call->asking_scope);
    scope_unref(call->scope);
    mem_free(call);
}

bool call_is_urgent(const struct call *call)
{
    return call->kind == CALL_PROBE || call->kind == CALL_CHANGE ||
           call->op->effect == EFFECT_SESSION || call->op->effect == EFFECT_END;
}

void call_post(struct call *call, enum runner to)
{
    run_post(to, call_is_urgent(call) ? RUN_URGENT : RUN_NORMAL, call->scope,
             to == RUN_NET ? &call->net_task : &call->work_task);
}

static void start(struct call *call)
{
    if (check_request(call, &call->outcome.err) == OK && call_write_body(call)) {
        call_post(call, RUN_NET);
    } else {
        call->is_over = true;
        call_post(call, RUN_WORKER);
    }
}

void call_start(struct aws_client *client, struct scope *scope, enum call_kind kind,
                const struct aws_request *take_request, const struct call_handlers *handlers)
{
    start(call_new(client, scope, kind, take_request, handlers));
}

void call_start_as(struct aws_client *client, struct scope *scope, enum call_kind kind,
                   const struct aws_request *take_request, const struct call_as *as,
                   const struct call_handlers *handlers)
{
    struct call *call = call_new(client, scope, kind, take_request, handlers);
    call->has_own = true;
    call->own = *as;
    credentials_ref(call->own.credentials);
    secret_ref(call->own.secret);
    start(call);
}

void call_start_with(struct aws_client *client, struct scope *scope, enum call_kind kind,
                     const struct aws_request *take_request, const char *secret_member,
                     struct secret *secret, const struct call_handlers *handlers)
{
    struct call *call = call_new(client, scope, kind, take_request, handlers);
    call->own.secret_member = secret_member;
    call->own.secret = secret_ref(secret);
    start(call);
}

void call_refuse(struct aws_client *client, struct scope *scope, enum call_kind kind,
                 const struct aws_request *take_request, const struct call_handlers *handlers,
                 const struct err *err)
{
    struct call *call = call_new(client, scope, kind, take_request, handlers);
    call->outcome.err = *err;
    call->is_over = true;
    call_post(call, RUN_WORKER);
}

/* --- on the way ------------------------------------------------------------------------------ */

static void end(struct call *call)
{
    call->is_over = true;
    call_post(call, RUN_WORKER);
}

void call_fail(struct call *call, const struct err *err)
{
    call->outcome.err = *err;
    end(call);
}

/* Gives back the places that it has. */
static void leave_lanes(struct call *call, bool throttled)
{
    bool had_connection = call->has_connection, had_place = call->has_place;
    call->has_connection = call->has_place = false;
    if (had_connection)
        lane_leave(call->host_lane, false);
    if (had_place)
        lane_leave(call->lane, throttled);
}

/* Its scope was closed while it was somewhere on RUN_NET. */
static void give_up(struct call *call)
{
    leave_lanes(call, false);
    call_post(call, RUN_WORKER);
}

static void drop_waiting(struct pending *pending)
{
    struct call *call = (struct call *)pending;
    struct scope *scope = pending_unlink(pending);
    call_queue_leave(call);
    give_up(call); /* from now on it is RUN_WORKER's to free */
    scope_release(scope);
}

void call_wait(struct call *call, struct call_queue *queue)
{
    if (pending_begin(&call->pending, call->scope, drop_waiting))
        call_queue_add(queue, call);
    else
        give_up(call);
}

void call_resume(struct call *call, void (*next)(struct call *call))
{
    struct scope *scope = pending_unlink(&call->pending);
    next(call);
    scope_release(scope); /* only now: what came next keeps it from ending */
}

void call_begin(struct call *call)
{
    if (call->has_own)
        call_authorised(call, call->own.credentials);
    else
        identity_provide(call);
}

void call_authorised(struct call *call, struct credentials *credentials)
{
    credentials_ref(credentials);
    credentials_unref(call->credentials);
    call->credentials = credentials;
    call->lane = lane_find(call->client, call->op, call->request.target.account_id,
                           call->request.target.region);
    lane_enter(call->lane, call);
}

void call_has_place(struct call *call)
{
    struct endpoint endpoint;
    call->has_place = true;
    find_endpoint(call, &endpoint, NULL);
    call->host_lane = lane_find_host(call->client, endpoint.host);
    lane_enter(call->host_lane, call);
}

/* --- sending --------------------------------------------------------------------------------- */

static void on_reply(void *arg, struct http_reply *reply);

static void on_dropped(void *arg)
{
    give_up(arg);
}

static void send_request(struct call *call)
{
    struct aws_client *client = call->client;
    struct endpoint endpoint;
    struct signed_headers headers;
    find_endpoint(call, &endpoint, NULL);
    call->skew_ms = signer_skew_ms(&client->signer, endpoint.host);
    signer_sign(&client->signer, call->op, &endpoint, call->credentials, buf_sv(&call->body),
                &headers);
    const struct http_request request = {.method = "POST",
                                         .url = endpoint.url,
                                         .headers = headers.list,
                                         .n_headers = headers.n,
                                         .body = buf_sv(&call->body),
                                         .body_max_bytes =
                                             call->kind == CALL_SECRET ? SECRET_BODY_MAX : 0,
                                         .has_secrets = call->kind == CALL_SECRET,
                                         .connect_timeout_ms = client->connect_timeout_ms,
                                         .silence_timeout_ms = client->silence_timeout_ms,
                                         .total_timeout_ms = client->total_timeout_ms,
                                         .once = call->kind == CALL_CHANGE,
                                         .allow_plain = endpoint.is_given,
                                         .ca_file = client->ca_file};
    call->was_handed_to_http = true;
    http_send(&request, call->scope, on_reply, on_dropped, call);
    signed_headers_done(&headers);
}

void call_has_connection(struct call *call)
{
    call->has_connection = true;
    if (scope_is_closed(call->asking_scope)) {
        leave_lanes(call, false);
        err_set(&call->outcome.err, ERR_CANCELLED, call->op->iam_action, "not sent");
        end(call);
    } else {
        send_request(call);
    }
}

/* --- answers --------------------------------------------------------------------------------- */

static void record_attempt(struct call *call, const struct http_reply *reply, enum fault fault,
                           const struct err *err)
{
    struct aws_attempt attempt = {.op = call->request.op,
                                  .target = call->request.target,
                                  .started_at_ms = reply->started_at_ms,
                                  .elapsed_us = reply->elapsed_us,
                                  .http_status = reply->status,
                                  .attempt = call->retry.attempts + 1,
                                  .err = *err};
    AUTO(buf_done) struct buf line = BUF_NONE;
    aws_cli_line(&line, call->request.op, &call->request.target, call->request.params);
    sv_copy(buf_sv(&line), attempt.cli_line, sizeof attempt.cli_line);
    attempt_log_add(call->client->attempts, &attempt,
                    fault == FAULT_THROTTLED || call->waited_for_pace);
    call->waited_for_pace = false;
    call->outcome.attempts++;
    call->outcome.sent |= reply->sent;
    call->outcome.throttled |= fault == FAULT_THROTTLED;
    if (fault == FAULT_NONE)
        text_safe_copy(call->outcome.err.request_id, sizeof call->outcome.err.request_id,
                       http_reply_header(reply, "x-amzn-requestid"), TEXT_IDENTITY);
}

static void begin_again(void *arg)
{
    call_post(arg, RUN_NET);
}

static void drop_call(void *arg)
{
    struct call *call = arg;
    call_work_dropped(&call->work_task);
}

static struct retry_rules rules_of(const struct call *call)
{
    struct retry_rules rules = call->client->retry;
    if (call->op->rate == RATE_GLOBAL_SLOW)
        rules.attempts_max = call->client->global_slow_attempts_max;
    return rules;
}

static double random_fraction(void)
{
    uint32_t bits;
    os_random(&bits, sizeof bits);
    return bits / 4294967296.0;
}

/* After a while, if the rules and the quota have it. */
static bool retry_later(struct call *call, const struct http_reply *reply, enum fault fault)
{
    struct retry_rules rules = rules_of(call);
    if (!retry_take(&rules, &call->lane->quota, &call->retry, fault))
        return false;
    int64_t delay_ms = retry_delay_ms(&rules, &call->retry, fault, random_fraction(),
                                      http_reply_header(reply, "x-amz-retry-after"));
    log_debug("aws", "%s: attempt %u failed, again in %lld ms", call->op->iam_action,
              call->retry.attempts, (long long)delay_ms);
    run_after(RUN_WORKER, delay_ms, call->scope, begin_again, drop_call, call);
    return true;
}

/* At once, with what was wrong put right: each once a call. */
static bool retry_corrected(struct call *call, enum fault fault, int64_t skew_ms,
                            const struct err *err)
{
    if (fault == FAULT_SKEW && !call->was_unskewed &&
        llabs(skew_ms - call->skew_ms) > SIGNER_SKEW_TOLERANCE_MS) {
        call->was_unskewed = true;
        call_begin(call);
        return true;
    }
    if (fault == FAULT_EXPIRED && !call->was_refreshed && !call->has_own) {
        call->was_refreshed = true;
        identity_reject(call, err);
        call_begin(call);
        return true;
    }
    return false;
}

static bool is_transient(enum fault fault)
{
    return fault == FAULT_THROTTLED || fault == FAULT_TRANSIENT || fault == FAULT_TIMEOUT;
}

/* The page token has lapsed: RUN_WORKER begins the list again, once. */
static bool restarts_list(const struct call *call, enum fault fault)
{
    return fault == FAULT_PAGE_TOKEN && call->paging.token.len > 0 && !call->was_restarted;
}

/* Sent, and no whole or no trustworthy answer: it may have been done, or not. */
static void settle_change(struct call *call, const struct http_reply *reply, enum fault fault,
                          const struct err *err)
{
    bool is_unknown =
        (reply->code != OK && reply->sent) || fault == FAULT_TRANSIENT || fault == FAULT_TIMEOUT;
    call->outcome.err = *err;
    if (is_unknown && call->outcome.sent) {
        struct err *unknown = &call->outcome.err;
        err_set(unknown, ERR_UNKNOWN_OUTCOME, call->op->iam_action, "%s", err->message);
        unknown->http_status = err->http_status;
        str_copy(unknown->aws_code, err->aws_code);
        str_copy(unknown->request_id, err->request_id);
    }
    end(call);
}

static void on_failure(struct call *call, const struct http_reply *reply, enum fault fault,
                       int64_t skew_ms, const struct err *err)
{
    if (call->kind == CALL_CHANGE) {
        settle_change(call, reply, fault, err);
    } else if (fault == FAULT_DRY_RUN || restarts_list(call, fault)) {
        call_post(call, RUN_WORKER);
    } else if (!retry_corrected(call, fault, skew_ms, err) &&
               !(is_transient(fault) && retry_later(call, reply, fault))) {
        call_fail(call, err);
    }
}

static void on_reply(void *arg, struct http_reply *reply)
{
    struct call *call = arg;
    struct aws_client *client = call->client;
    struct endpoint endpoint;
    struct err err;
    find_endpoint(call, &endpoint, NULL);
    int64_t skew_ms = signer_note_date(&client->signer, endpoint.host, reply);
    enum fault fault = fault_read(call->op, reply, skew_ms - call->skew_ms, &err);
    endpoint_explain(&endpoint, call->request.target.region, &err);
    record_attempt(call, reply, fault, &err);
    leave_lanes(call, fault == FAULT_THROTTLED);
    call->fault = fault;
    if (fault == FAULT_NONE) {
        struct retry_rules rules = rules_of(call);
        retry_succeeded(&rules, &call->lane->quota, &call->retry);
        call->reply = *reply;
        *reply = (struct http_reply){0};
        call_post(call, RUN_WORKER);
    } else {
        on_failure(call, reply, fault, skew_ms, &err);
    }
}
