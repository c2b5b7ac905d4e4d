/*
 * The way of a request to a service: who is it, what does it want, is it well formed, may they,
 * then the handler. Each step lets it pass or fills in the refusal.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/automation/automation.h"
#include "tests/sandbox/faults/spoil.h"
#include "tests/sandbox/faults/twist.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/codec.h"
#include "tests/sandbox/wire/error.h"
#include "tests/sandbox/wire/proxy.h"
#include "tests/sandbox/wire/trail.h"
#include "tests/sandbox/wire/validate.h"

/* One request on its way. */
struct turn {
    struct sandbox *sandbox;
    const struct http_request *request;
    struct http_response *response;
    struct auth_result who;
    enum protocol protocol;
    const struct service *service; /* NULL: nobody knows it */
    const struct operation *op;
    char operation[80]; /* as asked for */
    cJSON *form;        /* Query and EC2: all parameters */
    cJSON *input;
    char host[128]; /* call.host */
    struct call call;
    struct reply reply;
    struct fate fate;
    int64_t page; /* twist.h */
};

/* --- who is it? ------------------------------------------------------------------------------- */

static struct sv media_type(const struct http_request *request)
{
    struct sv type = http_header(request, "Content-Type");
    return sv_trim(sv_split(&type, ';'));
}

static struct sv form_text(const struct http_request *request)
{
    if (sv_eq_cstr(request->method, "POST") &&
        sv_eq_cstr(media_type(request), "application/x-www-form-urlencoded"))
        return request->body;
    return http_query(request);
}

/* PREFIX.OPERATION: gives the prefix, which may have dots of its own, and leaves the operation. */
static struct sv cut_target(struct sv *target)
{
    size_t dot = target->len;
    while (dot > 0 && target->ptr[dot - 1] != '.')
        dot--;
    struct sv prefix = {target->ptr, dot > 0 ? dot - 1 : 0};
    *target = (struct sv){target->ptr + dot, target->len - dot};
    return prefix;
}

/* The service by the scope of the signature; without one, by what the request looks like. */
static const struct service *guess_service(const struct turn *t)
{
    const struct service *signed_for = api_service(sv_of(t->who.service));
    struct sv target = http_header(t->request, "X-Amz-Target");
    if (signed_for || target.len == 0)
        return signed_for;
    return api_service_of_target(cut_target(&target));
}

static enum protocol guess_protocol(const struct turn *t)
{
    if (t->service)
        return t->service->protocol;
    if (http_header(t->request, "X-Amz-Target").len > 0)
        return PROTOCOL_JSON;
    return sv_contains(form_text(t->request), SV("Version=2016-11-15")) ? PROTOCOL_EC2
                                                                        : PROTOCOL_QUERY;
}

static bool refuse(struct turn *t, enum refusal refusal, const char *text)
{
    error_refuse(&t->reply, t->protocol, t->service, refusal, text);
    return false;
}

/* What was cut off at the limit cannot be verified any more. */
static bool check_size(struct turn *t)
{
    if (t->request->body.len <= CODEC_BODY_MAX)
        return true;
    t->service = guess_service(t);
    t->protocol = guess_protocol(t);
    return refuse(t, REFUSE_TOO_LARGE, "");
}

/* The action of STS that a request asks for; NULL when there is none such. */
static const struct operation *asked_of_sts(const struct turn *t)
{
    struct codec_problem problem;
    AUTO(json_free_at) cJSON *form = codec_parse_form(form_text(t->request), &problem);
    const struct service *sts = api_service(SV("sts"));
    bool fits = form && sv_eq_cstr(json_sv(form, "Version"), sts->version);
    return fits ? api_operation(sts, json_sv(form, "Action")) : NULL;
}

/* Operations for which nobody has credentials yet: those of REST, known by their path, and some of
 * STS. There is no principal then. */
static bool find_unsigned(struct turn *t)
{
    const struct operation *op = api_rest_operation(t->request->method, http_path(t->request));
    if (!op && !http_header(t->request, "Authorization").ptr)
        op = asked_of_sts(t);
    if (!op || !op->is_unsigned)
        return false;
    t->op = op;
    t->service = op->service;
    t->protocol = op->service->protocol;
    str_copy(t->operation, op->name);
    str_copy(t->who.region, world_region(t->sandbox->world, 0));
    return true;
}

static bool authenticate(struct turn *t)
{
    if (find_unsigned(t))
        return true;
    auth_check(t->sandbox->auth, t->request, sandbox_wall_ms(t->sandbox), t->sandbox->advanced_ms,
               &t->who);
    t->service = guess_service(t);
    t->protocol = guess_protocol(t);
    if (t->who.fault == AUTH_OK && !world_has_region(t->sandbox->world, t->who.region))
        t->who.fault = AUTH_UNKNOWN_KEY; /* as in a region that the account has not enabled */
    if (t->who.fault == AUTH_OK)
        return true;
    error_refuse_auth(&t->reply, t->protocol, t->who.fault, buf_cstr(&t->who.message));
    return false;
}

/* --- what does it want? ----------------------------------------------------------------------- */

static bool find_operation(struct turn *t, struct sv name)
{
    sv_copy(name, t->operation, sizeof t->operation);
    t->op = api_operation(t->service, name);
    if (!t->op)
        return refuse(t, REFUSE_UNKNOWN_OPERATION, t->operation);
    return true;
}

static bool route_json(struct turn *t)
{
    struct sv target = http_header(t->request, "X-Amz-Target");
    bool fits = sv_eq_cstr(t->request->method, "POST") &&
                sv_eq_cstr(media_type(t->request), codec_content_type(PROTOCOL_JSON)) &&
                sv_eq_cstr(cut_target(&target), t->service->target_prefix);
    return fits ? find_operation(t, target) : refuse(t, REFUSE_UNKNOWN_OPERATION, "");
}

static bool route_form(struct turn *t)
{
    struct codec_problem problem;
    t->form = codec_parse_form(form_text(t->request), &problem);
    if (!t->form)
        return refuse(t, REFUSE_MALFORMED, problem.text);
    struct sv action = json_sv(t->form, "Action"), version = json_sv(t->form, "Version");
    sv_copy(action, t->operation, sizeof t->operation);
    if (action.len == 0 || version.len == 0)
        return refuse(t, REFUSE_MISSING_ACTION, "");
    if (!sv_eq_cstr(version, t->service->version))
        return refuse(t, REFUSE_WRONG_VERSION, version.ptr);
    cJSON_DeleteItemFromObjectCaseSensitive(t->form, "Version");
    bool found = find_operation(t, action);
    cJSON_DeleteItemFromObjectCaseSensitive(t->form, "Action");
    return found;
}

static bool route(struct turn *t)
{
    if (t->protocol == PROTOCOL_REST && t->op)
        return true; /* the path said it all */
    if (!sv_eq_cstr(http_path(t->request), "/")) {
        refuse(t, REFUSE_UNKNOWN_OPERATION, "");
        t->reply.http_status = 404;
        return false;
    }
    return t->protocol == PROTOCOL_JSON ? route_json(t) : route_form(t);
}

/* "" when nobody signed. */
static const char *account_of(const struct turn *t)
{
    return t->who.principal ? t->who.principal->account_id : "";
}

/* The session of whoever asks has ended just now. */
static bool expire(struct turn *t)
{
    iam_end_session(t->sandbox->iam, t->who.principal);
    error_refuse_auth(&t->reply, t->protocol, AUTH_EXPIRED, "");
    return false;
}

static bool disturb(struct turn *t)
{
    const struct principal *p = t->who.principal;
    const struct fault_target target = {t->service->name, t->op->name, account_of(t),
                                        p ? iam_count_call(t->sandbox->iam, p) : -1, NULL};
    const struct fault *error;
    faults_choose(t->sandbox->faults, &target, &t->fate);
    t->page = twist_take_page(t->op, t->input);
    if (t->fate.of[FAULT_REVOKED])
        sso_revoke_all(t->sandbox->sso);
    if (t->fate.of[FAULT_EXPIRED])
        return expire(t);
    if (t->fate.of[FAULT_THROTTLE])
        return refuse(t, REFUSE_THROTTLED, "");
    if ((error = t->fate.of[FAULT_ERROR]) != NULL)
        reply_error(&t->reply, (int)error->status, error->code, "The sandbox was told to fail.");
    return !error;
}

static bool read_input(struct turn *t)
{
    struct codec_problem problem;
    if (t->protocol == PROTOCOL_JSON)
        t->input = codec_read_json(t->op->input, t->request->body, &problem);
    else if (t->protocol == PROTOCOL_REST)
        t->input = codec_read_rest(t->op->input, t->request, &problem);
    else
        t->input = codec_read_form(t->op->input, t->protocol, t->form, &problem);
    if (t->input)
        return true;
    if (problem.unknown_parameter)
        reply_error(&t->reply, 400, "UnknownParameter", "The parameter %s is not recognized",
                    problem.parameter);
    else if (t->protocol == PROTOCOL_EC2)
        refuse(t, REFUSE_INVALID, problem.text);
    else
        refuse(t, REFUSE_MALFORMED, problem.text);
    return false;
}

/* --- may they? -------------------------------------------------------------------------------- */

static bool make_call(struct turn *t)
{
    struct sv host = http_header(t->request, "Host");
    const struct principal *p = t->who.principal;
    if (proxy_is_aws(host))
        sv_copy(sv_split(&host, ':'), t->host, sizeof t->host);
    t->call = (struct call){
        .service = t->service->name,
        .operation = t->op->name,
        .account_id = account_of(t),
        .region = t->who.region,
        .principal = p,
        .caller_arn = p ? p->arn : "",
        .caller_user_id = p ? p->user_id : "",
        .input = t->input,
        .now_ms = world_now_ms(t->sandbox->world),
        .iam = t->sandbox->iam,
        .wall_ms = sandbox_wall_ms(t->sandbox),
        .advanced_ms = t->sandbox->advanced_ms,
        .sso = t->sandbox->sso,
        .broker = t->sandbox->broker,
        .host = t->host,
        .url = t->sandbox->url,
    };
    return true;
}

/* What the action is done to, as far as policies here tell resources apart. */
static const char *resource_of(const struct turn *t)
{
    struct sv role = json_sv(t->input, "RoleArn");
    return strcmp(t->service->name, "sts") == 0 && role.len > 0 ? role.ptr : "*";
}

/* EC2 adds a blob for sts:DecodeAuthorizationMessage when a change is denied. */
static void add_encoded_message(struct buf *message)
{
    char bytes[120];
    os_random(bytes, sizeof bytes);
    buf_add_cstr(message, ". Encoded authorization failure message: ");
    base64_encode(message, (struct sv){bytes, sizeof bytes});
}

/* Whoever did not sign is asked by the service itself, if by anybody. */
static bool admit(struct turn *t)
{
    const struct service_routes *routes = t->service->routes;
    return !routes || !routes->admit || routes->admit(&t->call, &t->reply);
}

static bool authorize(struct turn *t)
{
    AUTO(buf_done) struct buf message = BUF_NONE;
    char action[120];
    const struct principal *p = t->who.principal;
    if (!p)
        return admit(t);
    snprintf(action, sizeof action, "%s:%s", t->service->name, t->op->name);
    enum decision decision = iam_decide(p, action, resource_of(t));
    if (decision == DECISION_ALLOW)
        return true;
    iam_explain(&message, p, decision, action, t->protocol == PROTOCOL_EC2 ? NULL : resource_of(t));
    if (t->op->has_dry_run && strncmp(t->op->name, "Describe", 8) != 0)
        add_encoded_message(&message);
    return refuse(t, REFUSE_DENIED, buf_cstr(&message));
}

static bool validate(struct turn *t)
{
    return validate_input(t->op, t->input, &t->reply);
}

static bool answer_dry_run(struct turn *t)
{
    if (!t->op->has_dry_run || !json_bool(t->input, "DryRun", false))
        return true;
    reply_error(&t->reply, 412, "DryRunOperation",
                "Request would have succeeded, but DryRun flag is set.");
    return false;
}

/* --- the handler ------------------------------------------------------------------------------ */

static bool handle(struct turn *t)
{
    if (!t->op->handle)
        return refuse(t, REFUSE_NOT_SERVED, t->op->name);
    automations_advance(t->sandbox->world);
    t->op->handle(t->sandbox->world, &t->call, &t->reply);
    if (*t->reply.code)
        return false;
    twist_output(t->sandbox->faults, &t->fate, t->op, t->page, t->reply.output);
    return true;
}

static bool write_output(struct turn *t)
{
    AUTO(buf_done) struct buf mistake = BUF_NONE;
    struct buf *body = &t->response->body;
    bool written =
        t->protocol == PROTOCOL_JSON || t->protocol == PROTOCOL_REST
            ? codec_write_json(body, t->op, t->reply.output, &mistake)
            : codec_write_xml(body, t->op, t->reply.output, t->response->request_id, &mistake);
    t->response->status = 200;
    t->response->content_type = codec_content_type(t->protocol);
    if (written && buf_err(body) == OK)
        return true;
    fprintf(stderr, "watchdeck-sandbox: %s:%s: %s\n", t->service->name, t->op->name,
            written ? "the reply is too large" : buf_cstr(&mistake));
    return refuse(t, REFUSE_INTERNAL, buf_cstr(&mistake));
}

static void log_turn(const struct turn *t)
{
    const struct principal *p = t->who.principal;
    const struct request_record record = {
        .at_ms = clock_wall_ms(),
        .request_id = t->response->request_id,
        .service = t->service ? t->service->name : t->who.service,
        .region = t->who.region,
        .account_id = p ? p->account_id : NULL,
        .principal = p ? p->name : NULL,
        .operation = t->operation,
        .op = t->op,
        .parameters = t->input,
        .status = t->response->status,
        .error_code = t->reply.code,
    };
    request_log_write(t->sandbox->log, &record);
    if (t->response->status == 200)
        secret_log_write(t->sandbox->secrets, t->input, t->reply.output);
}

/* The server writes the right time by itself. */
static void add_date(const struct sandbox *sandbox, struct http_response *response)
{
    char date[64];
    time_t now_s = (time_t)(sandbox_wall_ms(sandbox) / 1000);
    struct tm tm;
    if (faults_skew_ms(sandbox->faults) == 0)
        return;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now_s, &tm));
    buf_addf(&response->headers, "Date: %s\n", date);
}

void gateway_answer(struct sandbox *sandbox, const struct http_request *request,
                    struct http_response *response)
{
    static bool (*const steps[])(struct turn *) = {
        check_size, authenticate, route,          read_input, disturb,      make_call,
        authorize,  validate,     answer_dry_run, handle,     write_output,
    };
    struct turn t = {.sandbox = sandbox, .request = request, .response = response};
    t.reply.output = cJSON_CreateObject();
    os_uuid4(response->request_id);
    sandbox->n_requests++;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (!steps[i](&t)) {
            error_write(response, t.protocol, t.service, &t.reply);
            break;
        }
    log_turn(&t);
    if (t.call.operation)
        trail_note(sandbox->world, t.op, &t.call, &t.reply, response->request_id);
    add_date(sandbox, response);
    spoil_response(sandbox->faults, &t.fate, response);
    json_free(t.reply.output);
    json_free(t.input);
    json_free(t.form);
    auth_result_done(&t.who);
}
