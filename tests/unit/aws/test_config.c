/*
 * Shared config files, and endpoints.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/aws/cred/shared_config.h"
#include "core/aws/endpoint/endpoint.h"
#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/unit/unit.h"

static char folder[64], config_file[96], credentials_file[96];
static struct err err;

/* --- files ----------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    unlink(path);
    if (text != NULL)
        assert_int_equal(os_write_atomically(path, sv_of(text), 0600, NULL), OK);
}

static enum err_code load(const char *config_text_, const char *credentials_text,
                          struct shared_config *config)
{
    write_file(config_file, config_text_);
    write_file(credentials_file, credentials_text);
    err = ERR_NONE;
    return shared_config_load(config, &err);
}

static int setup(void **state)
{
    (void)state;
    str_copy(folder, "/tmp/watchdeck-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(config_file, sizeof config_file, "%s/config", folder);
    snprintf(credentials_file, sizeof credentials_file, "%s/credentials", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(config_file);
    unlink(credentials_file);
    return rmdir(folder);
}

static void clear_environment(void)
{
    static const char *const names[] = {"AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_CREDENTIAL_EXPIRATION",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_ENDPOINT_URL_CONFIG_SERVICE",
                                        "AWS_ENDPOINT_URL_EC2",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    setenv("AWS_CONFIG_FILE", config_file, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_file, 1);
}

/* --- grammar --------------------------------------------------------------------------------- */

static size_t count_sections(const struct shared_config *config, enum config_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < config->sections.len; i++)
        n += config->sections.ptr[i]->kind == kind && !config->sections.ptr[i]->is_weak;
    return n;
}

static void assert_sections(const struct shared_config *config, enum config_kind kind,
                            const cJSON *expected)
{
    const cJSON *section = NULL, *property = NULL;
    assert_int_equal(count_sections(config, kind), cJSON_GetArraySize(expected));
    cJSON_ArrayForEach (section, expected) {
        const struct config_section *found =
            shared_config_find(config, kind, sv_of(section->string));
        assert_non_null(found);
        assert_int_equal(found->properties.len, cJSON_GetArraySize(section));
        cJSON_ArrayForEach (property, section) {
            const struct config_property *ours = config_get(found, property->string);
            assert_non_null(ours);
            assert_string_equal(ours->text, property->valuestring);
        }
    }
}

static void run_grammar_case(const cJSON *test)
{
    struct shared_config config;
    const cJSON *input = json_get(test, "input"), *output = json_get(test, "output");
    const cJSON *failure = json_get(output, "errorContaining");
    const cJSON *config_text_ = json_get(input, "configFile");
    const cJSON *credentials_text = json_get(input, "credentialsFile");
    enum err_code code =
        load(config_text_ != NULL ? config_text_->valuestring : NULL,
             credentials_text != NULL ? credentials_text->valuestring : NULL, &config);
    if (failure != NULL) {
        assert_int_equal(code, ERR_CONFIG);
        assert_non_null(strstr(err.message, failure->valuestring));
        assert_non_null(strstr(err.message, "/config:"));
        return;
    }
    assert_int_equal(code, OK);
    assert_sections(&config, CONFIG_PROFILE, json_path(output, "config.profiles"));
    assert_sections(&config, CONFIG_SSO_SESSION, json_path(output, "config.sso_sessions"));
    shared_config_done(&config);
}

static void test_grammar_vectors(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(buf_done) struct buf path = BUF_NONE;
    cJSON *vectors = NULL;
    (void)state;
    if (getenv("WATCHDECK_VECTORS") == NULL) {
        print_message("WATCHDECK_VECTORS names no folder of vectors\n");
        skip();
    }
    clear_environment();
    buf_addf(&path, "%s/profiles/profile-parser-tests.json", getenv("WATCHDECK_VECTORS"));
    assert_int_equal(os_read_file(buf_cstr(&path), 1 << 20, &text, NULL), OK);
    assert_int_equal(json_parse(buf_sv(&text), "vectors", &vectors, NULL), OK);
    for (const cJSON *test = json_items(vectors, "tests"); test != NULL; test = test->next)
        run_grammar_case(test);
    json_free(vectors);
}

static void test_errors_name_the_line(void **state)
{
    struct shared_config config;
    char place[128];
    (void)state;
    clear_environment();
    assert_int_equal(load("[default]\nregion = eu-west-1\n\nnonsense\n", NULL, &config),
                     ERR_CONFIG);
    snprintf(place, sizeof place, "%s:4: ", config_file);
    assert_non_null(strstr(err.message, place));
    assert_int_equal(load(NULL, "[default\n", &config), ERR_CONFIG);
    snprintf(place, sizeof place, "%s:1: ", credentials_file);
    assert_non_null(strstr(err.message, place));
}

static void test_files_that_are_none(void **state)
{
    struct shared_config config;
    (void)state;
    clear_environment();
    assert_int_equal(load(NULL, NULL, &config), OK);
    assert_int_equal(config.sections.len, 0);
    shared_config_done(&config);
    setenv("AWS_CONFIG_FILE", "/dev/zero", 1);
    assert_int_equal(shared_config_load(&config, &err), ERR_IO);
    setenv("AWS_CONFIG_FILE", folder, 1);
    assert_int_equal(shared_config_load(&config, &err), ERR_IO);
}

/* A secret is not among the texts. */
static void test_secrets_are_kept_apart(void **state)
{
    struct shared_config config;
    (void)state;
    clear_environment();
    assert_int_equal(
        load(NULL, "[a]\naws_secret_access_key = s3cr3t\naws_session_token=t\n", &config), OK);
    const struct config_section *section = shared_config_find(&config, CONFIG_PROFILE, SV("a"));
    const struct config_property *property = config_get(section, "aws_secret_access_key");
    assert_null(property->text);
    assert_sv(secret_bytes(property->secret), "s3cr3t");
    assert_null(config_get(section, "aws_session_token")->text);
    shared_config_done(&config);
}

/* --- endpoints ------------------------------------------------------------------------------- */

static struct endpoint resolve(const char *option, const char *config_text_, const char *service,
                               const char *region, enum err_code expected)
{
    struct shared_config config;
    struct endpoint_rules rules = {0};
    struct endpoint endpoint = {0};
    const struct aws_service *found = NULL;
    for (size_t i = 0; aws_service_at(i) != NULL; i++)
        if (strcmp(aws_service_at(i)->id, service) == 0)
            found = aws_service_at(i);
    assert_non_null(found);
    assert_int_equal(load(config_text_, NULL, &config), OK);
    enum err_code code = endpoint_rules_load(
        option, &config, shared_config_find(&config, CONFIG_PROFILE, SV("default")), &rules, &err);
    if (code == OK)
        code = endpoint_resolve(&rules, found, region, &endpoint, &err);
    assert_int_equal(code, expected);
    endpoint_rules_done(&rules);
    shared_config_done(&config);
    return endpoint;
}

static void assert_url(const char *option, const char *config_text_, const char *service,
                       const char *url)
{
    struct endpoint endpoint = resolve(option, config_text_, service, "eu-west-1", OK);
    assert_string_equal(endpoint.url, url);
}

static void test_plain_regional_hosts(void **state)
{
    (void)state;
    clear_environment();
    assert_url(NULL, NULL, "config", "https://config.eu-west-1.amazonaws.com/");
    assert_url(NULL, NULL, "sts", "https://sts.eu-west-1.amazonaws.com/");
    struct endpoint endpoint = resolve(NULL, NULL, "organizations", "eu-west-1", OK);
    assert_string_equal(endpoint.url, "https://organizations.us-east-1.amazonaws.com/");
    assert_string_equal(endpoint.region, "us-east-1");
    assert_string_equal(endpoint.host, "organizations.us-east-1.amazonaws.com");
    assert_string_equal(endpoint.path, "/");
    assert_false(endpoint.is_given);
}

#define SERVICES                                                     \
    "[default]\nservices = local\nendpoint_url = http://profile:1\n" \
    "[services local]\nconfig_service =\n  endpoint_url = http://section:1\n"

static void test_precedence(void **state)
{
    (void)state;
    clear_environment();
    assert_url(NULL, SERVICES, "config", "http://section:1/");
    assert_url(NULL, SERVICES, "ec2", "http://profile:1/");
    setenv("AWS_ENDPOINT_URL", "http://all:1", 1);
    assert_url(NULL, SERVICES, "config", "http://all:1/");
    setenv("AWS_ENDPOINT_URL_CONFIG_SERVICE", "http://one:1", 1);
    assert_url(NULL, SERVICES, "config", "http://one:1/");
    assert_url(NULL, SERVICES, "ec2", "http://all:1/");
    assert_url("http://option:1", SERVICES, "config", "http://option:1/");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_url(NULL, SERVICES, "config", "https://config.eu-west-1.amazonaws.com/");
    assert_url("http://option:1", SERVICES, "config", "http://option:1/");
}

static void test_urls(void **state)
{
    (void)state;
    clear_environment();
    struct endpoint endpoint = resolve("https://Host:443/base/", NULL, "ec2", "eu-west-1", OK);
    assert_string_equal(endpoint.url, "https://Host:443/base/");
    assert_string_equal(endpoint.host, "host");
    assert_string_equal(endpoint.path, "/base/");
    assert_string_equal(endpoint.region, "eu-west-1");
    assert_true(endpoint.is_given);
    endpoint = resolve("http://[::1]:4000", NULL, "ec2", "eu-west-1", OK);
    assert_string_equal(endpoint.host, "[::1]:4000");
    resolve("ftp://x", NULL, "ec2", "eu-west-1", ERR_CONFIG);
    resolve("http://", NULL, "ec2", "eu-west-1", ERR_CONFIG);
    resolve("http:///x", NULL, "ec2", "eu-west-1", ERR_CONFIG);
    resolve("http://user:pass@x", NULL, "ec2", "eu-west-1", ERR_CONFIG);
    resolve("http://x/?q=1", NULL, "ec2", "eu-west-1", ERR_CONFIG);
    resolve("http://x y", NULL, "ec2", "eu-west-1", ERR_CONFIG);
    resolve(NULL, "[default]\nservices = none\n", "ec2", "eu-west-1", ERR_CONFIG);
    assert_non_null(strstr(err.message, "/config:2"));
}

static void test_regions(void **state)
{
    (void)state;
    clear_environment();
    resolve(NULL, NULL, "ec2", "cn-north-1", OK);
    resolve(NULL, NULL, "ec2", "us-gov-west-1", OK);
    resolve("http://x", NULL, "ec2", "us-gov-west-1", OK);
    resolve(NULL, NULL, "ec2", "evil.example.com/", ERR_CONFIG);
    resolve(NULL, NULL, "ec2", "", ERR_CONFIG);
    resolve(NULL, NULL, "ec2", "-x", ERR_CONFIG);
    resolve(NULL, NULL, "ec2", "EU-WEST-1", ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar_vectors),
        cmocka_unit_test(test_errors_name_the_line),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_secrets_are_kept_apart),
        cmocka_unit_test(test_plain_regional_hosts),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_regions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
