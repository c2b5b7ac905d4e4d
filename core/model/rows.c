#include "core/model/rows.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/nearest.h"
#include "core/base/text.h"

void cell_text(const struct column *column, const struct cell *cell, struct buf *out)
{
    char age[CLOCK_AGE_SIZE], size[SIZE_TEXT_SIZE];
    if (cell->absent) {
        buf_add_char(out, '-');
        return;
    }
    switch (column->type) {
    case COL_COUNT:
        buf_addf(out, "%" PRId64, cell->number);
        break;
    case COL_SIZE:
        size_to_text((uint64_t)cell->number, size);
        buf_add_cstr(out, size);
        break;
    case COL_BOOL:
        buf_add_cstr(out, cell->number != 0 ? "yes" : "no");
        break;
    case COL_TIME:
        clock_age(clock_display_ms() - cell->number, age);
        buf_add_cstr(out, age);
        break;
    case COL_DURATION:
        clock_left(cell->number, age);
        buf_add_cstr(out, age);
        break;
    default:
        text_safe(out, cell->text, column->type == COL_IDENTITY ? TEXT_IDENTITY : TEXT_LINE);
        break;
    }
}

const struct column *column_find(const struct column *columns, size_t n_columns, struct sv id)
{
    for (size_t i = 0; i < n_columns; i++) {
        if (sv_eq_cstr(id, columns[i].id))
            return &columns[i];
    }
    return NULL;
}

static char plain(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
}

/* Whether name begins with word, as people write names of columns. */
static bool begins(const char *name, struct sv word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (name[i] == '\0' || plain(name[i]) != plain(word.ptr[i]))
            return false;
    }
    return word.len > 0;
}

static bool may_be_meant(const struct column *column, struct sv word)
{
    return begins(column->id, word) || begins(column->title, word);
}

const struct column *column_meant(const struct column *columns, size_t n_columns, struct sv word)
{
    const struct column *found = column_find(columns, n_columns, word);
    size_t n_found = 0, n_public = columns_public(columns, n_columns);

    for (size_t i = 0; i < n_public && found == NULL; i++) {
        if (strlen(columns[i].title) == word.len && begins(columns[i].title, word))
            found = &columns[i];
    }
    if (found != NULL)
        return found;
    for (size_t i = 0; i < n_public; i++) {
        if (may_be_meant(&columns[i], word) && n_found++ == 0)
            found = &columns[i];
    }
    return n_found == 1 ? found : NULL;
}

void column_explain(const struct column *columns, size_t n_columns, struct sv word, struct buf *out)
{
    size_t n_public = columns_public(columns, n_columns), n_like = 0;
    struct nearest nearest;

    nearest_init(&nearest, word);
    for (size_t i = 0; i < n_public; i++) {
        nearest_offer(&nearest, columns[i].id);
        n_like += may_be_meant(&columns[i], word);
    }
    buf_addf(out,
             n_like > 0 ? "\"" SV_FMT "\" is more than one column:"
                        : "no column \"" SV_FMT "\" here",
             SV_ARG(word));
    if (n_like == 0) {
        nearest_hint(&nearest, out);
        buf_add_cstr(out, nearest.best != NULL ? " There are" : "; there are");
    }
    for (size_t i = 0, n = 0; i < n_public; i++) {
        if (n_like == 0 || may_be_meant(&columns[i], word))
            buf_addf(out, "%s%s", n++ > 0 ? ", " : " ", columns[i].id);
    }
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
