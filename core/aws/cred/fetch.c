#include "core/aws/cred/fetch.h"

#include <string.h>

#include "core/base/mem.h"

/* Belongs to one runner at a time; only RUN_WORKER frees it. */
struct fetch {
    struct fetch_request request; /* the texts are its own */
    struct scope *scope;
    unsigned tries_left;
    struct http_reply reply;
    fetch_done_fn *done;
    void (*drop)(void *arg);
    void *arg;
};

static void reply_wipe(struct http_reply *reply)
{
    secret_wipe(reply->body.ptr, reply->body.len);
    secret_wipe(reply->headers.ptr, reply->headers.len);
    http_reply_done(reply);
    *reply = (struct http_reply){0};
}

static void fetch_free(struct fetch *fetch)
{
    struct fetch_request *request = &fetch->request;
    for (size_t i = 0; i < FETCH_HEADERS_MAX; i++) {
        mem_free((char *)request->headers[i].name);
        mem_free((char *)request->headers[i].value);
        secret_unref(request->headers[i].secret);
    }
    mem_free((char *)request->method);
    mem_free((char *)request->url);
    mem_free((char *)request->ca_file);
    secret_unref(request->body);
    reply_wipe(&fetch->reply);
    scope_unref(fetch->scope);
    mem_free(fetch);
}

static void drop_fetch(void *arg)
{
    struct fetch *fetch = arg;
    if (fetch->drop != NULL)
        fetch->drop(fetch->arg);
    fetch_free(fetch);
}

/* --- on RUN_WORKER --------------------------------------------------------------------------- */

static void send_fetch(void *arg);
static void drop_on_net(void *arg);

static void post_to_net(void *arg)
{
    struct fetch *fetch = arg;
    run_call(RUN_NET, RUN_URGENT, fetch->scope, send_fetch, drop_on_net, fetch);
}

static bool is_worth_another_try(const struct http_reply *reply)
{
    bool was_answered = reply->code == OK;
    return (!was_answered && reply->code != ERR_CONFIG && reply->code != ERR_TOO_BIG) ||
           (was_answered && (reply->status == 429 || reply->status >= 500));
}

static void hand_over(void *arg)
{
    struct fetch *fetch = arg;
    fetch->tries_left--;
    if (fetch->tries_left > 0 && is_worth_another_try(&fetch->reply)) {
        reply_wipe(&fetch->reply);
        run_after(RUN_WORKER, fetch->request.pause_ms, fetch->scope, post_to_net, drop_fetch,
                  fetch);
        return;
    }
    fetch->done(fetch->arg, &fetch->reply);
    fetch_free(fetch);
}

/* --- on RUN_NET ------------------------------------------------------------------------------ */

static void post_to_worker(struct fetch *fetch)
{
    run_call(RUN_WORKER, RUN_URGENT, fetch->scope, hand_over, drop_fetch, fetch);
}

/* The scope is closed: what is posted now is dropped where it ends. */
static void drop_on_net(void *arg)
{
    post_to_worker(arg);
}

static void on_reply(void *arg, struct http_reply *reply)
{
    struct fetch *fetch = arg;
    fetch->reply = *reply;
    *reply = (struct http_reply){0};
    post_to_worker(fetch);
}

/* The headers as http takes them; the copies of secrets are to be wiped. False when a secret
 * would be cut at a NUL. */
static bool write_headers(const struct fetch_request *request, struct http_header *headers,
                          char **copies, size_t *n)
{
    for (*n = 0; *n < FETCH_HEADERS_MAX && request->headers[*n].name != NULL; (*n)++) {
        const struct fetch_header *header = &request->headers[*n];
        struct sv secret = secret_bytes(header->secret);
        if (secret.len > 0 && memchr(secret.ptr, '\0', secret.len) != NULL)
            return false;
        copies[*n] = header->secret != NULL ? sv_dup(secret) : NULL;
        headers[*n] =
            (struct http_header){header->name, header->secret != NULL ? copies[*n] : header->value};
    }
    return true;
}

static void wipe_copies(char **copies, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (copies[i] != NULL)
            secret_wipe(copies[i], strlen(copies[i]));
        mem_free(copies[i]);
    }
}

static void send_fetch(void *arg)
{
    struct fetch *fetch = arg;
    const struct fetch_request *request = &fetch->request;
    struct http_header headers[FETCH_HEADERS_MAX] = {0};
    char *copies[FETCH_HEADERS_MAX] = {NULL};
    size_t n = 0;
    if (write_headers(request, headers, copies, &n)) {
        const struct http_request http = {.method = request->method,
                                          .url = request->url,
                                          .headers = headers,
                                          .n_headers = n,
                                          .body = secret_bytes(request->body),
                                          .body_max_bytes = request->body_max_bytes,
                                          .has_secrets = true,
                                          .connect_timeout_ms = request->timeout_ms,
                                          .silence_timeout_ms = request->timeout_ms,
                                          .total_timeout_ms = request->timeout_ms,
                                          .allow_plain = request->allow_plain,
                                          .ca_file = request->ca_file};
        http_send(&http, fetch->scope, on_reply, drop_on_net, fetch);
    } else {
        fetch->reply.code =
            err_set(&fetch->reply.err, ERR_CONFIG, headers[n].name, "a header value holds a NUL");
        post_to_worker(fetch);
    }
    wipe_copies(copies, n);
}

/* --- any runner ------------------------------------------------------------------------------ */

static void copy_request(const struct fetch_request *from, struct fetch_request *to)
{
    *to = *from;
    to->method = mem_strdup(from->method);
    to->url = mem_strdup(from->url);
    to->ca_file = mem_strdup(from->ca_file);
    to->body = secret_ref(from->body);
    to->body_max_bytes = from->body_max_bytes ?: FETCH_BODY_MAX;
    to->timeout_ms = from->timeout_ms ?: FETCH_TIME_OUT_MS;
    for (size_t i = 0; i < FETCH_HEADERS_MAX; i++)
        to->headers[i] = (struct fetch_header){mem_strdup(from->headers[i].name),
                                               mem_strdup(from->headers[i].value),
                                               secret_ref(from->headers[i].secret)};
}

void fetch_start(const struct fetch_request *request, struct scope *scope, fetch_done_fn *done,
                 void (*drop)(void *arg), void *arg)
{
    struct fetch *fetch = mem_new(struct fetch);
    copy_request(request, &fetch->request);
    fetch->scope = scope_ref(scope);
    fetch->tries_left = request->tries_max ?: 1;
    fetch->done = done;
    fetch->drop = drop;
    fetch->arg = arg;
    post_to_net(fetch);
}
