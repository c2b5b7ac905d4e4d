#include "core/model/rows.h"

const struct column *column_find(const struct column *columns, size_t n_columns, struct sv id)
{
    for (size_t i = 0; i < n_columns; i++) {
        if (sv_eq_cstr(id, columns[i].id))
            return &columns[i];
    }
    return NULL;
}

int severity_rank(struct sv text)
{
    static const char *const ascending[] = {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"};
    for (int i = 0; i < SEVERITY_MAX; i++) {
        if (sv_eq_nocase(text, sv_of(ascending[i])))
            return i + 1;
    }
    return 0;
}

size_t columns_public(const struct column *columns, size_t n_columns)
{
    size_t n = 0;

    while (n < n_columns && (columns[n].flags & COL_PRIVATE) == 0)
        n++;
    return n;
}
