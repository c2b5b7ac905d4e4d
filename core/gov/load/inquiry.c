#include "core/gov/load/inquiry.h"

#include "core/gov/gov_internal.h"

/* One read, as asked; the bodies of its pages. */
struct question {
    struct inquiry *inquiry;
    enum aws_op_id op;
    void (*then)(struct inquiry *inquiry, void *arg);
    cJSON *params;
    VEC(cJSON *) pages;
    struct err err;
};

struct inquiry {
    struct gov *gov;
    struct scope *scope; /* a reference */
    struct inquiry_kind kind;
    void *arg;
    size_t open; /* reads that have not ended, and begin */
    bool dropped;
    VEC(struct question *) questions;
};

static void forget_pages(struct question *question)
{
    for (size_t i = 0; i < question->pages.len; i++)
        json_free(question->pages.ptr[i]);
    vec_clear(&question->pages);
}

static void inquiry_free(struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->questions.len; i++) {
        struct question *question = inquiry->questions.ptr[i];
        forget_pages(question);
        vec_free(&question->pages);
        json_free(question->params);
        mem_free(question);
    }
    vec_free(&inquiry->questions);
    scope_unref(inquiry->scope);
    mem_free(inquiry);
}

/* The last one to leave says how it ends. */
static void leave(struct inquiry *inquiry)
{
    if (--inquiry->open > 0)
        return;
    if (inquiry->dropped || scope_is_closed(inquiry->scope))
        inquiry->kind.drop(inquiry->arg);
    else
        inquiry->kind.end(inquiry, inquiry->arg);
    inquiry_free(inquiry);
}

static void begin(void *arg)
{
    struct inquiry *inquiry = arg;
    inquiry->open = 1;
    inquiry->kind.begin(inquiry, inquiry->arg);
    leave(inquiry);
}

static void drop_whole(void *arg)
{
    struct inquiry *inquiry = arg;
    inquiry->kind.drop(inquiry->arg);
    inquiry_free(inquiry);
}

static void want_estate(void *arg)
{
    struct inquiry *inquiry = arg;
    gov_want_estate(inquiry->gov, false, inquiry->scope, begin, drop_whole, inquiry);
}

void inquiry_start(struct gov *gov, struct scope *scope, const struct inquiry_kind *kind, void *arg)
{
    struct inquiry *inquiry = mem_new(struct inquiry);
    *inquiry = (struct inquiry){.gov = gov, .scope = scope_ref(scope), .kind = *kind, .arg = arg};
    run_call(RUN_WORKER, RUN_URGENT, scope, want_estate, drop_whole, inquiry);
}

struct gov *inquiry_gov(const struct inquiry *inquiry)
{
    return inquiry->gov;
}

struct scope *inquiry_scope(const struct inquiry *inquiry)
{
    return inquiry->scope;
}

static void on_page(void *arg, struct aws_page *page)
{
    struct question *question = arg;
    if (page->restarted)
        forget_pages(question);
    vec_push(&question->pages, page->body);
    page->body = NULL;
}

static void on_done(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    (void)request;
    struct question *question = arg;
    struct inquiry *inquiry = question->inquiry;
    question->err = outcome->err;
    if (outcome->err.code == OK && question->then)
        question->then(inquiry, inquiry->arg);
    leave(inquiry);
}

static void on_drop(void *arg)
{
    struct question *question = arg;
    question->inquiry->dropped = true;
    leave(question->inquiry);
}

void inquiry_read_pages(struct inquiry *inquiry, enum aws_op_id op, const struct aws_target *target,
                        cJSON *take_params, size_t pages_max,
                        void (*then)(struct inquiry *inquiry, void *arg))
{
    struct question *question = mem_new(struct question);
    struct aws_request request = {op, *target, take_params, pages_max};
    *question = (struct question){
        .inquiry = inquiry, .op = op, .then = then, .params = cJSON_Duplicate(take_params, true)};
    vec_push(&inquiry->questions, question);
    inquiry->open++;
    inquiry->gov->read(inquiry->gov->client, inquiry->scope, &request, on_page, on_done, on_drop,
                       question);
}

void inquiry_read(struct inquiry *inquiry, enum aws_op_id op, const struct aws_target *target,
                  cJSON *take_params, void (*then)(struct inquiry *inquiry, void *arg))
{
    inquiry_read_pages(inquiry, op, target, take_params, 0, then);
}

/* The question that page *i of op answers, and the how manieth of its pages that is; NULL: none. */
static const struct question *find_page(const struct inquiry *inquiry, enum aws_op_id op, size_t *i)
{
    for (size_t k = 0; k < inquiry->questions.len; k++) {
        const struct question *question = inquiry->questions.ptr[k];
        if (question->op != op)
            continue;
        if (*i < question->pages.len)
            return question;
        *i -= question->pages.len;
    }
    return NULL;
}

const cJSON *inquiry_page(const struct inquiry *inquiry, enum aws_op_id op, size_t i)
{
    const struct question *question = find_page(inquiry, op, &i);
    return question ? question->pages.ptr[i] : NULL;
}

const cJSON *inquiry_params(const struct inquiry *inquiry, enum aws_op_id op, size_t i)
{
    const struct question *question = find_page(inquiry, op, &i);
    return question ? question->params : NULL;
}

const struct err *inquiry_err(const struct inquiry *inquiry, enum aws_op_id op)
{
    static const struct err none;
    for (size_t k = 0; k < inquiry->questions.len; k++)
        if (inquiry->questions.ptr[k]->op == op && inquiry->questions.ptr[k]->err.code != OK)
            return &inquiry->questions.ptr[k]->err;
    return &none;
}

const struct err *inquiry_failure(const struct inquiry *inquiry, size_t i)
{
    for (size_t k = 0; k < inquiry->questions.len; k++) {
        const struct err *err = &inquiry->questions.ptr[k]->err;
        if (err->code != OK && i-- == 0)
            return err;
    }
    return NULL;
}
