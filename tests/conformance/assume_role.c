/*
 * assume_role: from the profiles of a shared config to a chain: a base, and roles to be assumed.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/cred/chain.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/conformance/driver.h"

#define PROVIDER(name) extern const struct credential_provider provider_##name;
#include "core/aws/cred/providers.def"
#undef PROVIDER

/* --- the input ------------------------------------------------------------------------------- */

static void print_sections(const cJSON *sections, const char *kind, struct buf *config)
{
    const cJSON *section = NULL, *property = NULL;
    cJSON_ArrayForEach (section, sections) {
        buf_addf(config, "[%s %s]\n", kind, section->string);
        cJSON_ArrayForEach (property, section)
            buf_addf(config, "%s = %s\n", property->string, property->valuestring);
    }
}

/* Whatever this runs in has no credentials, but for those who name them. */
static void set_environment(void)
{
    static const char *const unset[] = {"AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
                                        "AWS_EC2_METADATA_DISABLED", "AWS_WEB_IDENTITY_TOKEN_FILE"};
    for (size_t i = 0; i < ARRAY_LEN(unset); i++)
        unsetenv(unset[i]);
    setenv("AWS_ACCESS_KEY_ID", "of the environment", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "of the environment", 1);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/", 1);
}

/* --- the chain as the cases write it ---------------------------------------------------------- */

static void add(cJSON *object, const char *name, struct sv value)
{
    AUTO_FREE char *text = value.len > 0 ? sv_dup(value) : NULL;
    if (text != NULL)
        cJSON_AddStringToObject(object, name, text);
}

static cJSON *add_step(cJSON *steps, const char *kind)
{
    cJSON *step = cJSON_CreateObject();
    cJSON_AddItemToArray(steps, step);
    return cJSON_AddObjectToObject(step, kind);
}

static struct sv secret_at(const struct config_section *profile, const char *key)
{
    const struct config_property *property = config_get(profile, key);
    return property != NULL ? secret_bytes(property->secret) : SV_NONE;
}

static void add_keys(const struct config_section *profile, cJSON *steps)
{
    cJSON *keys = add_step(steps, "AccessKey");
    add(keys, "access_key_id", config_text(profile, "aws_access_key_id"));
    add(keys, "secret_access_key", secret_at(profile, "aws_secret_access_key"));
    add(keys, "session_token", secret_at(profile, "aws_session_token"));
    add(keys, "account_id", config_text(profile, "aws_account_id"));
}

static void add_web_identity(const struct config_section *profile, cJSON *steps)
{
    static const char *const keys[] = {"role_arn", "web_identity_token_file", "role_session_name"};
    cJSON *step = add_step(steps, "WebIdentityToken");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        add(step, keys[i], config_text(profile, keys[i]));
}

static void add_sso(const struct shared_config *config, const struct config_section *profile,
                    cJSON *steps)
{
    static const char *const keys[] = {"sso_account_id", "sso_region", "sso_role_name",
                                       "sso_start_url", "sso_session"};
    const struct config_section *session =
        shared_config_find(config, CONFIG_SSO_SESSION, config_text(profile, "sso_session"));
    cJSON *step = add_step(steps, "Sso");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct sv value = config_text(profile, keys[i]);
        add(step, keys[i], value.len > 0 ? value : config_text(session, keys[i]));
    }
}

static void add_base(const struct shared_config *config, const struct chain *chain, cJSON *steps)
{
    const struct credential_provider *base = chain->base;
    cJSON *step = NULL;
    if (base == &provider_credentials_file || base == &provider_config_file) {
        add_keys(chain->base_profile, steps);
    } else if (base == &provider_web_identity) {
        add_web_identity(chain->base_profile, steps);
    } else if (base == &provider_sso) {
        add_sso(config, chain->base_profile, steps);
    } else {
        bool is_process = base == &provider_process;
        cJSON_AddItemToArray(steps, step = cJSON_CreateObject());
        add(step, is_process ? "CredentialProcess" : "NamedSource",
            is_process ? config_text(chain->base_profile, "credential_process")
                       : sv_of(base->source));
    }
}

static cJSON *describe(const struct shared_config *config, const struct chain *chain)
{
    cJSON *output = cJSON_CreateObject();
    cJSON *steps = cJSON_AddArrayToObject(output, "ProfileChain");
    add_base(config, chain, steps);
    for (size_t i = 0; i < chain->roles.len; i++) {
        const struct chain_role *role = &chain->roles.ptr[i];
        cJSON *step = add_step(steps, "AssumeRole");
        add(step, "role_arn", role->arn);
        add(step, "external_id", role->external_id);
        add(step, "role_session_name", role->session_name);
    }
    return output;
}

/* --- verdicts -------------------------------------------------------------------------------- */

/* The words of an error differ from tool to tool; the keys and profiles that it names do not. */
static bool is_a_name(struct sv word)
{
    return sv_contains(word, SV("_")) || sv_contains(word, SV("`")) || sv_eq(word, SV("loop")) ||
           sv_contains(word, SV("sso-session"));
}

static struct sv bare(struct sv word)
{
    while (word.len > 0 && !isalnum((unsigned char)word.ptr[0]))
        word = (struct sv){word.ptr + 1, word.len - 1};
    while (word.len > 0 && !isalnum((unsigned char)word.ptr[word.len - 1]))
        word.len--;
    return word;
}

static bool names_the_same(struct sv expected, struct sv message)
{
    while (expected.ptr != NULL) {
        struct sv word = sv_split(&expected, ' ');
        if (is_a_name(word) && !sv_contains(message, bare(word)))
            return false;
    }
    return true;
}

static void judge(const char *id, const struct shared_config *config, const cJSON *test,
                  struct tally *tally)
{
    AUTO_FREE char *profile = sv_dup(json_sv(json_get(test, "input"), "selected_profile"));
    const struct credential_source source = {
        .config = config, .profile = profile, .is_profile_alone = true};
    const cJSON *output = json_get(test, "output");
    struct sv fault = json_sv(output, "Error");
    struct chain chain;
    struct err err = ERR_NONE;
    enum err_code code = chain_resolve(&source, &chain, &err);
    cJSON *ours = code == OK ? describe(config, &chain) : NULL;
    AUTO_FREE char *text = ours != NULL ? json_print(ours) : NULL;
    if (fault.len > 0 && code == OK)
        case_fail(tally, id, "taken, although \"" SV_FMT "\"", SV_ARG(fault));
    else if (fault.len > 0 && !names_the_same(fault, sv_of(err.message)))
        case_fail(tally, id, "refused otherwise: %s", err.message);
    else if (fault.len == 0 && code != OK)
        case_fail(tally, id, "refused: %s", err.message);
    else if (fault.len == 0 && !cJSON_Compare(ours, output, true))
        case_fail(tally, id, "another chain: %s", text);
    else
        case_ok(tally, id);
    json_free(ours);
    if (code == OK)
        chain_done(&chain);
}

static void run_case(const cJSON *test, struct tally *tally)
{
    AUTO_FREE char *id = sv_dup(json_sv(test, "docs"));
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct shared_config config;
    struct err err;
    print_sections(json_path(test, "input.profiles"), "profile", &text);
    print_sections(json_path(test, "input.sso_sessions"), "sso-session", &text);
    if (shared_config_parse(buf_sv(&text), SV_NONE, &config, &err) != OK) {
        case_fail(tally, id, "%s", err.message);
        return;
    }
    judge(id, &config, test, tally);
    shared_config_done(&config);
}

void driver_assume_role(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    const cJSON *test = NULL;
    cJSON *vectors = NULL;
    struct err err;
    if (!case_read_file(tally, path, &text))
        return;
    if (json_parse(buf_sv(&text), path, &vectors, &err) != OK)
        case_fail(tally, path, "%s", err.message);
    set_environment();
    cJSON_ArrayForEach (test, vectors)
        run_case(test, tally);
    json_free(vectors);
}
