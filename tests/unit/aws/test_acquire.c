/*
 * Credentials of every kind, from a server that plays STS, a metadata service and a container's
 * agent, from files and from programs.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/aws/call.h"
#include "core/base/clock.h"
#include "helper_client.h"
#include "tests/support/dir.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

static struct server *server;
static struct aws_client *client, *used_clients[64];
static size_t n_used_clients;
static char folder[DIR_PATH_SIZE], config_path[DIR_PATH_SIZE];

/* How the server answers, and what it has seen. Not touched while a call is under way. */
static struct {
    int token_status; /* of the metadata service; 0: 200 */
    int life_s;       /* of what is handed out */
    bool deny_codes, reject_first_role;
    const char *imds_code; /* NULL: Success */
} how;
static struct {
    atomic_int n_assumed, n_web, n_identity, n_tokens, n_v1, n_container;
    char last_caller[64]; /* the key that signed the last GetCallerIdentity; "": unsigned */
    char bodies[8][512];  /* of the requests for roles */
    char signers[8][64];  /* and who signed them */
    char container_token[64];
} seen;

/* --- the server ------------------------------------------------------------------------------ */

static void copy_signer(const struct server_request *request, char name[64])
{
    struct sv header = server_header(request, "authorization");
    const char *start = header.len > 0 ? memmem(header.ptr, header.len, "Credential=", 11) : NULL;
    struct sv rest = SV_NONE;
    if (start != NULL)
        rest = (struct sv){start + 11, (size_t)(header.ptr + header.len - start) - 11};
    sv_copy(sv_split(&rest, '/'), name, 64);
}

static enum server_next say(const struct server_request *request, int status, const char *body)
{
    server_reply(request, status, "", sv_of(body));
    return SERVER_KEEP;
}

static void print_expiry(char iso[CLOCK_ISO_SIZE])
{
    clock_iso8601(clock_wall_ms() + how.life_s * (int64_t)1000, false, iso);
}

/* The role's name out of a form; "RoleArn=...role%2FNAME&". */
static struct sv role_of(struct sv body)
{
    const char *start = memmem(body.ptr, body.len, "role%2F", 7);
    struct sv rest = SV_NONE;
    if (start != NULL)
        rest = (struct sv){start + 7, (size_t)(body.ptr + body.len - start) - 7};
    return sv_split(&rest, '&');
}

static enum server_next hand_out_role(const struct server_request *request, const char *operation)
{
    int n = seen.n_assumed + seen.n_web - 1;
    char body[1024], iso[CLOCK_ISO_SIZE];
    if (n < 8) {
        sv_copy(request->body, seen.bodies[n], sizeof seen.bodies[n]);
        copy_signer(request, seen.signers[n]);
    }
    if (how.deny_codes && !sv_contains(request->body, SV("TokenCode=654321")))
        return say(request, 403,
                   "<ErrorResponse><Error><Code>AccessDenied</Code><Message>MultiFactorAuthentica"
                   "tion failed with invalid MFA one time pass code.</Message></Error>"
                   "</ErrorResponse>");
    if (how.reject_first_role && strcmp(seen.signers[n], "CACHED") == 0)
        return say(request, 403,
                   "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>too old</Message>"
                   "</Error></ErrorResponse>");
    print_expiry(iso);
    struct sv role = role_of(request->body);
    snprintf(body, sizeof body,
             "<%sResponse><%sResult><Credentials><AccessKeyId>ROLE-" SV_FMT
             "-%d</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
             "<Expiration>%s</Expiration></Credentials></%sResult></%sResponse>",
             operation, operation, SV_ARG(role), n + 1, iso, operation, operation);
    return say(request, 200, body);
}

static enum server_next answer_sts(const struct server_request *request)
{
    if (sv_contains(request->body, SV("Action=AssumeRoleWithWebIdentity"))) {
        seen.n_web++;
        return hand_out_role(request, "AssumeRoleWithWebIdentity");
    }
    if (sv_contains(request->body, SV("Action=AssumeRole&"))) {
        seen.n_assumed++;
        return hand_out_role(request, "AssumeRole");
    }
    seen.n_identity++;
    copy_signer(request, seen.last_caller);
    return say(request, 200,
               "<GetCallerIdentityResponse><GetCallerIdentityResult>"
               "<Arn>arn:aws:iam::111111111111:user/jane</Arn><Account>111111111111</Account>"
               "</GetCallerIdentityResult></GetCallerIdentityResponse>");
}

static enum server_next hand_out_json(const struct server_request *request, const char *key)
{
    char body[512], iso[CLOCK_ISO_SIZE];
    print_expiry(iso);
    snprintf(body, sizeof body,
             "{\"Code\":\"%s\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
             "\"Expiration\":\"%s\"}",
             how.imds_code != NULL ? how.imds_code : "Success", key, iso);
    return say(request, 200, body);
}

static enum server_next answer_imds(const struct server_request *request)
{
    if (sv_starts(request->head, SV("PUT /latest/api/token "))) {
        seen.n_tokens++;
        bool is_good =
            sv_eq_cstr(server_header(request, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
        return say(request, how.token_status != 0 ? how.token_status : is_good ? 200 : 400, "tok");
    }
    struct sv token = server_header(request, "x-aws-ec2-metadata-token");
    seen.n_v1 += token.len == 0;
    if (token.len > 0 && !sv_eq_cstr(token, "tok"))
        return say(request, 401, "");
    if (sv_contains(request->head, SV("/security-credentials/ ")))
        return say(request, 200, "node-role\nother");
    if (sv_contains(request->head, SV("/security-credentials/node-role ")))
        return hand_out_json(request, "IMDS");
    return say(request, 404, "");
}

static enum server_next serve(void *arg, const struct server_request *request)
{
    (void)arg;
    if (sv_starts(request->head, SV("POST ")))
        return answer_sts(request);
    if (sv_starts(request->head, SV("GET /creds "))) {
        seen.n_container++;
        sv_copy(server_header(request, "authorization"), seen.container_token,
                sizeof seen.container_token);
        return hand_out_json(request, "CONTAINER");
    }
    return answer_imds(request);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void use_profile(const char *config)
{
    file_write(config_path, sv_of(config));
    client = used_clients[n_used_clients++] = helper_client_new_profile(server_url(server), "p");
}

static void use_environment(void)
{
    client = used_clients[n_used_clients++] = helper_client_new(server_url(server));
}

static struct err ask_once(void)
{
    struct helper_call *call =
        helper_begin(client, helper_scope(), OP_sts_GetCallerIdentity, "", "us-east-1", NULL);
    helper_wait_on_ui(call);
    struct err err = call->outcome.err;
    helper_call_free(call);
    return err;
}

/* The key that a call is signed with. */
static const char *who(void)
{
    struct err err = ask_once();
    if (err.code != OK)
        fail_msg("%s: %s", err_name(err.code), err.message);
    return seen.last_caller;
}

static void assert_fails(enum err_code code, const char *what)
{
    struct err err = ask_once();
    if (err.code != code || strstr(err.message, what) == NULL)
        fail_msg("%s: %s", err_name(err.code), err.message);
}

/* --- static keys and programs ----------------------------------------------------------------- */

#define KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = s\n"

static void test_environment(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    use_environment();
    assert_string_equal(who(), "ENV");
    assert_string_equal(client_credentials_from(client), "the environment");
    assert_int_equal(client_lapse_at_ms(client), 0);
    setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z", 1);
    use_environment();
    assert_fails(ERR_EXPIRED, "2020-01-01");
    setenv("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z", 1);
    use_environment();
    assert_string_equal(who(), "ENV");
    assert_int_equal(client_lapse_at_ms(client), 4070908800000);
}

static void test_profile(void **state)
{
    (void)state;
    use_profile("[profile p]\n" KEYS("STATIC"));
    assert_string_equal(who(), "STATIC");
    assert_string_equal(client_credentials_from(client), "profile p: static keys");
}

/* A program that prints what it is told to: through sh, whose words are split as a shell would. */
static void use_program(const char *script)
{
    AUTO(buf_done) struct buf config = BUF_NONE;
    char path[DIR_PATH_SIZE];
    dir_path(folder, "program with blanks", path);
    file_write(path, sv_of(script));
    buf_addf(&config, "[profile p]\ncredential_process = sh \"%s\" 'a b' c\\ d\n", path);
    use_profile(buf_cstr(&config));
}

static void test_program(void **state)
{
    (void)state;
    use_program("[ \"$1$2\" = 'a bc d' ] && echo '{\"Version\":1,\"AccessKeyId\":\"PROGRAM\","
                "\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":"
                "\"2099-01-01T00:00:00Z\"}'");
    assert_string_equal(who(), "PROGRAM");
    assert_int_equal(client_lapse_at_ms(client), 4070908800000);
}

static void test_program_that_is_no_good(void **state)
{
    (void)state;
    use_program("printf '\\033[2Jsay it' >&2; exit 7");
    assert_fails(ERR_CREDENTIALS, "status 7: ^[[2Jsay it");
    use_program("echo '{\"Version\":\"1\",\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\"}'");
    assert_fails(ERR_CREDENTIALS, "Version");
    use_program("echo '{\"Version\":1,\"AccessKeyId\":\"a\"}'");
    assert_fails(ERR_CREDENTIALS, "SecretAccessKey");
    use_program("echo nonsense");
    assert_fails(ERR_CREDENTIALS, "of no use");
    use_program("yes");
    assert_fails(ERR_CREDENTIALS, "1 MiB");
    use_profile("[profile p]\ncredential_process = /nonexistent/x\n");
    assert_fails(ERR_CREDENTIALS, "/nonexistent/x");
}

static void test_program_that_hangs(void **state)
{
    (void)state;
    use_program("echo waiting for you >&2; sleep 1000");
    client->process_timeout_ms = 1000;
    assert_fails(ERR_CREDENTIALS, "has not ended within 1 s: waiting for you");
}

/* --- services beside the machine ---------------------------------------------------------------
 */

static void use_imds(void)
{
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_url(server), 1);
    use_environment();
}

static void test_instance(void **state)
{
    (void)state;
    use_imds();
    assert_string_equal(who(), "IMDS");
    assert_int_equal(seen.n_tokens, 1);
    assert_int_equal(seen.n_v1, 0);
}

static void test_old_instance(void **state)
{
    (void)state;
    how.token_status = 404;
    use_imds();
    assert_string_equal(who(), "IMDS");
    assert_int_equal(seen.n_v1, 2);
    setenv("AWS_EC2_METADATA_V1_DISABLED", "true", 1);
    use_imds();
    assert_fails(ERR_CREDENTIALS, "AWS_EC2_METADATA_V1_DISABLED");
    assert_int_equal(seen.n_v1, 2);
}

static void test_instance_that_refuses(void **state)
{
    (void)state;
    how.token_status = 400;
    use_imds();
    assert_fails(ERR_CREDENTIALS, "no token");
    assert_int_equal(seen.n_v1, 0);
    how.token_status = 0;
    how.imds_code = "AssumeRoleUnauthorizedAccess";
    use_imds();
    assert_fails(ERR_CREDENTIALS, "AssumeRoleUnauthorizedAccess");
}

/* In its own outages the service hands out what has lapsed; EC2 goes on taking it. */
static void test_static_stability(void **state)
{
    (void)state;
    how.life_s = -3600;
    use_imds();
    assert_string_equal(who(), "IMDS");
    int64_t left_ms = client_lapse_at_ms(client) - clock_wall_ms();
    assert_true(left_ms > 15 * 60 * 1000 && left_ms < 26 * 60 * 1000);
}

static void test_no_instance(void **state)
{
    (void)state;
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1", 1);
    use_environment();
    assert_fails(ERR_CREDENTIALS, "no metadata service");
}

static void name_container(void)
{
    char url[128];
    snprintf(url, sizeof url, "%s/creds", server_url(server));
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
}

static void use_container(void)
{
    name_container();
    use_environment();
}

static void test_container(void **state)
{
    char path[DIR_PATH_SIZE];
    (void)state;
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "from the variable", 1);
    use_container();
    assert_string_equal(who(), "CONTAINER");
    assert_string_equal(seen.container_token, "from the variable");
    dir_path(folder, "token", path);
    file_write(path, SV("from the file"));
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, 1);
    use_container();
    assert_string_equal(who(), "CONTAINER");
    assert_string_equal(seen.container_token, "from the file");
    file_write(path, SV("two\r\nX-Lines: here"));
    use_container();
    assert_fails(ERR_CONFIG, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    assert_int_equal(seen.n_container, 2);
}

/* Whoever asks for a container gets no instance. */
static void test_container_is_final(void **state)
{
    (void)state;
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_url(server), 1);
    use_container();
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/creds", 1);
    assert_int_not_equal(ask_once().code, OK);
    assert_int_equal(seen.n_tokens, 0);
}

/* --- roles ----------------------------------------------------------------------------------- */

#define ROLE(name) "role_arn = arn:aws:iam::1:role/" name "\n"
#define CHAIN                                                                                      \
    "[profile p]\n" ROLE("outer") "source_profile = q\nexternal_id = ex\nduration_seconds = 900\n" \
                                  "[profile q]\n" ROLE(                                            \
                                      "inner") "source_profile = r\nrole_session_name = me\n"      \
                                               "[profile r]\n" KEYS("STATIC")

static void test_role_chain(void **state)
{
    (void)state;
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-2");
    assert_string_equal(seen.signers[0], "STATIC");
    assert_non_null(strstr(seen.bodies[0], "RoleSessionName=me"));
    assert_string_equal(seen.signers[1], "ROLE-inner-1");
    assert_non_null(strstr(seen.bodies[1], "RoleSessionName=jane")); /* the source's own name */
    assert_non_null(strstr(seen.bodies[1], "ExternalId=ex"));
    assert_non_null(strstr(seen.bodies[1], "DurationSeconds=900"));
    assert_string_equal(who(), "ROLE-outer-2");
    assert_int_equal(seen.n_assumed, 2);
}

/* The next client finds it in the cache, and goes on from the inner role when the outer lapses. */
static void test_roles_are_kept(void **state)
{
    char path[DIR_PATH_SIZE], command[DIR_PATH_SIZE + 64];
    struct stat st;
    (void)state;
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-2");
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-2");
    assert_int_equal(seen.n_assumed, 2);
    dir_path(folder, ".aws/cli/cache", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    /* Damaged files are as good as none. */
    snprintf(command, sizeof command, "for f in '%s'/*.json; do echo '{' >$f; done", path);
    assert_int_equal(system(command), 0);
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-4");
    assert_int_equal(seen.n_assumed, 4);
}

/* A link at the place of a cache file is not followed, neither to read nor to write. */
static void test_planted_links(void **state)
{
    char path[DIR_PATH_SIZE], elsewhere[DIR_PATH_SIZE], command[3 * DIR_PATH_SIZE];
    AUTO(buf_done) struct buf text = BUF_NONE;
    (void)state;
    use_profile(CHAIN);
    who();
    dir_path(folder, ".aws/cli/cache", path);
    dir_path(folder, "elsewhere", elsewhere);
    file_write(elsewhere, SV("{\"Credentials\":{\"AccessKeyId\":\"EVIL\",\"SecretAccessKey\":\"s\","
                             "\"SessionToken\":\"t\",\"Expiration\":\"2099-01-01T00:00:00Z\"}}"));
    snprintf(command, sizeof command, "for f in '%s'/*.json; do ln -sf '%s' $f; done", path,
             elsewhere);
    assert_int_equal(system(command), 0);
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-4");
    file_read(elsewhere, &text);
    assert_true(sv_contains(buf_sv(&text), SV("EVIL")));
}

/* Nothing is kept then; it works all the same. */
static void test_without_home(void **state)
{
    (void)state;
    unsetenv("HOME");
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-2");
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-4");
    setenv("HOME", folder, 1);
    chmod(folder, 0500); /* nor in a folder that cannot be written */
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-6");
    chmod(folder, 0700);
}

/* What the cache has for the inner role is not taken by AWS any more: it is assumed anew. */
static void test_stale_cache_is_passed_over(void **state)
{
    char path[DIR_PATH_SIZE], command[3 * DIR_PATH_SIZE];
    (void)state;
    use_profile(CHAIN);
    who();
    dir_path(folder, ".aws/cli/cache", path);
    snprintf(command, sizeof command,
             "cd '%s'; for f in *.json; do grep -q ROLE-outer $f && rm $f; "
             "[ -f $f ] && sed -i s/ROLE-inner-1/CACHED/ $f; done; true",
             path);
    assert_int_equal(system(command), 0);
    how.reject_first_role = true;
    use_profile(CHAIN);
    assert_string_equal(who(), "ROLE-outer-5");
    assert_string_equal(seen.signers[2], "CACHED");
    assert_string_equal(seen.signers[3], "STATIC");
}

static void test_role_that_is_refused(void **state)
{
    (void)state;
    how.deny_codes = true;
    use_profile(CHAIN);
    struct err err = ask_once();
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.iam_action, "sts:AssumeRole");
    assert_non_null(strstr(err.message, "arn:aws:iam::1:role/inner (profile q)"));
}

static void test_named_sources(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    use_profile("[profile p]\n" ROLE("x") "credential_source = Environment\n");
    assert_string_equal(who(), "ROLE-x-1");
    assert_string_equal(seen.signers[0], "ENV");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_url(server), 1);
    use_profile("[profile p]\n" ROLE("y") "credential_source = Ec2InstanceMetadata\n");
    assert_string_equal(who(), "ROLE-y-2");
    assert_string_equal(seen.signers[1], "IMDS");
    name_container();
    use_profile("[profile p]\n" ROLE("z") "credential_source = EcsContainer\n");
    assert_string_equal(who(), "ROLE-z-3");
    assert_string_equal(seen.signers[2], "CONTAINER");
}

static void test_web_identity(void **state)
{
    char path[DIR_PATH_SIZE];
    AUTO(buf_done) struct buf config = BUF_NONE;
    (void)state;
    dir_path(folder, "jwt", path);
    file_write(path, SV("ey.J.w\n"));
    buf_addf(&config, "[profile p]\n" ROLE("pod") "web_identity_token_file = %s\n", path);
    use_profile(buf_cstr(&config));
    assert_string_equal(who(), "ROLE-pod-1");
    assert_string_equal(seen.signers[0], ""); /* it is not signed */
    assert_non_null(strstr(seen.bodies[0], "WebIdentityToken=ey.J.w"));
    struct aws_attempt attempts[4];
    size_t n = client_attempts(client, 0, attempts, ARRAY_LEN(attempts));
    for (size_t i = 0; i < n; i++)
        assert_null(strstr(attempts[i].cli_line, "ey.J.w"));
    unlink(path);
    how.life_s = 7200;
    buf_addf(&config, "role_session_name = other\n");
    use_profile(buf_cstr(&config));
    assert_fails(ERR_CREDENTIALS, path);
}

/* --- MFA ------------------------------------------------------------------------------------- */

#define MFA "[profile p]\n" ROLE("mfa") "source_profile = p\nmfa_serial = arn:mfa\n" KEYS("STATIC")

static struct {
    const char *const *codes; /* given in turn; NULL: given up */
    size_t n;
    char refusal[160];
} person;

static void answer(void *arg, const struct prompt *prompt)
{
    const char *code = person.codes[person.n++];
    (void)arg;
    assert_int_equal(prompt->kind, PROMPT_MFA_CODE);
    assert_string_equal(prompt->device, "arn:mfa");
    assert_string_equal(prompt->profile, "p");
    str_copy(person.refusal, prompt->refusal);
    client_answer_prompt(client, prompt->id, code != NULL ? secret_new(sv_of(code)) : NULL);
}

static void use_person(const char *const *codes)
{
    memset(&person, 0, sizeof person);
    person.codes = codes;
    use_profile(MFA);
    client_on_prompt(client, answer, NULL, NULL);
}

static void test_mfa(void **state)
{
    static const char *const codes[] = {"123456", "654321"};
    (void)state;
    how.deny_codes = true;
    use_person(codes);
    assert_string_equal(who(), "ROLE-mfa-2");
    assert_int_equal(person.n, 2);
    assert_non_null(strstr(person.refusal, "invalid MFA"));
    assert_non_null(strstr(seen.bodies[1], "SerialNumber=arn%3Amfa"));
    assert_string_equal(who(), "ROLE-mfa-2"); /* remembered */
    use_person(codes);
    assert_string_equal(who(), "ROLE-mfa-2"); /* by the next program, too */
    assert_int_equal(person.n, 0);
    struct aws_attempt attempts[4];
    size_t n = client_attempts(used_clients[n_used_clients - 2], 0, attempts, ARRAY_LEN(attempts));
    for (size_t i = 0; i < n; i++)
        assert_null(strstr(attempts[i].cli_line, "654321"));
}

static void forget_failures(void *arg)
{
    identities_forget_failures(arg);
}

/* Once is enough, until the person says otherwise. */
static void test_mfa_given_up(void **state)
{
    static const char *const codes[] = {NULL, "123456"};
    (void)state;
    use_person(codes);
    assert_fails(ERR_CANCELLED, "no MFA code");
    run_call(RUN_NET, RUN_URGENT, client->scope, forget_failures, NULL, client);
    assert_fails(ERR_CANCELLED, ":login");
    assert_int_equal(person.n, 1);
    assert_int_equal(seen.n_assumed, 0);
    client_login(client);
    assert_string_equal(who(), "ROLE-mfa-1");
    assert_int_equal(person.n, 2);
}

static void test_mfa_with_nobody_there(void **state)
{
    (void)state;
    use_profile(MFA);
    assert_fails(ERR_CREDENTIALS, "arn:mfa");
}

/* --- renewing -------------------------------------------------------------------------------- */

/* In the last ten minutes a call waits for new ones. */
static void test_renewed_before_it_lapses(void **state)
{
    (void)state;
    how.life_s = 60 * 60;
    use_profile("[profile p]\n" ROLE("r") "source_profile = p\n" KEYS("STATIC"));
    assert_string_equal(who(), "ROLE-r-1");
    how.life_s = 9 * 60; /* as if time had passed: the session is short, and its windows too */
    use_profile("[profile p]\n" ROLE("s") "source_profile = p\n" KEYS("STATIC"));
    assert_string_equal(who(), "ROLE-s-2");
    assert_string_equal(who(), "ROLE-s-2");
    how.life_s = 1;
    use_profile("[profile p]\n" ROLE("t") "source_profile = p\n" KEYS("STATIC"));
    assert_string_equal(who(), "ROLE-t-3");
    int64_t until_ms = clock_wall_ms() + 60000;
    while (clock_wall_ms() <= client_lapse_at_ms(client) && clock_wall_ms() < until_ms)
        usleep(10000);
    how.life_s = 60 * 60;
    assert_string_equal(who(), "ROLE-t-4");
}

/* --------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    memset(&how, 0, sizeof how);
    memset(&seen, 0, sizeof seen);
    how.life_s = 3600;
    dir_make(folder);
    dir_path(folder, "config", config_path);
    helper_clear_credentials();
    setenv("HOME", folder, 1);
    setenv("AWS_CONFIG_FILE", config_path, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dir_remove(folder);
    return 0;
}

static int group_setup(void **state)
{
    (void)state;
    helper_start("", "");
    server = server_new(serve, NULL);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    helper_stop();
    for (size_t i = 0; i < n_used_clients; i++)
        client_free(used_clients[i]);
    server_free(server);
    return 0;
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(test_environment),
        ONE(test_profile),
        ONE(test_program),
        ONE(test_program_that_is_no_good),
        ONE(test_program_that_hangs),
        ONE(test_instance),
        ONE(test_old_instance),
        ONE(test_instance_that_refuses),
        ONE(test_static_stability),
        ONE(test_no_instance),
        ONE(test_container),
        ONE(test_container_is_final),
        ONE(test_role_chain),
        ONE(test_roles_are_kept),
        ONE(test_planted_links),
        ONE(test_without_home),
        ONE(test_stale_cache_is_passed_over),
        ONE(test_role_that_is_refused),
        ONE(test_named_sources),
        ONE(test_web_identity),
        ONE(test_mfa),
        ONE(test_mfa_given_up),
        ONE(test_mfa_with_nobody_there),
        ONE(test_renewed_before_it_lapses),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
