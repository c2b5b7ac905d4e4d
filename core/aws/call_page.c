/*
 * call_page: what a call does on RUN_WORKER: parse, ask for the next page, hand over, end.
 */
#include <stddef.h>

#include "core/aws/call.h"
#include "core/aws/wire/page_list.h"
#include "core/aws/wire/xml.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/secret.h"

static struct call *call_of_work_task(struct task *task)
{
    return (struct call *)((char *)task - offsetof(struct call, work_task));
}

/* --- ends ------------------------------------------------------------------------------------ */

/* Tells whoever is waiting, and frees the call. body is borrowed; NULL when there is none. */
static void finish(struct call *call, const cJSON *body)
{
    struct call_handlers *handlers = &call->handlers;
    call->outcome.elapsed_us = clock_mono_us() - call->begun_us;
    if (handlers->on_secret != NULL)
        handlers->on_secret(handlers->arg, SV_NONE, &call->outcome.err);
    else if (handlers->on_change_done != NULL)
        handlers->on_change_done(handlers->arg, &call->request, body, &call->outcome);
    else
        handlers->on_done(handlers->arg, &call->request, &call->outcome);
    call_free(call);
}

static void finish_with(struct call *call, const struct err *err)
{
    call->outcome.err = *err;
    finish(call, NULL);
}

/* The scope was closed. Who waits for a change or a probe is told all the same. */
void call_work_dropped(struct task *task)
{
    struct call *call = call_of_work_task(task);
    bool was_answered = call->is_over || call->reply.status != 0;
    if (call->kind == CALL_CHANGE && was_answered) {
        call_work(task);
    } else if (call->handlers.on_change_done != NULL) {
        bool may_have_left = call->kind == CALL_CHANGE && call->was_handed_to_http;
        call->outcome.sent |= may_have_left;
        err_set(&call->outcome.err, may_have_left ? ERR_UNKNOWN_OUTCOME : ERR_CANCELLED,
                call->op->iam_action, "the program was ending");
        finish(call, NULL);
    } else {
        if (call->handlers.drop != NULL)
            call->handlers.drop(call->handlers.arg);
        call_free(call);
    }
}

/* --- replies --------------------------------------------------------------------------------- */

enum err_code client_parse(enum aws_op_id op_id, struct sv wire, cJSON **tree, struct err *err)
{
    const struct aws_op *op = aws_op(op_id);
    enum aws_protocol protocol = op->service->protocol;
    *tree = NULL;
    if (sv_trim(wire).len == 0) { /* many Put and Delete operations answer with nothing */
        *tree = cJSON_CreateObject();
        return OK;
    }
    if (protocol == AWS_QUERY || protocol == AWS_EC2)
        return xml_parse(wire, op->name, op->iam_action, tree, err);
    if (protocol == AWS_REST_XML)
        return xml_parse(wire, NULL, op->iam_action, tree, err);
    return json_parse(wire, op->iam_action, tree, err);
}

static enum err_code parse_reply(const struct call *call, const struct http_reply *reply,
                                 cJSON **tree, struct err *err)
{
    return client_parse(call->request.op, buf_sv(&reply->body), tree, err);
}

/* Whether the page whose token the paging holds is asked for; the request is on its way then. */
static bool ask_for_next(struct call *call, struct err *err)
{
    size_t pages_max = call->request.pages_max;
    if (pages_max != 0 && call->page_index + 1 >= pages_max)
        return false;
    if (!call_write_body(call)) {
        *err = call->outcome.err;
        return false;
    }
    call_post(call, RUN_NET);
    return true;
}

/* Fills what of the page the reply says: its body, or its texts. */
static enum err_code read_page(struct call *call, const struct http_reply *reply,
                               struct aws_page *page, struct err *err)
{
    if (call->op->result != NULL && sv_trim(page->wire).len == 0)
        return page_list_refuse(call->op, "not there, as the answer is empty", err);
    if (!call->op->has_texts) {
        enum err_code code = parse_reply(call, reply, &page->body, err);
        return code == OK ? page_list_check(call->op, page->body, err) : code;
    }
    page->texts = &call->texts;
    return page_texts_read(&call->texts, buf_sv(&reply->body), call->op, err);
}

static enum err_code find_next(struct call *call, const struct aws_page *page, bool *more,
                               struct err *err)
{
    if (page->texts == NULL)
        return paging_next(&call->paging, call->op, page->body, more, err);
    if (page->texts->token_is_no_text)
        return paging_no_text(call->op, err);
    return paging_take(&call->paging, call->op, buf_sv(&page->texts->token), more, err);
}

static void take_page(struct call *call, const struct http_reply *reply)
{
    struct err err = ERR_NONE;
    struct aws_page page = {.request = &call->request,
                            .wire = buf_sv(&reply->body),
                            .index = call->page_index,
                            .restarted = call->was_restarted && call->page_index == 0,
                            .received_at_ms = reply->started_at_ms + reply->elapsed_us / 1000,
                            .wire_bytes = (int64_t)(reply->body.len + reply->headers.len)};
    if (read_page(call, reply, &page, &err) != OK) {
        json_free(page.body);
        finish_with(call, &err);
        return;
    }
    call->outcome.pages++;
    bool more = false;
    page.last = find_next(call, &page, &more, &err) == OK && !more;
    /* The next page is asked for before this one is handed over: both go on at the same time. */
    bool goes_on = more && ask_for_next(call, &err);
    call->page_index++;
    if (call->handlers.on_page != NULL)
        call->handlers.on_page(call->handlers.arg, &page);
    json_free(page.body);
    if (!goes_on)
        finish_with(call, &err);
}

static void take_secret(struct call *call, struct http_reply *reply)
{
    call->handlers.on_secret(call->handlers.arg, buf_sv(&reply->body), &call->outcome.err);
    secret_wipe(reply->body.ptr, reply->body.len);
    call_free(call);
}

/* A change or a probe that was answered with a success. */
static void take_result(struct call *call, const struct http_reply *reply)
{
    struct err err = ERR_NONE;
    cJSON *tree = NULL;
    if (parse_reply(call, reply, &tree, &err) != OK)
        err_set(&call->outcome.err, call->kind == CALL_CHANGE ? ERR_UNKNOWN_OUTCOME : ERR_PARSE,
                call->op->iam_action, "%s", err.message);
    finish(call, tree);
    json_free(tree);
}

static void restart_list(struct call *call)
{
    paging_reset(&call->paging);
    call->page_index = 0;
    call->was_restarted = true;
    if (call_write_body(call))
        call_post(call, RUN_NET);
    else
        finish(call, NULL);
}

void call_work(struct task *task)
{
    struct call *call = call_of_work_task(task);
    if (call->is_over || call->fault == FAULT_DRY_RUN) {
        finish(call, NULL);
        return;
    }
    if (call->fault == FAULT_PAGE_TOKEN) {
        restart_list(call);
        return;
    }
    AUTO(http_reply_done) struct http_reply reply = call->reply;
    call->reply = (struct http_reply){0};
    if (call->kind == CALL_SECRET)
        take_secret(call, &reply);
    else if (call->kind == CALL_READ)
        take_page(call, &reply);
    else
        take_result(call, &reply);
}
