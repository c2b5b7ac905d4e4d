/* keymap_read: key files: their lines, what is wrong in them, where they lie. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "tui/keymap/keymap_data.h"
#include "tui/keymap/keymap_inside.h"

#define FILE_BYTES_MAX (1 << 20)
#define WORDS_MAX      (4 + KEYMAP_ARGS_MAX)

struct reader {
    struct keymap *keymap;
    const char *file;
    int line;
    const struct keymap_check *check;
    struct buf *report;
    size_t n_problems;
};

static void complain(struct reader *reader, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(struct reader *reader, const char *fmt, ...)
{
    char message[512];
    va_list args;

    reader->n_problems++;
    if (reader->report == NULL)
        return;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    text_safe(reader->report, sv_of(reader->file), TEXT_LINE);
    buf_addf(reader->report, ":%d: ", reader->line);
    text_safe(reader->report, sv_of(message), TEXT_LINE);
    buf_add_char(reader->report, '\n');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Moves the word at the front of rest to *out, its quotes and backslashes resolved; false when a
 * quote is not closed. */
static bool read_word(struct sv *rest, char **out, struct sv *word)
{
    bool quoted = false;
    size_t at = 0;

    *word = (struct sv){*out, 0};
    for (; at < rest->len && (quoted || !is_blank(rest->ptr[at])); at++) {
        if (rest->ptr[at] == '"') {
            quoted = !quoted;
            continue;
        }
        if (rest->ptr[at] == '\\' && at + 1 < rest->len)
            at++;
        *(*out)++ = rest->ptr[at];
        word->len++;
    }
    *(*out)++ = '\0';
    *rest = sv_trim((struct sv){rest->ptr + at, rest->len - at});
    return !quoted;
}

/* Splits a trimmed line into words that live in the arena; false after a complaint. */
static bool read_words(struct reader *reader, struct sv line, struct sv *words, size_t *n_words)
{
    char *out = arena_alloc(&reader->keymap->arena, line.len + WORDS_MAX);

    for (*n_words = 0; line.len != 0; (*n_words)++) {
        if (*n_words == WORDS_MAX) {
            complain(reader, "too many words");
            return false;
        }
        if (!read_word(&line, &out, &words[*n_words])) {
            complain(reader, "a quote is not closed");
            return false;
        }
    }
    return true;
}

static bool read_keys(struct reader *reader, struct sv word, struct key *keys, size_t *n_keys)
{
    struct sv rest = word;

    *n_keys = 0;
    if (word.len > 1 && sv_ends(word, SV(","))) {
        complain(reader, "no key behind the comma in " SV_FMT, SV_ARG(word));
        return false;
    }
    do {
        struct sv name = sv_eq(word, SV(",")) ? word : sv_split(&rest, ',');
        if (*n_keys == KEYMAP_SEQUENCE_MAX) {
            complain(reader, "more than %d keys in " SV_FMT, KEYMAP_SEQUENCE_MAX, SV_ARG(word));
            return false;
        }
        if (!key_parse(name, &keys[(*n_keys)++])) {
            complain(reader, "no key is called \"" SV_FMT "\"", SV_ARG(name));
            return false;
        }
        if (name.len == word.len)
            break;
    } while (rest.len != 0);
    return true;
}

static int context_add(struct keymap *keymap, struct sv name)
{
    int found = keymap_context(keymap, name);

    if (found != NO_CONTEXT)
        return found;
    vec_push(&keymap->contexts, ((struct context){.name = name.ptr, .parent = NO_CONTEXT}));
    return (int)keymap->contexts.len - 1;
}

/* A layer over others binds keys where those have some: elsewhere nobody would ever look. */
static int context_known(struct reader *reader, struct sv name)
{
    AUTO(buf_done) struct buf names = BUF_NONE;
    struct keymap *keymap = reader->keymap;

    if (keymap->n_layers == 1)
        return context_add(keymap, name);
    int found = keymap_context(keymap, name);
    if (found != NO_CONTEXT)
        return found;
    for (size_t i = 0; i < keymap->contexts.len; i++)
        buf_addf(&names, "%s%s", i > 0 ? ", " : "", keymap->contexts.ptr[i].name);
    complain(reader, "no context is called \"" SV_FMT "\"; there are %s", SV_ARG(name),
             buf_cstr(&names));
    return NO_CONTEXT;
}

/* Complains when new can never be reached, or makes something else unreachable. */
static void check_reachable(struct reader *reader, int context, const struct binding *new)
{
    for (size_t n = 1; n < new->n_keys; n++) {
        const struct layered *shorter = keymap_own(reader->keymap, context, new->keys, n);
        if (shorter != NULL && shorter->binding.command != NULL)
            complain(reader, "can never be reached: it begins with what is bound at %s:%d",
                     shorter->binding.file, shorter->binding.line);
    }
    const struct binding *longer = keymap_longer(reader->keymap, context, new->keys, new->n_keys);
    if (longer != NULL && new->command != NULL)
        complain(reader, "hides the sequence bound at %s:%d", longer->file, longer->line);
}

static void add_binding(struct reader *reader, int context, const struct binding *binding)
{
    struct keymap *keymap = reader->keymap;
    struct layered *entry = keymap_own(keymap, context, binding->keys, binding->n_keys);

    if (entry != NULL && entry->layer == keymap->n_layers) {
        complain(reader, "the same keys are bound in %s at %s:%d", binding->context,
                 entry->binding.file, entry->binding.line);
        return;
    }
    check_reachable(reader, context, binding);
    if (entry == NULL) {
        entry = arena_alloc(&keymap->arena, sizeof *entry);
        struct indexed indexed = {context, binding->keys[0], entry};
        vec_push(&keymap->bindings, indexed);
    }
    *entry = (struct layered){*binding, context, keymap->n_layers};
}

static void read_bind(struct reader *reader, const struct sv *words, size_t n_words)
{
    struct binding binding = {.file = reader->file, .line = reader->line};

    if (!read_keys(reader, words[2], binding.keys, &binding.n_keys))
        return;
    const struct keymap_check *check = reader->check;
    if (check != NULL && !check->is_command(check->ctx, words[3], n_words - 4)) {
        complain(reader, "no command \"" SV_FMT "\" that takes %zu argument%s", SV_ARG(words[3]),
                 n_words - 4, n_words == 5 ? "" : "s");
        return;
    }
    int context = context_known(reader, words[1]);
    if (context == NO_CONTEXT)
        return;
    binding.context = reader->keymap->contexts.ptr[context].name;
    binding.command = words[3].ptr;
    for (size_t i = 4; i < n_words; i++)
        binding.args[binding.n_args++] = words[i].ptr;
    add_binding(reader, context, &binding);
}

static void read_unbind(struct reader *reader, const struct sv *words, size_t n_words)
{
    struct binding binding = {.file = reader->file, .line = reader->line};

    (void)n_words;
    if (!read_keys(reader, words[2], binding.keys, &binding.n_keys))
        return;
    int context = context_known(reader, words[1]);
    if (context == NO_CONTEXT)
        return;
    binding.context = reader->keymap->contexts.ptr[context].name;
    add_binding(reader, context, &binding);
}

static void read_inherit(struct reader *reader, const struct sv *words, size_t n_words)
{
    int context = context_known(reader, words[1]);
    int parent = context_known(reader, words[2]);

    (void)n_words;
    if (context == NO_CONTEXT || parent == NO_CONTEXT)
        return;
    for (int at = parent; at != NO_CONTEXT; at = keymap_parent(reader->keymap, at)) {
        if (at == context) {
            complain(reader, SV_FMT " would inherit from itself", SV_ARG(words[1]));
            return;
        }
    }
    reader->keymap->contexts.ptr[context].parent = parent;
}

static const struct directive {
    const char *name, *usage;
    size_t words_min, words_max;
    void (*read)(struct reader *reader, const struct sv *words, size_t n_words);
} directives[] = {
    {"bind", "bind CONTEXT KEYS COMMAND [ARGUMENT...]", 4, 4 + KEYMAP_ARGS_MAX, read_bind},
    {"unbind", "unbind CONTEXT KEYS", 3, 3, read_unbind},
    {"inherit", "inherit CONTEXT PARENT", 3, 3, read_inherit},
};

static void read_line(struct reader *reader, struct sv line)
{
    struct sv words[WORDS_MAX] = {0};
    size_t n_words;

    line = sv_trim(line);
    if (line.len == 0 || line.ptr[0] == '#' || !read_words(reader, line, words, &n_words))
        return;
    for (size_t i = 0; i < ARRAY_LEN(directives); i++) {
        const struct directive *directive = &directives[i];
        if (!sv_eq_cstr(words[0], directive->name))
            continue;
        if (n_words < directive->words_min || n_words > directive->words_max)
            complain(reader, "wrong number of words: %s", directive->usage);
        else
            directive->read(reader, words, n_words);
        return;
    }
    complain(reader, "\"" SV_FMT "\" is none of bind, unbind, inherit", SV_ARG(words[0]));
}

size_t keymap_add_text(struct keymap *keymap, const char *file, struct sv text,
                       const struct keymap_check *check, struct buf *report)
{
    struct reader reader = {.keymap = keymap, .check = check, .report = report};

    reader.file = arena_strndup(&keymap->arena, file, strlen(file));
    keymap->n_layers++;
    while (text.len != 0) {
        reader.line++;
        read_line(&reader, sv_split(&text, '\n'));
    }
    return reader.n_problems;
}

static enum err_code add_file(struct keymap *keymap, const char *path,
                              const struct keymap_check *check, struct buf *report,
                              size_t *n_problems, struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    enum err_code code = os_read_file(path, FILE_BYTES_MAX, &text, err);
    if (code == OK)
        *n_problems = keymap_add_text(keymap, path, buf_sv(&text), check, report);
    return code;
}

/* --- where they lie ------------------------------------------------------------------------ */

static bool is_file_name(const char *name)
{
    return *name != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

enum err_code keymap_add_named(struct keymap *keymap, const char *name,
                               const struct keymap_check *check, struct buf *report,
                               size_t *n_problems, struct err *err)
{
    char config[4096];
    const char *const folders[] = {config, WATCHDECK_DATADIR};

    if (strchr(name, '/') != NULL)
        return add_file(keymap, name, check, report, n_problems, err);
    if (!is_file_name(name))
        return err_set(err, ERR_NOT_FOUND, name, "no name of a key file");
    os_xdg_dir("config", config, sizeof config);
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        AUTO(buf_done) struct buf path = BUF_NONE;
        if (folders[i][0] == '\0')
            continue;
        buf_addf(&path, "%s/keymaps/%s.keys", folders[i], name);
        if (access(buf_cstr(&path), F_OK) == 0)
            return add_file(keymap, buf_cstr(&path), check, report, n_problems, err);
    }
    struct sv builtin = keymap_builtin(sv_of(name));
    if (builtin.ptr == NULL)
        return err_set(err, ERR_NOT_FOUND, name, "no key file of that name");
    AUTO(buf_done) struct buf file = BUF_NONE;
    buf_addf(&file, "%s.keys", name);
    *n_problems = keymap_add_text(keymap, buf_cstr(&file), builtin, check, report);
    return OK;
}

struct sv keymap_builtin(struct sv name)
{
    for (size_t i = 0; i < n_keymap_files; i++) {
        if (sv_eq_cstr(name, keymap_files[i].name))
            return (struct sv){keymap_files[i].begin,
                               (size_t)(keymap_files[i].end - keymap_files[i].begin)};
    }
    return SV_NONE;
}
