/*
 * profiles: the shared config files: their grammar, and where they are.
 */
#include <stdlib.h>
#include <string.h>

#include "core/aws/cred/shared_config.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/conformance/driver.h"

/* --- profile-parser-tests.json ---------------------------------------------------------------- */

static struct sv text_at(const cJSON *test, const char *path)
{
    return json_string(json_path(test, path));
}

static size_t count_sections(const struct shared_config *config, enum config_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < config->sections.len; i++)
        n += config->sections.ptr[i]->kind == kind && !config->sections.ptr[i]->is_weak;
    return n;
}

static bool has_property(const struct config_section *section, const cJSON *expected)
{
    const struct config_property *property = config_get(section, expected->string);
    if (property == NULL)
        return false;
    struct sv value =
        property->secret != NULL ? secret_bytes(property->secret) : sv_of(property->text);
    return sv_eq(value, json_string(expected));
}

/* NULL, or what differs. */
static const char *compare_sections(const struct shared_config *config, enum config_kind kind,
                                    const cJSON *expected)
{
    const cJSON *wanted = NULL, *property = NULL;
    if (count_sections(config, kind) != (size_t)cJSON_GetArraySize(expected))
        return "another number of sections";
    cJSON_ArrayForEach (wanted, expected) {
        const struct config_section *section =
            shared_config_find(config, kind, sv_of(wanted->string));
        if (section == NULL || section->properties.len != (size_t)cJSON_GetArraySize(wanted))
            return wanted->string;
        cJSON_ArrayForEach (property, wanted) {
            if (!has_property(section, property))
                return property->string;
        }
    }
    return NULL;
}

static const char *compare(const struct shared_config *config, const cJSON *test)
{
    const char *what =
        compare_sections(config, CONFIG_PROFILE, json_path(test, "output.config.profiles"));
    if (what == NULL)
        what = compare_sections(config, CONFIG_SSO_SESSION,
                                json_path(test, "output.config.sso_sessions"));
    return what;
}

static void run_grammar_case(const char *id, const cJSON *test, struct tally *tally)
{
    struct shared_config config;
    struct err err = ERR_NONE;
    struct sv fault = text_at(test, "output.errorContaining");
    if (fault.len == 0 && !cJSON_IsObject(json_path(test, "output.config"))) {
        case_fail(tally, id, "does not say what is expected");
        return;
    }
    enum err_code code = shared_config_parse(text_at(test, "input.configFile"),
                                             text_at(test, "input.credentialsFile"), &config, &err);
    const char *what = code == OK ? compare(&config, test) : NULL;
    if (fault.len > 0 && code != ERR_CONFIG)
        case_fail(tally, id, "taken, although \"" SV_FMT "\"", SV_ARG(fault));
    else if (fault.len > 0 && !sv_contains(sv_of(err.message), fault))
        case_fail(tally, id, "refused otherwise: %s", err.message);
    else if (fault.len == 0 && code != OK)
        case_fail(tally, id, "refused: %s", err.message);
    else if (what != NULL)
        case_fail(tally, id, "differs: %s", what);
    else
        case_ok(tally, id);
    if (code == OK)
        shared_config_done(&config);
}

/* --- file-location-tests.json ----------------------------------------------------------------- */

static const char *const variables[] = {
    "HOME",        "USERPROFILE",        "HOMEDRIVE",
    "HOMEPATH",    "AWS_CONFIG_FILE",    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE"};

static void set_environment(const cJSON *environment)
{
    const cJSON *variable = NULL;
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    cJSON_ArrayForEach (variable, environment)
        if (cJSON_IsString(variable))
            setenv(variable->string, variable->valuestring, 1);
}

static void run_location_case(const char *id, const cJSON *test, struct tally *tally)
{
    struct shared_config config;
    struct err err = ERR_NONE;
    struct sv profile = json_sv(test, "profile");
    if (!sv_eq(json_sv(test, "platform"), SV("linux"))) {
        case_skip(tally, id, "of another platform");
        return;
    }
    if (json_get(test, "configLocation") == NULL || json_get(test, "credentialsLocation") == NULL) {
        case_fail(tally, id, "does not say what is expected");
        return;
    }
    set_environment(json_get(test, "environment"));
    if (shared_config_load(&config, &err) != OK) {
        case_fail(tally, id, "%s", err.message);
        return;
    }
    if (!sv_eq_cstr(json_sv(test, "configLocation"), config.config_file))
        case_fail(tally, id, "the config file is %s", config.config_file);
    else if (!sv_eq_cstr(json_sv(test, "credentialsLocation"), config.credentials_file))
        case_fail(tally, id, "the credentials file is %s", config.credentials_file);
    else if (profile.len > 0 && !sv_eq(profile, shared_config_profile(NULL)))
        case_fail(tally, id, "the profile is another");
    else
        case_ok(tally, id);
    shared_config_done(&config);
}

/* --------------------------------------------------------------------------------------------- */

static void run_all(const char *path, struct tally *tally,
                    void (*run)(const char *id, const cJSON *test, struct tally *tally))
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    cJSON *vectors = NULL;
    struct err err;
    if (!case_read_file(tally, path, &text))
        return;
    if (json_parse(buf_sv(&text), path, &vectors, &err) != OK)
        case_fail(tally, path, "%s", err.message);
    for (const cJSON *test = json_items(vectors, "tests"); test != NULL; test = test->next) {
        AUTO_FREE char *id = sv_dup(json_sv(test, "name"));
        run(id, test, tally);
    }
    json_free(vectors);
}

void driver_profiles(const char *path, struct tally *tally)
{
    run_all(path, tally, run_grammar_case);
}

void driver_file_locations(const char *path, struct tally *tally)
{
    run_all(path, tally, run_location_case);
}
