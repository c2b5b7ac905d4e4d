#include "core/session/ssh/folder.h"

#include <stdlib.h>
#include <string.h>

const char *folder_left_out(enum folder_kind kind)
{
    static const char *const why[] = {
        [FOLDER_FILE] = "",
        [FOLDER_FOLDER] = "",
        [FOLDER_LINK] = "a symbolic link",
        [FOLDER_OTHER] = "no regular file",
    };
    return why[kind];
}

void folder_list_add(struct folder_list *list, struct sv name, enum folder_kind kind, unsigned mode)
{
    vec_push(
        &list->entries,
        ((struct folder_entry){
            .name = sv_dup(name), .is_name = folder_is_name(name), .kind = kind, .mode = mode}));
}

static int compare(const void *a, const void *b)
{
    const struct folder_entry *left = a, *right = b;

    return strcmp(left->name, right->name);
}

void folder_list_sort(struct folder_list *list)
{
    if (list->entries.len > 0)
        qsort(list->entries.ptr, list->entries.len, sizeof *list->entries.ptr, compare);
}

void folder_list_done(struct folder_list *list)
{
    for (size_t i = 0; i < list->entries.len; i++)
        mem_free(list->entries.ptr[i].name);
    vec_free(&list->entries);
}

bool folder_is_name(struct sv text)
{
    if (text.len == 0 || sv_eq_cstr(text, ".") || sv_eq_cstr(text, ".."))
        return false;
    return memchr(text.ptr, '/', text.len) == NULL && memchr(text.ptr, '\0', text.len) == NULL;
}

struct sv folder_last_name(const char *path)
{
    size_t end = strlen(path), begin;

    while (end > 0 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/';)
        begin--;
    return (struct sv){path + begin, end - begin};
}

void folder_join(struct buf *out, const char *folder, struct sv name)
{
    size_t len = strlen(folder);

    buf_addf(out, "%s%s" SV_FMT, folder, len > 0 && folder[len - 1] == '/' ? "" : "/",
             SV_ARG(name));
}

bool folder_goes_on(const struct err *err)
{
    static const enum err_code codes[] = {ERR_NOT_FOUND, ERR_IO, ERR_EXISTS, ERR_UNSUPPORTED,
                                          ERR_TOO_BIG};

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (err->code == codes[i])
            return true;
    }
    return false;
}
