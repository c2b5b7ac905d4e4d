/*
 * cred_imds: the credentials of the role that an EC2 instance has, from its metadata service (IMDS
 * version 2; version 1 where an old one knows no other and it is not forbidden).
 *
 *   PUT /latest/api/token -> a token;  GET .../security-credentials/ -> the role;
 *   GET .../security-credentials/ROLE -> JSON
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/call.h"
#include "core/aws/cred/fetch.h"
#include "core/aws/cred/provider.h"
#include "core/base/clock.h"
#include "core/base/json_pick.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define ENDPOINT_IPV4   "http://169.254.169.254"
#define ENDPOINT_IPV6   "http://[fd00:ec2::254]"
#define TOKEN_PATH      "/latest/api/token"
#define ROLE_PATH       "/latest/meta-data/iam/security-credentials/"
#define TOKEN_TTL_S     "21600"
#define TIMEOUT_MS      1000
#define TRIES_MAX       1
#define SETTING_MOST    100
#define STABLE_MS       (15 * 60 * 1000) /* an expiry nearer than that is put off */
#define STABLE_LEAST_S  120
#define STABLE_SPREAD_S 480

extern const struct credential_provider provider_imds;

/* One walk through the service. */
struct walk {
    struct provider_job *job;
    char endpoint[256], role[256];
    int timeout_ms;
    unsigned tries_max;
    bool v1_is_forbidden;
    struct secret *token; /* NULL: version 1 */
};

static bool is_in_environment(void)
{
    return !provider_is_true(provider_variable("AWS_EC2_METADATA_DISABLED"));
}

static enum err_code check(const struct shared_config *config, const struct config_section *profile,
                           struct err *err)
{
    (void)config, (void)profile;
    if (!is_in_environment())
        return err_set(err, ERR_CREDENTIALS, "instance metadata",
                       "credential_source is Ec2InstanceMetadata, but AWS_EC2_METADATA_DISABLED "
                       "forbids it");
    return OK;
}

/* --- settings -------------------------------------------------------------------------------- */

/* What the environment says, else the profile that the client has chosen. */
static struct sv setting(const struct provider_job *job, const char *variable, const char *key)
{
    struct sv value = provider_variable(variable);
    const struct config_section *profile =
        shared_config_find(job->config, CONFIG_PROFILE, sv_of(job->client->profile));
    return value.len > 0 ? value : config_text(profile, key);
}

static enum err_code read_number(const struct provider_job *job, const char *variable,
                                 const char *key, int64_t *number, struct err *err)
{
    struct sv said = setting(job, variable, key);
    if (said.len > 0 && (!sv_to_i64(said, number) || *number < 1 || *number > SETTING_MOST))
        return err_set(err, ERR_CONFIG, variable, "%s is no number from 1 to %d", variable,
                       SETTING_MOST);
    return OK;
}

static enum err_code read_endpoint(const struct provider_job *job, struct walk *walk,
                                   struct err *err)
{
    struct sv url =
        setting(job, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    struct sv mode = setting(job, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                             "ec2_metadata_service_endpoint_mode");
    bool is_ipv6 = sv_eq_nocase(mode, SV("ipv6"));
    if (mode.len > 0 && !is_ipv6 && !sv_eq_nocase(mode, SV("ipv4")))
        return err_set(err, ERR_CONFIG, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                       "the mode of the metadata service is ipv4 or ipv6");
    if (url.len == 0)
        url = is_ipv6 ? SV(ENDPOINT_IPV6) : SV(ENDPOINT_IPV4);
    if (sv_ends(url, SV("/")))
        url.len--;
    if (url.len >= sizeof walk->endpoint)
        return err_set(err, ERR_CONFIG, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "it is too long");
    sv_copy(url, walk->endpoint, sizeof walk->endpoint);
    return OK;
}

static enum err_code read_settings(struct walk *walk, struct err *err)
{
    const struct provider_job *job = walk->job;
    int64_t timeout_s = TIMEOUT_MS / 1000, tries = TRIES_MAX;
    enum err_code code = read_endpoint(job, walk, err);
    if (code == OK)
        code = read_number(job, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout",
                           &timeout_s, err);
    if (code == OK)
        code = read_number(job, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                           "metadata_service_num_attempts", &tries, err);
    walk->timeout_ms = (int)timeout_s * 1000;
    walk->tries_max = (unsigned)tries;
    walk->v1_is_forbidden =
        provider_is_true(setting(job, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"));
    return code;
}

/* --- ends ------------------------------------------------------------------------------------ */

static void walk_free(void *arg)
{
    struct walk *walk = arg;
    secret_unref(walk->token);
    mem_free(walk);
}

static void end(struct walk *walk, struct credentials *take_credentials, const struct err *err)
{
    struct provider_job *job = walk->job;
    walk_free(walk);
    provider_end(job, take_credentials, err);
}

static void fail(struct walk *walk, const char *what)
{
    struct err err;
    err_set(&err, ERR_CREDENTIALS, "credentials",
            "there are none but the instance's, whose metadata service %s", what);
    end(walk, NULL, &err);
}

/* Nobody is there: this is no EC2 instance, and the chain has come to its end. */
static void fail_silent(struct walk *walk, const struct http_reply *reply)
{
    struct err err;
    err_set(&err, ERR_CREDENTIALS, "credentials",
            "none in the environment or in profile \"%s\", and no metadata service of EC2 answers "
            "(%s)",
            walk->job->client->profile, reply->err.message);
    end(walk, NULL, &err);
}

/* --- the steps -------------------------------------------------------------------------------- */

static void get(struct walk *walk, const char *name, fetch_done_fn *done)
{
    char url[600];
    snprintf(url, sizeof url, "%s" ROLE_PATH "%s", walk->endpoint, name);
    const struct fetch_request request = {
        .method = "GET",
        .url = url,
        .headers = {{walk->token != NULL ? "X-aws-ec2-metadata-token" : NULL, NULL, walk->token}},
        .timeout_ms = walk->timeout_ms,
        .tries_max = walk->tries_max,
        .allow_plain = true};
    fetch_start(&request, walk->job->scope, done, walk_free, walk);
}

/*
 * An expiry that is near or past is put off: the service hands out such in its own outages, and EC2
 * goes on taking these credentials ("static stability").
 */
static int64_t stable_expiry_ms(int64_t expires_at_ms)
{
    int64_t now_ms = clock_wall_ms();
    uint32_t bits;
    if (expires_at_ms - now_ms >= STABLE_MS)
        return expires_at_ms;
    os_random(&bits, sizeof bits);
    return now_ms + STABLE_MS + (STABLE_LEAST_S + bits % STABLE_SPREAD_S) * (int64_t)1000;
}

static struct credentials *with_stable_expiry(struct credentials *take_credentials)
{
    int64_t expires_at_ms = credentials_expire_at_ms(take_credentials);
    struct credentials *stable =
        credentials_until(take_credentials, stable_expiry_ms(expires_at_ms));
    credentials_unref(take_credentials);
    return stable;
}

static void take_credentials(void *arg, struct http_reply *reply)
{
    struct walk *walk = arg;
    struct credentials *credentials = NULL;
    struct err err = reply->err;
    char code[64] = "";
    struct sv body = buf_sv(&reply->body);
    if (reply->code == OK && reply->status != 200) {
        err_set(&err, ERR_CREDENTIALS, "instance metadata", "it answers %d for role %s",
                reply->status, walk->role);
    } else if (reply->code == OK && json_pick_check(body, "instance metadata", &err) == OK) {
        struct sv said = json_pick(body, "Code");
        if (said.len > 0 &&
            (!json_pick_text(said, code, sizeof code) || strcmp(code, "Success") != 0))
            err_set(&err, ERR_CREDENTIALS, "instance metadata", "it says \"%s\" for role %s", code,
                    walk->role);
        else
            provider_read_json(body, "Token", true, "instance metadata", &credentials, &err);
    }
    end(walk, credentials != NULL ? with_stable_expiry(credentials) : NULL, &err);
}

/* Names of roles go into the path: [\w+=,.@-], as IAM has them. */
static bool is_role_name(struct sv name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c >= 0x80 || (!isalnum(c) && strchr("_+=,.@-", c) == NULL))
            return false;
    }
    return name.len > 0;
}

static void take_role(void *arg, struct http_reply *reply)
{
    struct walk *walk = arg;
    struct sv text = buf_sv(&reply->body);
    struct sv role = sv_trim(sv_split(&text, '\n'));
    if (reply->code != OK) {
        fail_silent(walk, reply);
    } else if (reply->status == 404 || (reply->status == 200 && role.len == 0)) {
        fail(walk, "names no role: attach an instance profile");
    } else if (reply->status != 200 || !is_role_name(role) || role.len >= sizeof walk->role) {
        fail(walk, "gives no name of a role");
    } else {
        sv_copy(role, walk->role, sizeof walk->role);
        get(walk, walk->role, take_credentials);
    }
}

/* A service without version 2 knows no PUT; and its answer may not reach into a container, whose
 * packets have a hop more to go. */
static bool is_version_1(const struct http_reply *reply)
{
    if (reply->code != OK)
        return reply->code == ERR_TIMEOUT;
    return reply->status == 403 || reply->status == 404 || reply->status == 405;
}

static void take_token(void *arg, struct http_reply *reply)
{
    struct walk *walk = arg;
    struct sv token = sv_trim(buf_sv(&reply->body));
    if (reply->code == OK && reply->status == 200 && token.len > 0) {
        walk->token = secret_new(token);
        get(walk, "", take_role);
    } else if (is_version_1(reply) && !walk->v1_is_forbidden) {
        get(walk, "", take_role);
    } else if (reply->code != OK) {
        fail_silent(walk, reply);
    } else {
        fail(walk, is_version_1(reply) ? "knows version 1 alone, which "
                                         "AWS_EC2_METADATA_V1_DISABLED forbids"
                                       : "hands out no token");
    }
}

static void acquire(struct provider_job *job)
{
    struct walk *walk = mem_new(struct walk);
    char url[300];
    struct err err = ERR_NONE;
    walk->job = job;
    if (read_settings(walk, &err) != OK) {
        end(walk, NULL, &err);
        return;
    }
    snprintf(url, sizeof url, "%s" TOKEN_PATH, walk->endpoint);
    const struct fetch_request request = {
        .method = "PUT",
        .url = url,
        .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", TOKEN_TTL_S, NULL}},
        .timeout_ms = walk->timeout_ms,
        .tries_max = walk->tries_max,
        .allow_plain = true};
    fetch_start(&request, job->scope, take_token, walk_free, walk);
}

const struct credential_provider provider_imds = {.name = "the instance's role",
                                                  .source = "Ec2InstanceMetadata",
                                                  .is_in_environment = is_in_environment,
                                                  .check = check,
                                                  .acquire = acquire};
