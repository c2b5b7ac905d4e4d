#include "core/aws/client.h"

#include <stdlib.h>
#include <string.h>

#include "core/aws/call.h"
#include "core/aws/cred/fingerprint.h"
#include "core/aws/profiles.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/nearest.h"

#define DEFAULT_ROLE             "OrganizationAccountAccessRole"
#define DEFAULT_REGION           "us-east-1"
#define ATTEMPTS_MOST            20
#define GLOBAL_SLOW_ATTEMPTS_MAX 5 /* Organizations throttles its lists at a few calls a second */

/* The first that says something. */
static struct sv first_said(const char *option, const char *variable, const char *other_variable,
                            struct sv otherwise)
{
    const char *const said[] = {option, getenv(variable), getenv(other_variable)};
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        if (said[i] != NULL && said[i][0] != '\0')
            return sv_of(said[i]);
    }
    return otherwise;
}

static enum err_code choose_profile(struct aws_client *client, const struct aws_options *options,
                                    const struct config_section **profile, struct err *err)
{
    struct sv name = shared_config_profile(options->profile);
    if (name.len >= sizeof client->profile)
        return err_set(err, ERR_CONFIG, "profile", "the profile's name is too long");
    sv_copy(name, client->profile, sizeof client->profile);
    *profile = shared_config_find(&client->config, CONFIG_PROFILE, name);
    if (*profile == NULL && !sv_eq_cstr(name, "default"))
        return err_set(err, ERR_CREDENTIALS, "profile", "there is no profile \"%s\" in %s or %s",
                       client->profile, client->config.config_file,
                       client->config.credentials_file);
    return OK;
}

static enum err_code choose_retry_mode(struct aws_client *client,
                                       const struct config_section *profile, struct err *err)
{
    struct sv name =
        first_said(NULL, "AWS_RETRY_MODE", "AWS_RETRY_MODE", config_text(profile, "retry_mode"));
    const struct retry_rules *rules = retry_mode(name.len > 0 ? name : SV("standard"));
    if (rules == NULL)
        return err_set(err, ERR_CONFIG, "AWS_RETRY_MODE",
                       "\"" SV_FMT "\" is no retry mode: legacy, standard or adaptive",
                       SV_ARG(name));
    client->retry = *rules;
    return OK;
}

static enum err_code choose_attempts(struct aws_client *client,
                                     const struct config_section *profile, struct err *err)
{
    struct sv said = first_said(NULL, "AWS_MAX_ATTEMPTS", "AWS_MAX_ATTEMPTS",
                                config_text(profile, "max_attempts"));
    int64_t attempts = client->retry.attempts_max;
    if (said.len > 0 && (!sv_to_i64(said, &attempts) || attempts < 1 || attempts > ATTEMPTS_MOST))
        return err_set(err, ERR_CONFIG, "AWS_MAX_ATTEMPTS", "is no number from 1 to %d",
                       ATTEMPTS_MOST);
    client->retry.attempts_max = (unsigned)attempts;
    client->global_slow_attempts_max = said.len > 0 ? (unsigned)attempts : GLOBAL_SLOW_ATTEMPTS_MAX;
    return OK;
}

static enum err_code choose_names(struct aws_client *client, const struct aws_options *options,
                                  const struct config_section *profile, struct err *err)
{
    struct sv region = first_said(options->region, "AWS_REGION", "AWS_DEFAULT_REGION",
                                  config_text(profile, "region"));
    struct sv ca_file = first_said(options->ca_file, "AWS_CA_BUNDLE", "AWS_CA_BUNDLE",
                                   config_text(profile, "ca_bundle"));
    struct sv role = sv_of(options->member_role != NULL ? options->member_role : DEFAULT_ROLE);
    struct endpoint endpoint;
    if (region.len == 0)
        region = SV(DEFAULT_REGION);
    client->budget_percent =
        options->budget_percent != 0 ? options->budget_percent : BUDGET_USUAL_PERCENT;
    if (role.len >= sizeof client->member_role || region.len >= sizeof client->region)
        return err_set(err, ERR_CONFIG, "options", "the name of the role or region is too long");
    sv_copy(region, client->region, sizeof client->region);
    sv_copy(role, client->member_role, sizeof client->member_role);
    client->ca_file = ca_file.len > 0 ? sv_dup(ca_file) : NULL;
    return endpoint_resolve(&client->endpoints, aws_op(OP_sts_GetCallerIdentity)->service,
                            client->region, &endpoint, err);
}

/* Whether the configuration makes sense is known at once; the credentials are acquired when the
 * first call wants them. */
static enum err_code check_chain(struct aws_client *client, const struct aws_options *options,
                                 struct err *err)
{
    struct chain chain;
    struct buf words = BUF_NONE;
    client->source = (struct credential_source){
        .config = &client->config,
        .profile = client->profile,
        .profile_is_explicit = options->profile != NULL,
    };
    enum err_code code = chain_resolve(&client->source, &chain, err);
    if (code != OK)
        return code;
    client->keys_from_environment = chain.base->is_environment && chain.roles.len == 0;
    chain_describe(&chain, client->profile, &words);
    client->credentials_from = buf_take(&words);
    chain_done(&chain);
    identities_init(client);
    return OK;
}

static enum err_code load_rules(struct aws_client *client, const struct aws_options *options,
                                const struct config_section **profile, struct err *err)
{
    enum err_code code = shared_config_load(&client->config, err);
    if (code == OK)
        code = choose_profile(client, options, profile, err);
    if (code == OK)
        code = endpoint_rules_load(options->endpoint_url, &client->config, *profile,
                                   &client->endpoints, err);
    client->endpoints.use_fips |= options->use_fips;
    client->endpoints.use_dual_stack |= options->use_dual_stack;
    return code;
}

static enum err_code set_up(struct aws_client *client, const struct aws_options *options,
                            struct err *err)
{
    const struct config_section *profile = NULL;
    enum err_code code = load_rules(client, options, &profile, err);
    if (code == OK)
        code = choose_retry_mode(client, profile, err);
    if (code == OK)
        code = choose_attempts(client, profile, err);
    if (code == OK)
        code = choose_names(client, options, profile, err);
    if (code == OK)
        code = check_chain(client, options, err);
    return code;
}

enum err_code client_new(const struct aws_options *options, struct aws_client **client,
                         struct err *err)
{
    struct aws_client *made = mem_new(struct aws_client);
    made->attempts = attempt_log_new();
    made->sso_second_ms = 1000;
    made->throttles = throttle_board_new();
    made->scope = scope_new(NULL, "aws client");
    enum err_code code = set_up(made, options, err);
    if (code != OK) {
        client_free(made);
        made = NULL;
    }
    *client = made;
    return code;
}

void client_free(struct aws_client *client)
{
    if (client == NULL)
        return;
    scope_close(client->scope);
    scope_unref(client->scope);
    prompts_done(&client->prompts);
    sso_logins_done(&client->sso_logins);
    acquires_done(&client->acquires);
    profiles_done(client);
    identities_done(client);
    signer_done(&client->signer);
    lanes_free(&client->lanes);
    attempt_log_free(client->attempts);
    throttle_board_free(client->throttles);
    endpoint_rules_done(&client->endpoints);
    shared_config_done(&client->config);
    mem_free(client->ca_file);
    mem_free(client->credentials_from);
    mem_free(client);
}

static enum err_code unknown_service(struct sv name, struct err *err)
{
    AUTO(buf_done) struct buf hint = BUF_NONE;
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; aws_service_at(i) != NULL; i++)
        nearest_offer(&nearest, aws_service_at(i)->id);
    nearest_hint(&nearest, &hint);
    for (size_t i = 0; nearest.best == NULL && aws_service_at(i) != NULL; i++)
        buf_addf(&hint, "%s%s", i == 0 ? "; there are " : ", ", aws_service_at(i)->id);
    err_set(err, ERR_USAGE, "endpoint", "no service is called \"" SV_FMT "\"%s", SV_ARG(name),
            buf_cstr(&hint));
    return err_advise(err, ERR_USAGE, "");
}

enum err_code client_find_endpoint(const struct aws_options *options, struct sv service,
                                   const char *region, struct buf *url, struct err *err)
{
    const struct aws_service *found = aws_service_find(service);
    const struct config_section *profile = NULL;
    struct aws_client *client = mem_new(struct aws_client);
    struct endpoint endpoint;
    enum err_code code = OK;
    if (found == NULL)
        code = unknown_service(service, err);
    if (code == OK)
        code = load_rules(client, options, &profile, err);
    if (code == OK)
        code = endpoint_resolve(&client->endpoints, found, region, &endpoint, err);
    if (code == OK) {
        struct sv whole = sv_of(endpoint.url);
        whole.len -= strcmp(endpoint.path, "/") == 0;
        buf_add(url, whole);
    }
    endpoint_rules_done(&client->endpoints);
    shared_config_done(&client->config);
    mem_free(client);
    return code;
}

const char *client_region(const struct aws_client *client)
{
    return client->region;
}

static const struct named_endpoint *stream_endpoint(const struct aws_client *client)
{
    for (size_t i = 0; i < client->endpoints.named.len; i++) {
        const struct named_endpoint *named = &client->endpoints.named.ptr[i];
        if (named->is_for_it && strcmp(named->service->id, "ssmmessages") == 0)
            return named;
    }
    return NULL;
}

bool client_stream_url(const struct aws_client *client, const char *url, struct buf *out)
{
    const struct named_endpoint *named = stream_endpoint(client);
    const char *authority = strstr(url, "://");

    if (named == NULL || authority == NULL) {
        buf_add_cstr(out, url);
        return false;
    }
    bool is_plain = strncmp(named->endpoint.url, "http:", 5) == 0;
    const char *path = authority + 3 + strcspn(authority + 3, "/?");
    buf_addf(out, "%s://%s%s", is_plain ? "ws" : "wss", named->endpoint.host, path);
    return true;
}

const char *client_ca_file(const struct aws_client *client)
{
    return client->ca_file;
}

const char *client_profile(const struct aws_client *client)
{
    return client->keys_from_environment ? "" : client->profile;
}

const char *client_credentials_from(const struct aws_client *client)
{
    return client->credentials_from;
}

int64_t client_lapse_at_ms(struct aws_client *client)
{
    return atomic_load(&client->base_lapse_at_ms);
}

const char *client_member_role(const struct aws_client *client)
{
    return client->member_role;
}

bool client_fingerprint(const struct aws_client *client, struct buf *out)
{
    buf_addf(out, "region=%s\nrole=%s\n", client->region, client->member_role);
    for (size_t i = 0; i < client->endpoints.named.len; i++) {
        const struct named_endpoint *named = &client->endpoints.named.ptr[i];
        buf_addf(out, "%s=%s\n", named->service->id, named->endpoint.url);
    }
    return credential_fingerprint(&client->source, out);
}

const char *client_profile_place(const struct aws_client *client)
{
    const struct config_section *profile =
        shared_config_find(&client->config, CONFIG_PROFILE, sv_of(client->profile));
    return profile != NULL && profile->properties.len > 0 ? profile->properties.ptr[0].file : "";
}

int64_t client_login_lapses_at_ms(const struct aws_client *client)
{
    return atomic_load(&client->sso_lapse_at_ms);
}

static void forgive_logins(void *arg)
{
    struct aws_client *client = arg;
    sso_login_forgive(client);
    acquires_forgive(&client->acquires);
}

static void forget_failures(void *arg)
{
    identities_forget_failures(arg);
}

void client_login(struct aws_client *client)
{
    run_call(RUN_WORKER, RUN_URGENT, client->scope, forgive_logins, NULL, client);
    run_call(RUN_NET, RUN_URGENT, client->scope, forget_failures, NULL, client);
}

/* --- home ------------------------------------------------------------------------------------ */

struct home_note {
    struct aws_client *client;
    char account_id[AWS_ACCOUNT_SIZE];
};

static void note_home(void *arg)
{
    struct home_note *note = arg;
    str_copy(note->client->identities.home_account, note->account_id);
    mem_free(note);
}

void client_set_home_account(struct aws_client *client, const char *account_id)
{
    struct home_note *note = mem_new(struct home_note);
    note->client = client;
    str_copy(note->account_id, account_id);
    run_call(RUN_NET, RUN_NORMAL, client->scope, note_home, mem_free, note);
}

/* --- reading --------------------------------------------------------------------------------- */

void client_read(struct aws_client *client, struct scope *scope,
                 const struct aws_request *take_request, aws_page_fn *on_page, aws_done_fn *on_done,
                 void (*drop)(void *arg), void *arg)
{
    const struct aws_op *op = aws_op(take_request->op);
    const struct call_handlers handlers = {
        .on_page = on_page, .on_done = on_done, .drop = drop, .arg = arg};
    struct err err;
    bool has_secrets = json_bool(take_request->params, "WithDecryption", false);
    if (op->effect == EFFECT_READ && !has_secrets) {
        call_start(client, scope, CALL_READ, take_request, &handlers);
        return;
    }
    err_set(&err, ERR_INTERNAL, op->iam_action,
            has_secrets ? "its reply holds secrets" : "this operation does not only read");
    call_refuse(client, scope, CALL_READ, take_request, &handlers, &err);
}

void client_read_secret(struct aws_client *client, struct scope *scope,
                        const struct aws_request *take_request, aws_secret_fn *on_secret,
                        void (*drop)(void *arg), void *arg)
{
    const struct aws_op *op = aws_op(take_request->op);
    const struct call_handlers handlers = {.on_secret = on_secret, .drop = drop, .arg = arg};
    struct err err;
    if (op->effect == EFFECT_READ) {
        call_start(client, scope, CALL_SECRET, take_request, &handlers);
        return;
    }
    err_set(&err, ERR_INTERNAL, op->iam_action, "this operation does not only read");
    call_refuse(client, scope, CALL_SECRET, take_request, &handlers, &err);
}

/* --- the request log ------------------------------------------------------------------------- */

size_t client_attempts(struct aws_client *client, uint64_t after_id, struct aws_attempt *attempts,
                       size_t max)
{
    return attempt_log_read(client->attempts, after_id, attempts, max);
}

size_t client_throttles(struct aws_client *client, struct aws_throttle *throttles, size_t max)
{
    return throttle_board_read(client->throttles, clock_wall_ms(), throttles, max);
}

int client_throttle_percent(struct aws_client *client)
{
    return attempt_log_slowed_percent(client->attempts);
}
