/*
 * IAM Identity Center: what profiles say, the token cache, and the messages of its services.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/aws/sso/sso_cache.h"
#include "core/aws/sso/sso_oidc.h"
#include "core/aws/sso/sso_role.h"
#include "core/base/clock.h"
#include "core/base/json_pick.h"
#include "core/base/os.h"
#include "tests/support/dir.h"

static char home[DIR_PATH_SIZE];

static int setup(void **state)
{
    (void)state;
    dir_make(home);
    setenv("HOME", home, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    unsetenv("AWS_CONFIG_FILE");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dir_remove(home);
    return 0;
}

/* --- what a profile says --------------------------------------------------------------------- */

static enum err_code read_config(const char *text, struct sso_config *sso, struct err *err)
{
    char path[DIR_PATH_SIZE];
    struct shared_config config;
    dir_path(home, "config", path);
    file_write(path, sv_of(text));
    setenv("AWS_CONFIG_FILE", path, 1);
    if (shared_config_load(&config, err) != OK)
        fail_msg("%s: %s", err->where, err->message);
    const struct config_section *profile = shared_config_find(&config, CONFIG_PROFILE, SV("p"));
    assert_true(sso_config_is_asked_for(profile));
    enum err_code code = sso_config_read(&config, profile, sso, err);
    shared_config_done(&config);
    return code;
}

#define ROLE    "sso_account_id = 111111111111\nsso_role_name = ReadOnly\n"
#define PLACE   "sso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"
#define SESSION "[sso-session acme]\n"

static void reads_both_forms(void **state)
{
    struct sso_config sso;
    struct err err;
    (void)state;
    assert_int_equal(read_config("[profile p]\nsso_session = acme\n" ROLE SESSION PLACE
                                 "sso_registration_scopes = sso:account:access , other:one\n",
                                 &sso, &err),
                     OK);
    assert_string_equal(sso.session, "acme");
    assert_string_equal(sso.start_url, "https://acme.awsapps.com/start");
    assert_string_equal(sso.region, "eu-west-1");
    assert_string_equal(sso.scopes, "sso:account:access other:one");
    assert_string_equal(sso.account_id, "111111111111");
    assert_string_equal(sso.role_name, "ReadOnly");
    assert_int_equal(read_config("[profile p]\n" PLACE ROLE, &sso, &err), OK);
    assert_string_equal(sso.session, "");
    assert_string_equal(sso.scopes, "");
    assert_int_equal(
        read_config("[profile p]\nsso_session = acme\n" PLACE ROLE SESSION PLACE, &sso, &err), OK);
}

static void names_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"[profile p]\nsso_session = acme\n" ROLE, "there is no [sso-session acme]"},
        {"[profile p]\nsso_session = \n" ROLE, "profile \"p\" lacks sso_session"},
        {"[profile p]\nsso_session = acme\n" ROLE SESSION "sso_region = eu-west-1\n",
         "sso-session \"acme\" lacks sso_start_url"},
        {"[profile p]\nsso_session = acme\nsso_region = us-east-1\n" ROLE SESSION PLACE,
         "sso_region differs from that of [sso-session acme]: keep one of them"},
        {"[profile p]\nsso_start_url = https://x\n" ROLE, "profile \"p\" lacks sso_region"},
        {"[profile p]\n" PLACE "sso_role_name = R\n", "profile \"p\" lacks sso_account_id"},
        {"[profile p]\n" PLACE "sso_account_id = 123\nsso_role_name = R\n",
         "sso_account_id of profile \"p\" has not twelve digits"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct sso_config sso;
        struct err err = ERR_NONE;
        assert_int_equal(read_config(wrong[i].text, &sso, &err), ERR_CONFIG);
        assert_string_equal(err.message, wrong[i].says);
        assert_non_null(strstr(err.where, "config:"));
    }
}

/* --- the cache ------------------------------------------------------------------------------- */

/* What the AWS CLI calls the file of this session: the SHA-1 of "acme". */
#define ACME_FILE ".aws/sso/cache/293abb6b76d7791c0732cc517d38c4b5c734b87f.json"

static struct sso_config acme(void)
{
    struct sso_config sso = {.session = "acme",
                             .start_url = "https://acme.awsapps.com/start",
                             .region = "eu-west-1",
                             .scopes = "sso:account:access",
                             .account_id = "111111111111",
                             .role_name = "ReadOnly"};
    return sso;
}

static void write_acme(const char *text)
{
    char path[DIR_PATH_SIZE];
    dir_path(home, ".aws/sso/cache", path);
    assert_int_equal(os_private_dir(path, NULL), OK);
    dir_path(home, ACME_FILE, path);
    file_write(path, sv_of(text));
}

static struct sso_token some_token(void)
{
    struct sso_token token = {.access = secret_new(SV("acc\"ess\\")),
                              .expires_at_ms = 1767225600000,
                              .refresh = secret_new(SV("again")),
                              .client_id = "client-1",
                              .client_secret = secret_new(SV("hush")),
                              .registration_expires_at_ms = 1775001600000};
    return token;
}

static void written_tokens_read_back(void **state)
{
    struct sso_config sso = acme();
    struct sso_token token = some_token(), again;
    struct err err;
    char path[DIR_PATH_SIZE];
    struct stat st;
    (void)state;
    assert_int_equal(sso_cache_read(&sso, &again, &err), ERR_NOT_FOUND);
    assert_int_equal(sso_cache_write(&sso, &token, &err), OK);
    dir_path(home, ACME_FILE, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(sso_cache_read(&sso, &again, &err), OK);
    assert_true(secret_equal(again.access, token.access));
    assert_true(secret_equal(again.refresh, token.refresh));
    assert_true(secret_equal(again.client_secret, token.client_secret));
    assert_string_equal(again.client_id, "client-1");
    assert_int_equal(again.expires_at_ms, token.expires_at_ms);
    assert_int_equal(again.registration_expires_at_ms, token.registration_expires_at_ms);
    sso_token_done(&again);
    sso_token_done(&token);
}

/* The older form is found by the start URL; both endings of a time are understood. */
static void reads_what_the_aws_cli_writes(void **state)
{
    struct sso_config sso = acme();
    struct sso_token token;
    char path[SSO_PATH_SIZE];
    (void)state;
    write_acme("{\n  \"accessToken\": \"tok\", \"expiresAt\": \"2026-01-01T00:00:00UTC\",\n"
               "  \"region\": \"eu-west-1\", \"startUrl\": \"https://acme.awsapps.com/start\"}");
    assert_int_equal(sso_cache_read(&sso, &token, NULL), OK);
    assert_int_equal(token.expires_at_ms, 1767225600000);
    assert_string_equal(token.client_id, "");
    assert_null(token.refresh);
    sso_token_done(&token);
    sso.session[0] = '\0';
    assert_int_equal(sso_cache_path(&sso, path, NULL), OK);
    assert_non_null(strstr(path, "/.aws/sso/cache/40169cea58ca6cbf23fb27b2542923fb5f524af0.json"));
}

static void damaged_or_foreign_files_are_none(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "{}",
        "[]",
        "{\"accessToken\": \"tok\", \"expiresAt\": \"2026-01-01T00:00:00Z\"",
        "{\"accessToken\": \"tok\", \"expiresAt\": \"soon\"}",
        "{\"accessToken\": 7, \"expiresAt\": \"2026-01-01T00:00:00Z\"}",
        "{\"accessToken\": \"\", \"expiresAt\": \"2026-01-01T00:00:00Z\"}",
        "{\"accessToken\": \"t\", \"expiresAt\": \"2026-01-01T00:00:00Z\", \"region\": \"x\"}",
        "{\"accessToken\": \"t\", \"expiresAt\": \"2026-01-01T00:00:00Z\", \"startUrl\": \"x\"}",
        "{\"accessToken\": \"t\", \"expiresAt\": \"2026-01-01T00:00:00Z\", \"scopes\": \"x\"}",
    };
    struct sso_config sso = acme();
    struct sso_token token, fresh = some_token();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        write_acme(wrong[i]);
        assert_int_equal(sso_cache_read(&sso, &token, NULL), ERR_NOT_FOUND);
        assert_null(token.access);
    }
    assert_int_equal(sso_cache_write(&sso, &fresh, NULL), OK); /* heals it */
    assert_int_equal(sso_cache_read(&sso, &token, NULL), OK);
    sso_token_done(&token);
    sso_token_done(&fresh);
}

static void a_lock_has_one_owner(void **state)
{
    struct sso_config sso = acme();
    struct err err;
    int first = sso_cache_try_lock(&sso, &err);
    (void)state;
    assert_true(first >= 0);
    assert_int_equal(sso_cache_try_lock(&sso, &err), -1);
    assert_int_equal(err.code, OK);
    close(first);
    int second = sso_cache_try_lock(&sso, &err);
    assert_true(second >= 0);
    close(second);
    unsetenv("HOME");
    assert_int_equal(sso_cache_try_lock(&sso, &err), -1);
    assert_int_equal(err.code, ERR_IO);
}

/* --- messages -------------------------------------------------------------------------------- */

static void assert_secret(struct secret *take_secret, const char *text)
{
    char *bytes = sv_dup(secret_bytes(take_secret));
    assert_string_equal(bytes, text);
    mem_free(bytes);
    secret_unref(take_secret);
}

static void bodies_are_those_of_the_model(void **state)
{
    struct sso_config sso = acme();
    struct sso_token token = some_token();
    struct oidc_device device = {.device_code = secret_new(SV("dev"))};
    (void)state;
    str_copy(sso.scopes, "one two");
    assert_secret(oidc_register_body(&sso), "{\"clientName\":\"watchdeck\",\"clientType\":"
                                            "\"public\",\"scopes\":[\"one\",\"two\"]}");
    assert_secret(oidc_device_body(&sso, &token),
                  "{\"clientId\":\"client-1\",\"clientSecret\":\"hush\","
                  "\"startUrl\":\"https://acme.awsapps.com/start\"}");
    assert_secret(oidc_poll_body(&token, &device),
                  "{\"clientId\":\"client-1\",\"clientSecret\":\"hush\",\"grantType\":"
                  "\"urn:ietf:params:oauth:grant-type:device_code\",\"deviceCode\":\"dev\"}");
    assert_secret(oidc_refresh_body(&token),
                  "{\"clientId\":\"client-1\",\"clientSecret\":\"hush\",\"grantType\":"
                  "\"refresh_token\",\"refreshToken\":\"again\"}");
    str_copy(sso.scopes, "");
    assert_secret(oidc_register_body(&sso),
                  "{\"clientName\":\"watchdeck\",\"clientType\":\"public\"}");
    oidc_device_done(&device);
    sso_token_done(&token);
}

static void reads_a_client_and_a_token(void **state)
{
    struct sso_token token = {0};
    struct err err;
    (void)state;
    assert_int_equal(oidc_read_client(SV("{\"clientId\":\"c\",\"clientSecret\":\"s\","
                                         "\"clientSecretExpiresAt\":1775001600}"),
                                      &token, &err),
                     OK);
    assert_string_equal(token.client_id, "c");
    assert_int_equal(token.registration_expires_at_ms, 1775001600000);
    assert_int_equal(oidc_read_token(SV("{\"accessToken\":\"a\",\"expiresIn\":28800,"
                                        "\"refreshToken\":\"r1\",\"tokenType\":\"Bearer\"}"),
                                     1000, &token, &err),
                     OK);
    assert_int_equal(token.expires_at_ms, 28801000);
    assert_sv(secret_bytes(token.refresh), "r1");
    /* a reply without a new one keeps the old, a broken one keeps everything */
    assert_int_equal(
        oidc_read_token(SV("{\"accessToken\":\"b\",\"expiresIn\":60}"), 0, &token, &err), OK);
    assert_sv(secret_bytes(token.refresh), "r1");
    assert_int_equal(oidc_read_token(SV("{\"refreshToken\":\"r2\"}"), 0, &token, &err), ERR_PARSE);
    assert_sv(secret_bytes(token.access), "b");
    assert_sv(secret_bytes(token.refresh), "r1");
    sso_token_done(&token);
}

static void reads_a_device_code(void **state)
{
    struct oidc_device device;
    struct err err;
    (void)state;
    assert_int_equal(
        oidc_read_device(SV("{\"deviceCode\":\"d\",\"userCode\":\"ABCD-EFGH\",\"expiresIn\":600,"
                            "\"interval\":1,\"verificationUri\":\"https://device.sso/\","
                            "\"verificationUriComplete\":\"https://device.sso/?u=ABCD\"}"),
                         1000, &device, &err),
        OK);
    assert_string_equal(device.url, "https://device.sso/?u=ABCD");
    assert_string_equal(device.user_code, "ABCD-EFGH");
    assert_int_equal(device.expires_at_ms, 601000);
    assert_int_equal(device.interval_s, 1);
    oidc_device_done(&device);
    assert_int_equal(
        oidc_read_device(SV("{\"deviceCode\":\"d\",\"userCode\":\"A\",\"expiresIn\":600,"
                            "\"verificationUri\":\"https://device.sso/\","
                            "\"verificationUriComplete\":\"https://x/\\u202e\"}"),
                         0, &device, &err),
        OK);
    assert_string_equal(device.url, "https://device.sso/");
    assert_int_equal(device.interval_s, 5);
    oidc_device_done(&device);
    assert_int_equal(oidc_read_device(SV("{\"deviceCode\":\"d\",\"userCode\":\"\\u001b[2J\","
                                         "\"expiresIn\":600,\"verificationUri\":\"https://d/\"}"),
                                      0, &device, &err),
                     ERR_PARSE);
    assert_null(device.device_code);
}

static void faults_are_told_apart(void **state)
{
    static const struct {
        int status;
        const char *type, *body;
        enum oidc_fault fault;
    } cases[] = {
        {400, "AuthorizationPendingException", "{}", OIDC_PENDING},
        {400, "", "{\"error\":\"authorization_pending\"}", OIDC_PENDING},
        {400, "", "{\"__type\":\"com.amazonaws.oidc#SlowDownException\"}", OIDC_SLOW_DOWN},
        {400, "ExpiredTokenException:http://x/", "", OIDC_EXPIRED},
        {400, "InvalidGrantException", "{}", OIDC_EXPIRED},
        {400, "AccessDeniedException", "{}", OIDC_DENIED},
        {401, "InvalidClientException", "{}", OIDC_CLIENT},
        {503, "", "<html>", OIDC_TRANSIENT},
        {429, "", "", OIDC_TRANSIENT},
        {400, "InvalidRequestException", "{\"error_description\":\"no\"}", OIDC_FAILED},
        {302, "", "", OIDC_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err;
        assert_int_equal(oidc_read_fault(cases[i].status, sv_of(cases[i].type),
                                         sv_of(cases[i].body), "sso-oidc:CreateToken", &err),
                         cases[i].fault);
        assert_int_equal(err.http_status, cases[i].status);
    }
}

static void reads_role_credentials(void **state)
{
    struct sso_config sso = acme();
    struct credentials *credentials = NULL;
    struct err err;
    struct buf url = BUF_NONE;
    (void)state;
    str_copy(sso.role_name, "Read Only/+");
    sso_role_add_path(&url, &sso);
    assert_string_equal(buf_cstr(&url), "/federation/credentials?account_id=111111111111"
                                        "&role_name=Read%20Only%2F%2B");
    buf_done(&url);
    assert_int_equal(
        sso_role_read(SV("{\"roleCredentials\":{\"accessKeyId\":\"ASIA1\",\"secretAccessKey\":"
                         "\"s\",\"sessionToken\":\"t\",\"expiration\":1767225600000}}"),
                      &credentials, &err),
        OK);
    assert_string_equal(credentials_key_id(credentials), "ASIA1");
    assert_int_equal(credentials_expire_at_ms(credentials), 1767225600000);
    credentials_unref(credentials);
    assert_int_equal(
        sso_role_read(SV("{\"roleCredentials\":{\"accessKeyId\":\"ASIA1\"}}"), &credentials, &err),
        ERR_PARSE);
    assert_true(sso_role_read_fault(&sso, 401, SV("UnauthorizedException"),
                                    SV("{\"message\":\"Session token not found\"}"), &err));
    assert_int_equal(err.code, ERR_EXPIRED);
    assert_false(sso_role_read_fault(&sso, 403, SV("com.amazonaws.sso#ForbiddenException:http://x"),
                                     SV("{\"message\":\"No access\"}"), &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_non_null(strstr(err.message, "No access, ForbiddenException (HTTP 403)"));
    assert_string_equal(err.aws_code, "ForbiddenException");
}

/* As botocore computes it: sha1 of {"accountId":...,"roleName":...,"sessionName":...}. */
static void roles_are_cached_where_the_cli_looks(void **state)
{
    struct sso_config sso = acme();
    char key[SHA1_HEX_SIZE], expected[SHA1_HEX_SIZE];
    (void)state;
    sso_role_cache_key(&sso, key);
    sha1_hex(SV("{\"accountId\":\"111111111111\",\"roleName\":\"ReadOnly\","
                "\"sessionName\":\"acme\"}"),
             expected);
    assert_string_equal(key, expected);
    sso.session[0] = '\0';
    sso_role_cache_key(&sso, key);
    sha1_hex(SV("{\"accountId\":\"111111111111\",\"roleName\":\"ReadOnly\","
                "\"startUrl\":\"https://acme.awsapps.com/start\"}"),
             expected);
    assert_string_equal(key, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_both_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(names_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(written_tokens_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_what_the_aws_cli_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_or_foreign_files_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lock_has_one_owner, setup, teardown),
        cmocka_unit_test(bodies_are_those_of_the_model),
        cmocka_unit_test(reads_a_client_and_a_token),
        cmocka_unit_test(reads_a_device_code),
        cmocka_unit_test(faults_are_told_apart),
        cmocka_unit_test(reads_role_credentials),
        cmocka_unit_test(roles_are_cached_where_the_cli_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
