#include "core/session/calls.h"

#include "core/aws/client_session.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/json_pick.h"
#include "core/base/mem.h"

#define URL_BYTES_MAX 4096

/* A call on its way: asked on RUN_NET, read on RUN_WORKER, handed over on RUN_NET. */
struct errand {
    struct scope *scope;
    bool is_start;
    struct ticket ticket;
    struct data_key key;
    ticket_fn *on_ticket;
    data_key_fn *on_key;
    void (*on_done)(void *arg, const struct err *err);
    void (*on_connection)(void *arg, bool is_connected, const struct err *err);
    bool is_connected;
    void *arg;
};

static void errand_free(void *arg)
{
    struct errand *errand = arg;

    secret_unref(errand->ticket.token);
    mem_free(errand->ticket.url);
    secret_unref(errand->key.key);
    buf_done(&errand->key.ciphertext);
    scope_unref(errand->scope);
    mem_free(errand);
}

static void hand_over(void *arg)
{
    struct errand *errand = arg;

    if (errand->on_ticket != NULL)
        errand->on_ticket(errand->arg, &errand->ticket);
    else if (errand->on_key != NULL)
        errand->on_key(errand->arg, &errand->key);
    else if (errand->on_connection != NULL)
        errand->on_connection(errand->arg, errand->is_connected, &errand->ticket.err);
    else
        errand->on_done(errand->arg, &errand->ticket.err);
    errand_free(errand);
}

static void go_back(struct errand *errand)
{
    run_call(RUN_NET, RUN_URGENT, errand->scope, hand_over, errand_free, errand);
}

static void send_errand(struct aws_client *client, struct errand *errand, struct scope *scope,
                        enum aws_op_id op, const struct aws_target *target, cJSON *params,
                        aws_session_done_fn *on_answer)
{
    const struct aws_request request = {.op = op, .target = *target, .params = params};

    errand->scope = scope_ref(scope);
    client_session(client, scope, &request, on_answer, errand_free, errand);
}

/* --- tickets --------------------------------------------------------------------------------- */

static void read_ticket(struct errand *errand, struct sv body)
{
    struct ticket *ticket = &errand->ticket;
    char url[URL_BYTES_MAX];

    if (json_pick_check(body, "session", &ticket->err) != OK)
        return;
    bool has_id =
        json_pick_text(json_pick(body, "SessionId"), ticket->session_id, sizeof ticket->session_id);
    if (json_pick_text(json_pick(body, "StreamUrl"), url, sizeof url))
        ticket->url = mem_strdup(url);
    ticket->token = json_pick_secret(json_pick(body, "TokenValue"));
    bool is_whole = has_id && ticket->url != NULL && ticket->token != NULL;
    if (errand->is_start && !is_whole)
        err_set(&ticket->err, ERR_PARSE, "ssm:StartSession",
                "the answer names no session, no token or no place to connect to");
}

static void on_ticket_answer(void *arg, struct sv body, const struct err *err)
{
    struct errand *errand = arg;

    errand->ticket.err = *err;
    if (err->code == OK)
        read_ticket(errand, body);
    go_back(errand);
}

static cJSON *parameters_of(const struct channel_request *request)
{
    cJSON *parameters = cJSON_CreateObject();

    for (size_t i = 0; i < CHANNEL_PARAMETERS_MAX && request->parameters[i].name != NULL; i++) {
        cJSON *list = cJSON_AddArrayToObject(parameters, request->parameters[i].name);
        cJSON_AddItemToArray(list, cJSON_CreateString(request->parameters[i].value));
    }
    return parameters;
}

void call_for_session(struct aws_client *client, struct scope *scope,
                      const struct channel_request *request, ticket_fn *done, void *arg)
{
    struct errand *errand = mem_new(struct errand);
    cJSON *params = cJSON_CreateObject();

    errand->is_start = true;
    errand->on_ticket = done;
    errand->arg = arg;
    cJSON_AddStringToObject(params, "Target", request->node);
    if (request->document != NULL)
        cJSON_AddStringToObject(params, "DocumentName", request->document);
    if (request->reason != NULL)
        cJSON_AddStringToObject(params, "Reason", request->reason);
    if (request->parameters[0].name != NULL)
        cJSON_AddItemToObject(params, "Parameters", parameters_of(request));
    send_errand(client, errand, scope, OP_ssm_StartSession, &request->target, params,
                on_ticket_answer);
}

void call_for_resume(struct aws_client *client, struct scope *scope,
                     const struct aws_target *target, const char *session_id, ticket_fn *done,
                     void *arg)
{
    struct errand *errand = mem_new(struct errand);
    cJSON *params = cJSON_CreateObject();

    errand->on_ticket = done;
    errand->arg = arg;
    cJSON_AddStringToObject(params, "SessionId", session_id);
    send_errand(client, errand, scope, OP_ssm_ResumeSession, target, params, on_ticket_answer);
}

/* --- keys ------------------------------------------------------------------------------------ */

/* base64 to bytes that leave no copy behind. */
static struct secret *decode_secret(struct secret *base64)
{
    struct buf bytes = BUF_NONE;
    struct secret *secret = NULL;

    buf_reserve(&bytes, secret_bytes(base64).len);
    if (base64_decode(&bytes, secret_bytes(base64)))
        secret = secret_new(buf_sv(&bytes));
    secret_wipe(bytes.ptr, bytes.len);
    buf_done(&bytes);
    return secret;
}

static void read_key(struct data_key *key, struct sv body)
{
    char base64[8192 + 1]; /* CiphertextBlob has at most 6144 bytes */

    if (json_pick_check(body, "kms:GenerateDataKey", &key->err) != OK)
        return;
    struct secret *plain = json_pick_secret(json_pick(body, "Plaintext"));
    key->key = plain != NULL ? decode_secret(plain) : NULL;
    secret_unref(plain);
    bool has_blob = json_pick_text(json_pick(body, "CiphertextBlob"), base64, sizeof base64) &&
                    base64_decode(&key->ciphertext, sv_of(base64));
    if (key->key == NULL || !has_blob)
        err_set(&key->err, ERR_PARSE, "kms:GenerateDataKey", "the answer holds no key");
}

static void on_key_answer(void *arg, struct sv body, const struct err *err)
{
    struct errand *errand = arg;

    errand->key.err = *err;
    if (err->code == OK)
        read_key(&errand->key, body);
    go_back(errand);
}

void call_for_key(struct aws_client *client, struct scope *scope, const struct aws_target *target,
                  const char *session_id, const char *node, const struct handshake *handshake,
                  data_key_fn *done, void *arg)
{
    struct errand *errand = mem_new(struct errand);
    cJSON *params = handshake_key_request(handshake, session_id, node);

    errand->on_key = done;
    errand->arg = arg;
    send_errand(client, errand, scope, OP_kms_GenerateDataKey, target, params, on_key_answer);
}

/* --- a key of the person's ------------------------------------------------------------------- */

static void on_admitted(void *arg, struct sv body, const struct err *err)
{
    struct errand *errand = arg;

    errand->ticket.err = *err;
    if (err->code == OK && !sv_eq_cstr(json_pick(body, "Success"), "true"))
        err_set(&errand->ticket.err, ERR_AWS, "ec2-instance-connect:SendSSHPublicKey",
                "the key was not taken");
    go_back(errand);
}

void call_to_admit(struct aws_client *client, struct scope *scope, const struct aws_target *target,
                   const char *node, const char *user, const char *public_key,
                   void (*done)(void *arg, const struct err *err), void *arg)
{
    struct errand *errand = mem_new(struct errand);
    cJSON *params = cJSON_CreateObject();

    errand->on_done = done;
    errand->arg = arg;
    cJSON_AddStringToObject(params, "InstanceId", node);
    cJSON_AddStringToObject(params, "InstanceOSUser", user);
    cJSON_AddStringToObject(params, "SSHPublicKey", public_key);
    send_errand(client, errand, scope, OP_ec2_instance_connect_SendSSHPublicKey, target, params,
                on_admitted);
}

/* --- whether the node is there ------------------------------------------------------------------
 */

static void on_connection_page(void *arg, struct aws_page *page)
{
    struct errand *errand = arg;

    errand->is_connected = sv_eq_cstr(json_sv(page->body, "Status"), "connected");
}

static void on_connection_read(void *arg, const struct aws_request *request,
                               const struct aws_outcome *outcome)
{
    struct errand *errand = arg;

    (void)request;
    errand->ticket.err = outcome->err;
    go_back(errand);
}

void call_for_connection(struct aws_client *client, struct scope *scope,
                         const struct aws_target *target, const char *node,
                         void (*done)(void *arg, bool is_connected, const struct err *err),
                         void *arg)
{
    struct errand *errand = mem_new(struct errand);
    const struct aws_request request = {
        .op = OP_ssm_GetConnectionStatus, .target = *target, .params = cJSON_CreateObject()};

    errand->on_connection = done;
    errand->arg = arg;
    errand->scope = scope_ref(scope);
    cJSON_AddStringToObject(request.params, "Target", node);
    client_read(client, scope, &request, on_connection_page, on_connection_read, errand_free,
                errand);
}

/* --- the end --------------------------------------------------------------------------------- */

static void on_terminated(void *arg, struct sv body, const struct err *err)
{
    struct errand *errand = arg;

    (void)body;
    errand->ticket.err = *err;
    go_back(errand);
}

void call_to_terminate(struct aws_client *client, struct scope *scope,
                       const struct aws_target *target, const char *session_id,
                       void (*done)(void *arg, const struct err *err), void *arg)
{
    struct errand *errand = mem_new(struct errand);
    cJSON *params = cJSON_CreateObject();

    errand->on_done = done;
    errand->arg = arg;
    cJSON_AddStringToObject(params, "SessionId", session_id);
    send_errand(client, errand, scope, OP_ssm_TerminateSession, target, params, on_terminated);
}
