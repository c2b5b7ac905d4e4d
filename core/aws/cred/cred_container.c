/*
 * cred_container: the credentials of a task or pod, from the agent beside it (ECS task roles, EKS
 * Pod Identity; "Container credential provider" of the SDKs and Tools Reference Guide). Whatever
 * goes wrong here is final: nothing else is tried.
 */
#include <string.h>

#include "core/aws/call.h"
#include "core/aws/cred/fetch.h"
#include "core/aws/cred/provider.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define RELATIVE_URI    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL_URI        "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN           "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define AGENT           "http://169.254.170.2"
#define TIMEOUT_MS      2000
#define TRIES_MAX       3
#define PAUSE_MS        1000
#define TOKEN_MAX_BYTES ((size_t)64 << 10)

extern const struct credential_provider provider_container;

static bool is_in_environment(void)
{
    return provider_variable(RELATIVE_URI).len > 0 || provider_variable(FULL_URI).len > 0;
}

/* --- where ----------------------------------------------------------------------------------- */

/* The host of a URL behind its scheme, in brackets if it has such; without port, path and query. */
static struct sv host_of(struct sv url)
{
    struct sv host = {url.ptr, 0};
    bool is_bracketed = url.len > 0 && url.ptr[0] == '[';
    while (host.len < url.len && strchr("/?#", url.ptr[host.len]) == NULL &&
           (is_bracketed || url.ptr[host.len] != ':')) {
        if (url.ptr[host.len++] == ']')
            break;
    }
    return host;
}

/* 127.0.0.0/8, in its full form. */
static bool is_loopback_ipv4(struct sv host)
{
    int n_dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9'))
            return false;
        n_dots += host.ptr[i] == '.';
    }
    return n_dots == 3 && sv_starts(host, SV("127."));
}

/* Plain http leads to this machine and to the agents of ECS and EKS alone. */
static bool is_plain_host(struct sv host)
{
    static const char *const hosts[] = {"localhost", "[::1]", "169.254.170.2", "169.254.170.23",
                                        "[fd00:ec2::23]"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        if (sv_eq_nocase(host, sv_of(hosts[i])))
            return true;
    }
    return is_loopback_ipv4(host);
}

static bool is_allowed_url(struct sv url)
{
    if (sv_starts(url, SV("https://")))
        return host_of((struct sv){url.ptr + 8, url.len - 8}).len > 0;
    return sv_starts(url, SV("http://")) &&
           is_plain_host(host_of((struct sv){url.ptr + 7, url.len - 7}));
}

static enum err_code check(const struct shared_config *config, const struct config_section *profile,
                           struct err *err)
{
    struct sv relative = provider_variable(RELATIVE_URI), full = provider_variable(FULL_URI);
    (void)config, (void)profile;
    if (relative.len == 0 && full.len == 0)
        return err_set(err, ERR_CREDENTIALS, "container",
                       "credential_source is EcsContainer, but neither " RELATIVE_URI
                       " nor " FULL_URI " is set");
    if (relative.len > 0 && relative.ptr[0] != '/')
        return err_set(err, ERR_CONFIG, "container", RELATIVE_URI " is no path");
    if (relative.len == 0 && !is_allowed_url(full))
        return err_set(err, ERR_CONFIG, "container",
                       FULL_URI ": \"" SV_FMT "\" is refused: it has to be https, or http to this "
                                "machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]",
                       SV_ARG(full));
    return OK;
}

/* --- asking ---------------------------------------------------------------------------------- */

/* The Authorization header's value; *token stays NULL where none is asked for. The file is read
 * each time: its token rotates. */
static enum err_code read_token(struct secret **token, struct err *err)
{
    struct sv file = provider_variable(TOKEN_FILE), value = provider_variable(TOKEN);
    struct buf text = BUF_CAPPED(TOKEN_MAX_BYTES);
    enum err_code code = OK;
    *token = NULL;
    if (file.len > 0) {
        AUTO_FREE char *path = sv_dup(file);
        buf_reserve(&text, TOKEN_MAX_BYTES);
        code = os_read_file(path, TOKEN_MAX_BYTES, &text, err);
        value = buf_sv(&text);
    }
    if (code == OK && (sv_contains(value, SV("\r")) || sv_contains(value, SV("\n"))))
        code = err_set(err, ERR_CONFIG, "container", "%s holds a line break",
                       file.len > 0 ? TOKEN_FILE : TOKEN);
    if (code == OK && value.len > 0)
        *token = secret_new(value);
    secret_wipe(text.ptr, text.len);
    buf_done(&text);
    return code;
}

static void take_reply(void *arg, struct http_reply *reply)
{
    struct provider_job *job = arg;
    struct credentials *credentials = NULL;
    struct err err = reply->err;
    if (reply->code == OK && reply->status != 200)
        err_set(&err, ERR_CREDENTIALS, "container", "the container's agent answers %d",
                reply->status);
    else if (reply->code == OK)
        provider_read_json(buf_sv(&reply->body), "Token", true, "container", &credentials, &err);
    provider_end(job, credentials, &err);
}

static void acquire(struct provider_job *job)
{
    struct sv relative = provider_variable(RELATIVE_URI);
    struct secret *token = NULL;
    struct err err = ERR_NONE;
    AUTO(buf_done) struct buf url = BUF_NONE;
    if (check(job->config, job->profile, &err) != OK || read_token(&token, &err) != OK) {
        provider_end(job, NULL, &err);
        return;
    }
    buf_addf(&url, "%s" SV_FMT, relative.len > 0 ? AGENT : "",
             SV_ARG(relative.len > 0 ? relative : provider_variable(FULL_URI)));
    const struct fetch_request request = {
        .method = "GET",
        .url = buf_cstr(&url),
        .headers = {{"Accept", "application/json", NULL},
                    {token != NULL ? "Authorization" : NULL, NULL, token}},
        .timeout_ms = TIMEOUT_MS,
        .tries_max = TRIES_MAX,
        .pause_ms = PAUSE_MS,
        .ca_file = job->client->ca_file};
    fetch_start(&request, job->scope, take_reply, NULL, job);
    secret_unref(token);
}

const struct credential_provider provider_container = {.name = "the container's role",
                                                       .source = "EcsContainer",
                                                       .is_in_environment = is_in_environment,
                                                       .check = check,
                                                       .acquire = acquire};
