#include "tests/harness/environment.h"

#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"

static bool is_entry_of(const char *entry, struct sv name)
{
    return strncmp(entry, name.ptr, name.len) == 0 && entry[name.len] == '=';
}

/* "NAME=VALUE" sets, "NAME" alone unsets. */
static void change(struct environment *environment, const char *what)
{
    const char *equals = strchr(what, '=');
    struct sv name = {what, equals != NULL ? (size_t)(equals - what) : strlen(what)};
    size_t kept = 0;

    for (size_t i = 0; i < environment->entries.len; i++)
        if (!is_entry_of(environment->entries.ptr[i], name))
            environment->entries.ptr[kept++] = environment->entries.ptr[i];
    environment->entries.len = kept;
    if (equals == NULL)
        return;
    vec_push(&environment->owned, mem_strdup(what));
    vec_push(&environment->entries, vec_last(&environment->owned));
}

void environment_make(struct environment *environment, const char *const *changes)
{
    static const char *const first[] = {
        "LINES",          "COLUMNS",    "TMUX", "NO_COLOR", "TERM=xterm-256color",
        "LC_ALL=C.UTF-8", "ESCDELAY=1", NULL};

    *environment = (struct environment){0};
    for (char **entry = environ; *entry != NULL; entry++)
        vec_push(&environment->entries, *entry);
    for (const char *const *entry = first; *entry != NULL; entry++)
        change(environment, *entry);
    for (; changes != NULL && *changes != NULL; changes++)
        change(environment, *changes);
    vec_push(&environment->entries, NULL);
}

void environment_done(struct environment *environment)
{
    for (size_t i = 0; i < environment->owned.len; i++)
        mem_free(environment->owned.ptr[i]);
    vec_free(&environment->owned);
    vec_free(&environment->entries);
}
