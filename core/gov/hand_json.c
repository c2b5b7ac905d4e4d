#include "core/gov/hand_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json_scan.h"
#include "core/base/mem.h"
#include "core/base/nearest.h"
#include "core/base/os.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)

static size_t line_at(struct sv text, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at && i < text.len; i++)
        line += text.ptr[i] == '\n';
    return line;
}

static enum err_code fault_at(const struct hand_json *file, size_t at, const char *what,
                              struct err *err)
{
    char where[96];
    snprintf(where, sizeof where, "%s:%zu", file->name, line_at(buf_sv(&file->text), at));
    return err_set(err, ERR_CONFIG, where, "%s", what);
}

static enum err_code parse(struct hand_json *file, struct err *err)
{
    size_t at;
    const char *fault = json_scan(buf_sv(&file->text), &at);
    if (fault)
        return fault_at(file, at, fault, err);
    return json_parse(buf_sv(&file->text), file->name, &file->tree, err);
}

enum err_code hand_json_read(const char *path, struct hand_json *file, struct err *err)
{
    const char *slash = strrchr(path, '/');
    *file = (struct hand_json){.text = BUF_CAPPED(FILE_BYTES_MAX)};
    str_copy(file->name, slash ? slash + 1 : path);
    enum err_code code = os_read_file(path, FILE_BYTES_MAX, &file->text, err);
    if (code == ERR_NOT_FOUND)
        return err_advise(err, err_set(err, ERR_CONFIG, path, "there is no such file"),
                          "make it, or correct the setting that names it");
    return code == OK ? parse(file, err) : code;
}

void hand_json_done(struct hand_json *file)
{
    buf_done(&file->text);
    json_free(file->tree);
    file->tree = NULL;
}

/* How many objects open before wanted does, in the order of the text; false: wanted is not below
 * item. */
static bool count_before(const cJSON *item, const cJSON *wanted, size_t *n)
{
    if (item == wanted)
        return true;
    *n += cJSON_IsObject(item);
    for (const cJSON *child = item->child; child; child = child->next)
        if (count_before(child, wanted, n))
            return true;
    return false;
}

/* Where the n-th object of a text that is JSON opens. */
static size_t object_at(struct sv text, size_t n)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        if (quoted && text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '"')
            quoted = !quoted;
        else if (!quoted && text.ptr[i] == '{' && n-- == 0)
            return i;
    }
    return 0;
}

enum err_code hand_json_fault(const struct hand_json *file, const cJSON *object, struct err *err,
                              const char *fmt, ...)
{
    char what[256];
    size_t n = 0;
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    bool known = count_before(file->tree, object, &n);
    return fault_at(file, known ? object_at(buf_sv(&file->text), n) : 0, what, err);
}

static bool is_named(const char *names, struct sv name)
{
    struct sv rest = sv_of(names);
    while (rest.ptr)
        if (sv_eq(sv_split(&rest, ' '), name))
            return true;
    return false;
}

static enum err_code unknown_member(const struct hand_json *file, const cJSON *object,
                                    const char *name, const char *names, struct err *err)
{
    AUTO(buf_done) struct buf hint = BUF_NONE;
    AUTO(arena_done) struct arena arena = {0};
    struct nearest nearest;
    struct sv rest = sv_of(names);
    nearest_init(&nearest, sv_of(name));
    while (rest.ptr) {
        struct sv word = sv_split(&rest, ' ');
        nearest_offer(&nearest, arena_strndup(&arena, word.ptr, word.len));
    }
    nearest_hint(&nearest, &hint);
    return hand_json_fault(file, object, err, "unknown member '%s'%s", name, buf_cstr(&hint));
}

enum err_code hand_json_check(const struct hand_json *file, const cJSON *item, const char *names,
                              struct err *err)
{
    if (!cJSON_IsObject(item))
        return hand_json_fault(file, item, err, "an object is wanted here, with the members %s",
                               names);
    for (const cJSON *member = item->child; member; member = member->next)
        if (!is_named(names, sv_of(member->string)))
            return unknown_member(file, item, member->string, names, err);
    return OK;
}

enum err_code hand_json_text(const struct hand_json *file, const cJSON *object, const char *name,
                             const char *otherwise, const char **text, struct err *err)
{
    const cJSON *item = json_get(object, name);
    *text = otherwise;
    if (!item && otherwise)
        return OK;
    if (!item || !cJSON_IsString(item) || item->valuestring[0] == '\0')
        return hand_json_fault(file, object, err, "%s: a text is wanted", name);
    *text = item->valuestring;
    return OK;
}
