#include "core/aws/sso/sso_provide.h"

#include "core/aws/call.h"
#include "core/aws/cred/fetch.h"
#include "core/aws/sso/sso_login.h"
#include "core/aws/sso/sso_role.h"
#include "core/base/mem.h"

#define GET_TRIES    3
#define GET_PAUSE_MS 500

/* One question. Belongs to RUN_WORKER. */
struct question {
    struct aws_client *client;
    struct sso_config sso;
    char profile[128];
    struct secret *access; /* that it was asked with */
    bool may_ask, was_rejected;
    sso_credentials_fn *done;
    void (*drop)(void *arg);
    void *arg;
};

static void question_free(struct question *question)
{
    secret_unref(question->access);
    mem_free(question);
}

static void drop_question(void *arg)
{
    struct question *question = arg;
    question->drop(question->arg);
    question_free(question);
}

static void end(struct question *question, struct credentials *credentials, const struct err *err)
{
    question->done(question->arg, credentials, err);
    question_free(question);
}

static void take_token(void *arg, const struct sso_token *token, const struct err *err);

/* What is no good reply: a token that has lapsed is replaced, once. */
static void on_fault(struct question *question, const struct http_reply *reply)
{
    struct err err = reply->err;
    bool wants_login =
        reply->code == OK && sso_role_read_fault(&question->sso, reply->status,
                                                 http_reply_header(reply, "x-amzn-errortype"),
                                                 buf_sv(&reply->body), &err);
    if (wants_login && !question->was_rejected) {
        question->was_rejected = true;
        sso_login_get(question->client, &question->sso, question->profile, question->access,
                      question->may_ask, take_token, drop_question, question);
    } else {
        end(question, NULL, &err);
    }
}

static void on_reply(void *arg, struct http_reply *reply)
{
    struct question *question = arg;
    struct credentials *credentials = NULL;
    struct err err = ERR_NONE;
    if (reply->code != OK || reply->status != 200) {
        on_fault(question, reply);
        return;
    }
    sso_role_read(buf_sv(&reply->body), &credentials, &err);
    end(question, credentials, &err);
    credentials_unref(credentials);
}

static void ask(struct question *question, const struct endpoint *endpoint)
{
    AUTO(buf_done) struct buf url = BUF_NONE;
    struct sv base = sv_of(endpoint->url);
    base.len -= sv_ends(base, SV("/"));
    buf_add(&url, base);
    sso_role_add_path(&url, &question->sso);
    const struct fetch_request request = {.method = "GET",
                                          .url = buf_cstr(&url),
                                          .headers = {{SSO_BEARER_HEADER, NULL, question->access}},
                                          .tries_max = GET_TRIES,
                                          .pause_ms = GET_PAUSE_MS,
                                          .allow_plain = endpoint->is_given,
                                          .ca_file = question->client->ca_file};
    fetch_start(&request, question->client->scope, on_reply, drop_question, question);
}

static void take_token(void *arg, const struct sso_token *token, const struct err *err)
{
    struct question *question = arg;
    struct endpoint endpoint;
    struct err wrong = *err;
    if (token == NULL || endpoint_resolve(&question->client->endpoints, aws_service_find(SV("sso")),
                                          question->sso.region, &endpoint, &wrong) != OK) {
        end(question, NULL, &wrong);
        return;
    }
    secret_unref(question->access);
    question->access = secret_ref(token->access);
    ask(question, &endpoint);
}

void sso_provide(struct aws_client *client, const struct sso_config *sso, const char *profile,
                 bool may_ask, sso_credentials_fn *done, void (*drop)(void *arg), void *arg)
{
    struct question *question = mem_new(struct question);
    question->client = client;
    question->sso = *sso;
    str_copy(question->profile, profile);
    question->may_ask = may_ask;
    question->done = done;
    question->drop = drop;
    question->arg = arg;
    sso_login_get(client, sso, profile, NULL, may_ask, take_token, drop_question, question);
}
