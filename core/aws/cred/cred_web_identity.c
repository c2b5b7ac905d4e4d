/*
 * cred_web_identity: a role that is assumed with a token of another identity provider (EKS service
 * accounts, CI systems): AssumeRoleWithWebIdentity, which is not signed. The token's file is read
 * each time, for tokens rotate.
 */
#include <string.h>

#include "core/aws/call.h"
#include "core/aws/cred/assume_role.h"
#include "core/aws/cred/role_step.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define TOKEN_MAX_BYTES ((size_t)32 << 10) /* STS takes 20,000 */
#define DEFAULT_SESSION "watchdeck"

extern const struct credential_provider provider_web_identity;

#define TOKEN_FILE "web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE"
#define ROLE_ARN   "role_arn", "AWS_ROLE_ARN"
#define SESSION    "role_session_name", "AWS_ROLE_SESSION_NAME"

static bool is_in_environment(void)
{
    return provider_variable("AWS_WEB_IDENTITY_TOKEN_FILE").len > 0;
}

static bool is_in_profile(const struct shared_config *config, const struct config_section *profile)
{
    (void)config;
    return config_text(profile, "web_identity_token_file").len > 0;
}

static enum err_code check(const struct shared_config *config, const struct config_section *profile,
                           struct err *err)
{
    (void)config;
    if (provider_setting(profile, ROLE_ARN).len == 0)
        return err_set(err, ERR_CONFIG, "credentials",
                       profile != NULL
                           ? "%s: a profile with web_identity_token_file needs a role_arn"
                           : "%s: AWS_WEB_IDENTITY_TOKEN_FILE needs AWS_ROLE_ARN",
                       provider_place(profile, "web_identity_token_file"));
    return OK;
}

/* --- one assuming ---------------------------------------------------------------------------- */

static struct chain_role role_of(const struct provider_job *job)
{
    return (struct chain_role){.profile = job->profile,
                               .arn = provider_setting(job->profile, ROLE_ARN),
                               .session_name = provider_setting(job->profile, SESSION),
                               .region = config_text(job->profile, "region")};
}

static enum err_code read_token(const struct provider_job *job, struct secret **token,
                                struct err *err)
{
    AUTO_FREE char *path = sv_dup(provider_setting(job->profile, TOKEN_FILE));
    struct buf text = BUF_CAPPED(TOKEN_MAX_BYTES);
    buf_reserve(&text, TOKEN_MAX_BYTES);
    enum err_code code = os_read_file(path, TOKEN_MAX_BYTES, &text, err);
    struct sv bytes = sv_trim(buf_sv(&text));
    if (code != OK)
        code = err_set(err, ERR_CREDENTIALS, "web identity", "the token cannot be read: %s: %s",
                       path, err->message);
    else if (bytes.len == 0)
        code = err_set(err, ERR_CREDENTIALS, "web identity", "%s is empty", path);
    else
        *token = secret_new(bytes);
    secret_wipe(text.ptr, text.len);
    buf_done(&text);
    return code;
}

static void send(struct role_step *step, void *arg)
{
    struct provider_job *job = arg;
    struct chain_role role = role_of(job);
    struct secret *token = NULL;
    struct err err = ERR_NONE;
    if (read_token(job, &token, &err) != OK) {
        role_step_end(step, NULL, &err);
        return;
    }
    const struct call_as as = {.secret_member = "WebIdentityToken", .secret = token};
    struct sv session = role.session_name.len > 0 ? role.session_name : SV(DEFAULT_SESSION);
    role_step_send(step, OP_sts_AssumeRoleWithWebIdentity, session, &as);
    secret_unref(token);
}

static void on_end(void *arg, struct credentials *credentials, const struct err *err)
{
    provider_end(arg, credentials_ref(credentials), err);
}

static void acquire(struct provider_job *job)
{
    struct chain_role role = role_of(job);
    const struct role_step_handlers handlers = {.send = send, .end = on_end, .arg = job};
    role_step_start(job->client, &role, job->rejected, &handlers);
}

const struct credential_provider provider_web_identity = {.name = "a web identity token",
                                                          .yields_to_profile = true,
                                                          .is_in_environment = is_in_environment,
                                                          .is_in_profile = is_in_profile,
                                                          .check = check,
                                                          .acquire = acquire};
