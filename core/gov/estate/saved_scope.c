#include "core/gov/estate/saved_scope.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/os.h"
#include "core/store/line_file.h"

#define FILE_BYTES_MAX ((size_t)64 << 10)
#define FILE_NAME      "scopes.json"

void saved_scopes_path(const char *dir, char *path, size_t size)
{
    if (dir[0] == '\0' || snprintf(path, size, "%s/" FILE_NAME, dir) >= (int)size)
        path[0] = '\0';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

bool saved_scope_name_is_good(struct sv name)
{
    int64_t number;
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_char(name.ptr[i]))
            return false;
    return name.len > 0 && name.len < SAVED_SCOPE_NAME_SIZE && !sv_to_i64(name, &number) &&
           !sv_has_word(SV("all save forget"), name);
}

/* --- reading --------------------------------------------------------------------------------- */

static enum err_code take_scope(const cJSON *item, struct saved_scopes *scopes, struct err *err)
{
    int64_t number = json_i64(item, "number", 0);
    struct sv name = json_sv(item, "name"), accounts = json_sv(item, "accounts");
    struct sv regions = json_sv(item, "regions");
    if (number < 1 || number > SAVED_SCOPES)
        return err_set(err, ERR_CONFIG, FILE_NAME, "a scope wants a number from 1 to 9");
    struct saved_scope *scope = &scopes->by_number[number];
    if (scope->name[0] != '\0')
        return err_set(err, ERR_CONFIG, FILE_NAME, "number %d is there twice", (int)number);
    if (!saved_scope_name_is_good(name))
        return err_set(err, ERR_CONFIG, FILE_NAME,
                       "scope %d wants a name of at most 32 letters, digits, '-', '_' or '.'",
                       (int)number);
    if (accounts.len >= sizeof scope->selection.accounts ||
        regions.len >= sizeof scope->selection.regions)
        return err_set(err, ERR_CONFIG, FILE_NAME, "the patterns of scope %d are too long",
                       (int)number);
    sv_copy(name, scope->name, sizeof scope->name);
    sv_copy(accounts, scope->selection.accounts, sizeof scope->selection.accounts);
    sv_copy(regions, scope->selection.regions, sizeof scope->selection.regions);
    return OK;
}

static enum err_code parse(struct sv text, struct saved_scopes *scopes, struct err *err)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    struct err why;
    if (json_parse(text, FILE_NAME, &tree, &why) != OK)
        return err_set(err, ERR_CONFIG, FILE_NAME, "is no JSON: %s", why.message);
    if (!cJSON_IsArray(json_get(tree, "scopes")))
        return err_set(err, ERR_CONFIG, FILE_NAME, "has no list \"scopes\"");
    enum err_code code = OK;
    for (const cJSON *item = json_items(tree, "scopes"); item && code == OK; item = item->next)
        code = take_scope(item, scopes, err);
    return code;
}

enum err_code saved_scopes_read(const char *path, struct saved_scopes *scopes, struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    *scopes = (struct saved_scopes){0};
    enum err_code code = os_read_file(path, FILE_BYTES_MAX, &text, err);
    if (code == ERR_NOT_FOUND) {
        *err = ERR_NONE;
        return OK;
    }
    if (code == OK)
        code = parse(buf_sv(&text), scopes, err);
    if (code != OK)
        *scopes = (struct saved_scopes){0};
    return code;
}

/* --- writing --------------------------------------------------------------------------------- */

static void write_scopes(const struct saved_scopes *scopes, struct buf *out)
{
    struct json_writer w = {.out = out};
    jw_object(&w);
    jw_key(&w, "scopes");
    jw_array(&w);
    for (int i = 1; i <= SAVED_SCOPES; i++) {
        const struct saved_scope *scope = &scopes->by_number[i];
        if (scope->name[0] == '\0')
            continue;
        buf_add_cstr(out, w.need_comma ? "" : "\n  "); /* a line each, for people */
        jw_object(&w);
        jw_i64_at(&w, "number", i);
        jw_string_at(&w, "name", sv_of(scope->name));
        jw_string_at(&w, "accounts", sv_of(scope->selection.accounts));
        jw_string_at(&w, "regions", sv_of(scope->selection.regions));
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    buf_add_char(out, '\n');
}

static enum err_code put_locked(const char *path, int number, const struct saved_scope *scope,
                                struct saved_scopes *scopes, struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    enum err_code code = saved_scopes_read(path, scopes, err);
    if (code != OK)
        return code;
    for (int i = 1; i <= SAVED_SCOPES; i++)
        if (i != number && scope->name[0] != '\0' &&
            strcmp(scopes->by_number[i].name, scope->name) == 0)
            return err_set(err, ERR_USAGE, "scope", "%d is called %s already", i, scope->name);
    scopes->by_number[number] = *scope;
    write_scopes(scopes, &text);
    return os_write_atomically(path, buf_sv(&text), 0600, err);
}

enum err_code saved_scopes_put(const char *path, int number, const struct saved_scope *scope,
                               struct saved_scopes *scopes, struct err *err)
{
    AUTO(buf_done) struct buf lock_path = BUF_NONE;
    struct line_file lock;
    if (path[0] == '\0')
        return err_set(err, ERR_CONFIG, "scope", "there is no folder to keep it in: HOME is unset");
    buf_addf(&lock_path, "%s.lock", path);
    enum err_code code = line_file_open(&lock, buf_cstr(&lock_path), err);
    if (code != OK)
        return code;
    code = line_file_lock(&lock, true, err);
    if (code == OK) {
        code = put_locked(path, number, scope, scopes, err);
        line_file_unlock(&lock);
    }
    line_file_close(&lock);
    return code;
}

/* --- finding --------------------------------------------------------------------------------- */

int saved_scopes_find(const struct saved_scopes *scopes, struct sv number_or_name)
{
    int64_t number;
    if (sv_to_i64(number_or_name, &number))
        return number >= 1 && number <= SAVED_SCOPES && scopes->by_number[number].name[0] != '\0'
                   ? (int)number
                   : 0;
    for (int i = 1; i <= SAVED_SCOPES; i++)
        if (number_or_name.len > 0 && sv_eq_cstr(number_or_name, scopes->by_number[i].name))
            return i;
    return 0;
}

int saved_scopes_of(const struct saved_scopes *scopes, const struct selection *selection)
{
    for (int i = 1; i <= SAVED_SCOPES; i++) {
        const struct saved_scope *scope = &scopes->by_number[i];
        if (scope->name[0] != '\0' && strcmp(scope->selection.accounts, selection->accounts) == 0 &&
            strcmp(scope->selection.regions, selection->regions) == 0)
            return i;
    }
    return 0;
}

void saved_scopes_names(const struct saved_scopes *scopes, struct buf *out)
{
    size_t before = out->len;
    for (int i = 1; i <= SAVED_SCOPES; i++)
        if (scopes->by_number[i].name[0] != '\0')
            buf_addf(out, "%s%d %s", out->len > before ? ", " : "", i, scopes->by_number[i].name);
    if (out->len == before)
        buf_add_cstr(out, "none");
}

enum err_code saved_scopes_select(const char *dir, struct sv number_or_name,
                                  struct selection *selection, struct err *err)
{
    char path[1024];
    struct saved_scopes scopes;
    if (sv_eq_cstr(number_or_name, "0") || sv_eq_cstr(number_or_name, "all"))
        return OK;
    saved_scopes_path(dir, path, sizeof path);
    if (saved_scopes_read(path, &scopes, err) != OK)
        return err->code;
    int number = saved_scopes_find(&scopes, number_or_name);
    AUTO(buf_done) struct buf names = BUF_NONE;
    saved_scopes_names(&scopes, &names);
    if (number == 0)
        return err_advise(err,
                          err_set(err, ERR_USAGE, "--scope",
                                  "'" SV_FMT "' is not saved; there is: %s", SV_ARG(number_or_name),
                                  buf_cstr(&names)),
                          "in the console `:scope save NUMBER NAME` saves the scope at hand");
    *selection = scopes.by_number[number].selection;
    return OK;
}
