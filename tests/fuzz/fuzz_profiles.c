/*
 * Any text as ~/.aws/config: a fault has its place; what resolves is a chain with a base and no
 * more roles than there are profiles; each role has a name in the cache.
 */
#include <string.h>

#include "core/aws/cred/chain.h"
#include "core/aws/cred/role_cache.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"

static void check_error(const struct err *err)
{
    AUTO(buf_done) struct buf safe = BUF_NONE;

    text_safe(&safe, sv_of(err->message), TEXT_LINE);
    PROMISE(err->message[0] != '\0' && sv_eq_cstr(buf_sv(&safe), err->message));
}

static void check_chain(const struct shared_config *config, const char *profile)
{
    const struct credential_source source = {
        .config = config, .profile = profile, .is_profile_alone = true};
    AUTO(buf_done) struct buf words = BUF_NONE;
    char key[SHA1_HEX_SIZE];
    struct chain chain;
    struct err err;

    if (chain_resolve(&source, &chain, &err) != OK) {
        check_error(&err);
        return;
    }
    PROMISE(chain.base != NULL && chain.roles.len <= config->sections.len);
    for (size_t i = 0; i < chain.roles.len; i++) {
        PROMISE(chain.roles.ptr[i].arn.len > 0);
        role_cache_key(&chain.roles.ptr[i], key);
        PROMISE(strlen(key) == SHA1_HEX_SIZE - 1);
    }
    chain_describe(&chain, profile, &words);
    PROMISE(words.len > 0);
    chain_done(&chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size};
    struct shared_config config;
    struct err err;

    if (shared_config_parse(text, text, &config, &err) != OK) {
        check_error(&err);
        PROMISE(strstr(err.message, "config:") != NULL ||
                strstr(err.message, "credentials:") != NULL);
        return 0;
    }
    for (size_t i = 0; i < config.sections.len; i++)
        check_chain(&config, config.sections.ptr[i]->name);
    shared_config_done(&config);
    return 0;
}
