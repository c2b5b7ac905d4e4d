#include "tests/sandbox/faults/spoil.h"

#include <string.h>

#include "core/base/mem.h"

#define DEPTH     200000
#define GARBAGE   4096
#define BOMB_SIZE 10 /* entities, each ten times the one before */

typedef void body_fn(struct faults *faults, const struct fault *f, struct http_response *r);

static bool is_json(const struct http_response *r)
{
    return strstr(r->content_type, "json") != NULL;
}

/* As of a load balancer, with what a terminal must not be given. */
static void make_html(struct faults *faults, const struct fault *f, struct http_response *r)
{
    (void)faults, (void)f;
    buf_clear(&r->body);
    buf_add_cstr(&r->body, "<html><head><title>\x1b]0;sandbox\x07</title></head><body>"
                           "<h1>Bad \xE2\x80\xAEGateway</h1><hr>\x1b[2J</body></html>\r\n");
    r->content_type = "text/html";
    r->status = 502;
}

static void make_empty(struct faults *faults, const struct fault *f, struct http_response *r)
{
    (void)faults, (void)f;
    buf_clear(&r->body);
}

static void make_cut(struct faults *faults, const struct fault *f, struct http_response *r)
{
    (void)f;
    r->body.len = (size_t)(faults_random(faults) * (double)r->body.len);
}

static void make_deep(struct faults *faults, const struct fault *f, struct http_response *r)
{
    (void)faults, (void)f;
    buf_clear(&r->body);
    for (int i = 0; i < DEPTH; i++)
        buf_add_cstr(&r->body, is_json(r) ? "{\"a\":[" : "<a>");
}

/* A billion laughs. */
static void make_entities(struct faults *faults, const struct fault *f, struct http_response *r)
{
    (void)faults, (void)f;
    buf_clear(&r->body);
    buf_add_cstr(&r->body, "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY e0 \"ha\">");
    for (int i = 1; i < BOMB_SIZE; i++) {
        buf_addf(&r->body, "<!ENTITY e%d \"", i);
        for (int k = 0; k < 10; k++)
            buf_addf(&r->body, "&e%d;", i - 1);
        buf_add_cstr(&r->body, "\">");
    }
    buf_addf(&r->body, "]><a>&e%d;</a>", BOMB_SIZE - 1);
}

/* Asks the reader to fetch something. */
static void make_external(struct faults *faults, const struct fault *f, struct http_response *r)
{
    (void)faults;
    buf_clear(&r->body);
    buf_addf(&r->body,
             "<?xml version=\"1.0\"?>\n<!DOCTYPE a SYSTEM \"%s\" [<!ENTITY x SYSTEM \"%s\">"
             "<!ENTITY %% y SYSTEM \"%s\"> %%y;]><a>&x;</a>",
             f->to, f->to, f->to);
}

static void make_garbage(struct faults *faults, const struct fault *f, struct http_response *r)
{
    (void)f;
    buf_clear(&r->body);
    for (int i = 0; i < GARBAGE; i++)
        buf_add_char(&r->body, (char)(faults_random(faults) * 256));
}

static const struct {
    const char *is;
    body_fn *make;
} bodies[] = {
    {"html", make_html},       {"empty", make_empty},       {"cut", make_cut},
    {"deep", make_deep},       {"entities", make_entities}, {"external", make_external},
    {"garbage", make_garbage},
};

static void replace_body(struct faults *faults, const struct fault *f, struct http_response *r)
{
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        if (strcmp(bodies[i].is, f->is) == 0)
            bodies[i].make(faults, f, r);
    if (f->status > 0)
        r->status = (int)f->status;
}

static void redirect(const struct fault *f, struct http_response *r)
{
    buf_clear(&r->body);
    buf_addf(&r->headers, "Location: %s\n", f->to);
    r->status = (int)f->status;
}

static void break_wire(const struct fate *fate, struct http_response *r)
{
    static const struct {
        enum fault_kind kind;
        int how;
    } wires[] = {{FAULT_RESET, RELAY_RESET},
                 {FAULT_CLOSE, RELAY_CLOSE},
                 {FAULT_STALL, RELAY_STALL},
                 {FAULT_SLOW, RELAY_SLOW}};
    for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
        const struct fault *f = fate->of[wires[i].kind];
        if (f)
            r->broken = (struct relay_break){wires[i].how, f->bytes, f->ms};
    }
}

void spoil_response(struct faults *faults, const struct fate *fate, struct http_response *response)
{
    const struct fault *throttle = fate->of[FAULT_THROTTLE];
    if (throttle && *throttle->retry_after)
        buf_addf(&response->headers, "x-amz-retry-after: %s\n", throttle->retry_after);
    if (fate->of[FAULT_BODY])
        replace_body(faults, fate->of[FAULT_BODY], response);
    if (fate->of[FAULT_REDIRECT])
        redirect(fate->of[FAULT_REDIRECT], response);
    if (fate->of[FAULT_HUGE])
        response->n_blanks = fate->of[FAULT_HUGE]->bytes;
    if (fate->of[FAULT_LENGTH])
        response->length_off_by = fate->of[FAULT_LENGTH]->by;
    break_wire(fate, response);
}
