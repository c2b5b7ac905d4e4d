/*
 * From the shared config and the environment to a chain of credentials, and what is wrong with
 * either.
 */
#include <stdlib.h>
#include <string.h>

#include "core/aws/cred/chain.h"
#include "core/aws/cred/refresh.h"
#include "core/aws/cred/role_cache.h"
#include "core/base/clock.h"
#include "tests/unit/unit.h"

static struct shared_config config;
static struct err err;

static int setup(void **state)
{
    static const char *const names[] = {"AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_SECURITY_TOKEN",
                                        "AWS_CREDENTIAL_EXPIRATION",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_ROLE_ARN",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_EC2_METADATA_DISABLED",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    return 0;
}

static struct chain resolve_both(const char *config_text_, const char *credentials_text,
                                 const struct credential_source *how, enum err_code expected)
{
    struct credential_source source = *how;
    struct chain chain = {0};
    assert_int_equal(
        shared_config_parse(sv_of(config_text_), sv_of(credentials_text), &config, &err), OK);
    source.config = &config;
    err = ERR_NONE;
    assert_int_equal(chain_resolve(&source, &chain, &err), expected);
    return chain;
}

/* Ends with the name of the base, which is all that is left of it. */
static const char *base_of(const char *config_text_, const char *credentials_text,
                           const struct credential_source *how)
{
    struct chain chain = resolve_both(config_text_, credentials_text, how, OK);
    const char *name = chain.base->name;
    chain_done(&chain);
    shared_config_done(&config);
    return name;
}

static void assert_wrong(const char *text, enum err_code code, const char *what)
{
    const struct credential_source how = {.profile = "p", .is_profile_alone = true};
    resolve_both(text, NULL, &how, code);
    if (strstr(err.message, what) == NULL)
        fail_msg("\"%s\" is not in: %s", what, err.message);
    shared_config_done(&config);
}

#define KEYS "aws_access_key_id = AKID\naws_secret_access_key = SECRET\n"

/* Everything at once, and what is left when the first is taken away. */
static void test_order(void **state)
{
    const struct credential_source how = {.profile = "p"};
    const struct credential_source by_name = {.profile = "p", .profile_is_explicit = true};
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
    assert_string_equal(base_of("[profile p]\n" KEYS, NULL, &how), "the environment");
    assert_string_equal(base_of("[profile p]\n" KEYS, NULL, &by_name), "static keys");
    setup(NULL);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/t", 1);
    setenv("AWS_ROLE_ARN", "arn", 1);
    assert_string_equal(base_of("[profile p]\n" KEYS, NULL, &how), "a web identity token");
    setup(NULL);
    assert_string_equal(base_of("[profile p]\nsso_start_url=https://x\nsso_region=eu-west-1\n"
                                "sso_account_id=1\nsso_role_name=r\ncredential_process=x\n" KEYS,
                                NULL, &how),
                        "IAM Identity Center");
    assert_string_equal(base_of("[profile p]\ncredential_process=x\n", "[p]\n" KEYS, &how),
                        "static keys");
    assert_string_equal(base_of("[profile p]\ncredential_process=x\n" KEYS, NULL, &how),
                        "a credential_process");
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds", 1);
    assert_string_equal(base_of("[profile p]\nregion=x\n", NULL, &how), "the container's role");
    assert_string_equal(base_of("[profile p]\n" KEYS, NULL, &how), "static keys");
    setup(NULL);
    assert_string_equal(base_of("[profile p]\nregion=x\n", NULL, &how), "the instance's role");
    setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
    resolve_both("[profile p]\nregion=x\n", NULL, &how, ERR_CREDENTIALS);
    shared_config_done(&config);
}

static void test_a_role_and_its_settings(void **state)
{
    const struct credential_source how = {.profile = "p"};
    AUTO(buf_done) struct buf words = BUF_NONE;
    (void)state;
    struct chain chain = resolve_both("[profile p]\nrole_arn=arn:r\nsource_profile=b\n"
                                      "external_id=ex\nmfa_serial=arn:m\nduration_seconds=900\n"
                                      "role_session_name=me\nregion=eu-west-1\n"
                                      "[profile b]\n" KEYS,
                                      NULL, &how, OK);
    const struct chain_role *role = &chain.roles.ptr[0];
    assert_int_equal(chain.roles.len, 1);
    assert_sv(role->external_id, "ex");
    assert_sv(role->mfa_serial, "arn:m");
    assert_sv(role->session_name, "me");
    assert_sv(role->region, "eu-west-1");
    assert_int_equal(role->duration_s, 900);
    chain_describe(&chain, "p", &words);
    assert_sv(buf_sv(&words), "profile p: arn:r by way of static keys of profile b");
    chain_done(&chain);
    shared_config_done(&config);
}

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    assert_wrong("[profile p]\nrole_arn=r\n", ERR_CONFIG, "config:2");
    assert_wrong("[profile p]\nrole_arn=r\nsource_profile=q\n", ERR_CONFIG, "config:3");
    assert_wrong("[profile p]\nrole_arn=r\nsource_profile=q\ncredential_source=Environment\n",
                 ERR_CONFIG, "keep one");
    assert_wrong("[profile p]\nrole_arn=r\ncredential_source=Elsewhere\n", ERR_CONFIG,
                 "Ec2InstanceMetadata");
    assert_wrong("[profile p]\nrole_arn=r\nsource_profile=p\n", ERR_CONFIG, "loop");
    assert_wrong("[profile p]\nrole_arn=r\nsource_profile=q\n[profile q]\nrole_arn=r\n"
                 "source_profile=q\n",
                 ERR_CONFIG, "loop");
    assert_wrong("[profile p]\nrole_arn=r\nsource_profile=q\nrole_session_name=a b\n", ERR_CONFIG,
                 "config:4");
    assert_wrong("[profile p]\nrole_arn=r\nsource_profile=q\nduration_seconds=60\n", ERR_CONFIG,
                 "config:4");
    assert_wrong("[profile p]\naws_access_key_id=a\n", ERR_CREDENTIALS, "config:2");
    assert_wrong("[profile p]\nweb_identity_token_file=/t\n", ERR_CONFIG, "role_arn");
    assert_wrong("[profile p]\nlogin_session=x\n", ERR_UNSUPPORTED, "export-credentials");
    assert_wrong("[profile p]\ncredential_process=\"x\n", ERR_CONFIG, "quote");
    assert_wrong("[profile p]\nregion=x\n", ERR_CREDENTIALS, "profile \"p\"");
    assert_wrong("", ERR_CREDENTIALS, "no profile \"p\"");
}

/* The SDKs ignore a duration that is no number. */
static void test_odd_durations(void **state)
{
    const struct credential_source how = {.profile = "p"};
    (void)state;
    struct chain chain = resolve_both(
        "[profile p]\nrole_arn=r\nsource_profile=p\nduration_seconds=1h\n" KEYS, NULL, &how, OK);
    assert_int_equal(chain.roles.ptr[0].duration_s, 0);
    chain_done(&chain);
    shared_config_done(&config);
}

static void assert_container(const char *url, bool is_good)
{
    const struct credential_source how = {.profile = "default"};
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    struct chain chain = resolve_both(NULL, NULL, &how, is_good ? OK : ERR_CONFIG);
    chain_done(&chain);
    shared_config_done(&config);
}

static void test_hosts_of_containers(void **state)
{
    static const char *const good[] = {"https://example.com/x",  "http://localhost:80/x",
                                       "http://127.0.0.1/x",     "http://127.9.9.9:8/x",
                                       "http://[::1]:81/x",      "http://169.254.170.2/x",
                                       "http://169.254.170.23/", "http://[fd00:ec2::23]/x"};
    static const char *const bad[] = {"http://example.com/x",
                                      "http://169.254.169.254/x",
                                      "http://127.0.0.1.evil.org/x",
                                      "http://localhost.evil.org",
                                      "http://169.254.170.2@evil/",
                                      "http://[::2]/x",
                                      "ftp://localhost/",
                                      "/relative",
                                      "http://127.evil/"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_container(good[i], true);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_container(bad[i], false);
}

/* --- renewing -------------------------------------------------------------------------------- */

#define MINUTES(n) ((n)*60 * (int64_t)1000)

static void test_windows(void **state)
{
    static const struct {
        int life, left;
        enum refresh expected;
    } cases[] = {
        {60, 60, REFRESH_NONE}, {60, 15, REFRESH_NONE}, {60, 14, REFRESH_MAY},
        {60, 10, REFRESH_MAY},  {60, 9, REFRESH_MUST},  {60, 0, REFRESH_GONE},
        {12, 12, REFRESH_NONE}, {12, 3, REFRESH_NONE},  {12, 1, REFRESH_MUST},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(
            refresh_due(1, 1 + MINUTES(cases[i].life), 1 + MINUTES(cases[i].life - cases[i].left)),
            cases[i].expected);
    assert_int_equal(refresh_due(1, 0, MINUTES(1000)), REFRESH_NONE);
}

/* As botocore names them: sha1 of json.dumps(arguments, sort_keys=True). */
static void test_cache_keys(void **state)
{
    char key[SHA1_HEX_SIZE];
    struct chain_role role = {.arn = SV("arn:aws:iam::123456789012:role/ops")};
    (void)state;
    role_cache_key(&role, key);
    assert_string_equal(key, "22683b67d5bd46b0335d9327094666b8be5b5cd5");
    role.session_name = SV("me");
    role.external_id = SV("caf\xc3\xa9 \xf0\x9f\x98\x80 \"x\"\t");
    role.mfa_serial = SV("arn:aws:iam::123456789012:mfa/me");
    role.duration_s = 3600;
    role_cache_key(&role, key);
    assert_string_equal(key, "f4dc48e0be8c2c9919581bd581348fe4c962e24f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order, setup),
        cmocka_unit_test_setup(test_a_role_and_its_settings, setup),
        cmocka_unit_test_setup(test_what_is_wrong_is_named, setup),
        cmocka_unit_test_setup(test_odd_durations, setup),
        cmocka_unit_test_setup(test_hosts_of_containers, setup),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_cache_keys),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
