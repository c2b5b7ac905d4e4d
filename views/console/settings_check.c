#include "views/console/settings_check.h"

#include <string.h>

#include "core/base/mem.h"
#include "tui/keymap/keymap.h"
#include "tui/theme.h"

static enum err_code check_theme(const struct settings *settings, const char *where,
                                 struct err *err)
{
    AUTO(buf_done) struct buf names = BUF_NONE;

    if (theme_find(sv_of(settings->theme)) != NULL)
        return OK;
    theme_names(&names);
    return err_set(err, ERR_CONFIG, where, "theme: \"%s\" is none of %s", settings->theme,
                   buf_cstr(&names));
}

static enum err_code check_keys(const struct settings *settings, const char *where, struct err *err)
{
    struct keymap *scratch = keymap_new();
    struct err why = ERR_NONE;
    size_t n_problems;
    enum err_code code = OK;

    if (settings->keys[0] != '\0')
        code = keymap_add_named(scratch, settings->keys, NULL, NULL, &n_problems, &why);
    keymap_free(scratch);
    if (code == OK)
        return OK;
    return err_set(err, ERR_CONFIG, where,
                   "keys: \"%s\": %s; vi, k9s or the path of a file is wanted", settings->keys,
                   why.message);
}

enum err_code settings_check(const struct settings *settings, struct err *err)
{
    static const struct {
        const char *key;
        enum err_code (*check)(const struct settings *settings, const char *where, struct err *err);
    } checks[] = {{"theme", check_theme}, {"keys", check_keys}};
    enum err_code code = OK;

    for (size_t i = 0; code == OK && i < ARRAY_LEN(checks); i++) {
        AUTO(buf_done) struct buf where = BUF_NONE;

        settings_origin(settings, checks[i].key, &where);
        code = checks[i].check(settings, buf_cstr(&where), err);
    }
    return code;
}
