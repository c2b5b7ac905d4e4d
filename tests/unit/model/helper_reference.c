#include "helper_reference.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* --- meaning ------------------------------------------------------------------------------- */

static bool has_upper(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z')
            return true;
    }
    return false;
}

static bool same_char(char text, char wanted, bool fold)
{
    return text == wanted || (fold && text >= 'A' && text <= 'Z' && text + 32 == wanted);
}

static bool equal_at(struct sv text, size_t at, const char *wanted)
{
    bool fold = !has_upper(wanted);
    for (size_t i = 0; wanted[i] != '\0'; i++) {
        if (at + i >= text.len || !same_char(text.ptr[at + i], wanted[i], fold))
            return false;
    }
    return true;
}

static bool contains(struct sv text, const char *wanted)
{
    for (size_t at = 0; at <= text.len; at++) {
        if (equal_at(text, at, wanted))
            return true;
    }
    return false;
}

static bool equals(struct sv text, const char *wanted)
{
    return text.len == strlen(wanted) && equal_at(text, 0, wanted);
}

static bool fuzzy(struct sv text, const char *wanted)
{
    bool fold = !has_upper(wanted);
    for (size_t i = 0; i < text.len && *wanted != '\0'; i++)
        wanted += same_char(text.ptr[i], *wanted, fold);
    return *wanted == '\0';
}

static bool has_tag(struct sv text, const char *name, const char *value)
{
    while (text.len > 0) {
        struct sv pair_value = sv_split(&text, ' ');
        struct sv pair_name = sv_split(&pair_value, '=');
        if (equals(pair_name, name) && contains(pair_value, value) && pair_name.len > 0)
            return true;
    }
    return false;
}

static bool is_number(size_t column)
{
    return column >= W_PORTS && column <= W_OPEN;
}

static int severity(struct sv text)
{
    static const char *const names[] = {"info", "low", "medium", "high", "critical"};
    for (int i = 0; i < 5; i++) {
        if (equals(text, names[i]))
            return i + 1;
    }
    return 0;
}

static int64_t number_of(const struct cell *cell, size_t column)
{
    return is_number(column) ? cell->number : severity(cell->text);
}

static bool holds(const struct ref_term *term, const struct cell *cell, size_t column)
{
    char digits[32];
    struct sv text = cell->text;
    if (cell->absent)
        return false;
    if (column == W_PORTS && term->kind == REF_SUBSTRING) {
        snprintf(digits, sizeof(digits), "%" PRId64, cell->number);
        text = sv_of(digits);
    } else if (is_number(column) && term->kind != REF_LESS && term->kind != REF_MORE) {
        return false;
    }
    switch (term->kind) {
    case REF_SUBSTRING:
        return contains(text, term->text);
    case REF_EXACT:
        return equals(text, term->text);
    case REF_FUZZY:
        return fuzzy(text, term->text);
    case REF_LESS:
        return number_of(cell, column) < term->number;
    case REF_MORE:
        return number_of(cell, column) > term->number;
    case REF_TAG:
        return has_tag(text, term->text, term->value);
    case REF_KINDS:
        break;
    }
    return false;
}

bool ref_keeps(const struct ref_filter *filter, const struct cell cells[W_COLUMNS])
{
    for (size_t i = 0; i < filter->n_terms; i++) {
        const struct ref_term *term = &filter->terms[i];
        bool any = false;
        for (size_t column = 0; column < W_COLUMNS; column++) {
            if (term->column < 0 || (size_t)term->column == column)
                any |= holds(term, &cells[column], column);
        }
        if (any == term->negated)
            return false;
    }
    return true;
}

static int compare_texts(struct sv a, struct sv b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int left = (uint8_t)a.ptr[i], right = (uint8_t)b.ptr[i];
        left = left < 128 ? tolower(left) : left;
        right = right < 128 ? tolower(right) : right;
        if (left != right)
            return left - right;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool ref_before(const struct world *world, struct sort_order order, size_t a, size_t b)
{
    if (order.column < 0)
        return a < b;
    size_t column = (size_t)order.column;
    const struct cell *left = &world->rows[a][column], *right = &world->rows[b][column];
    int result;
    if (left->absent || right->absent) {
        result = left->absent - right->absent;
    } else {
        if (is_number(column) || column == W_SEVERITY || column == W_RISK)
            result = (number_of(left, column) > number_of(right, column)) -
                     (number_of(left, column) < number_of(right, column));
        else
            result = compare_texts(left->text, right->text);
        result = order.descending ? -result : result;
    }
    return result < 0 || (result == 0 && a < b);
}

static void sort_naively(const struct world *world, struct sort_order order, size_t *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        size_t row = rows[i], low = 0, high = i;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (ref_before(world, order, rows[middle], row))
                low = middle + 1;
            else
                high = middle;
        }
        memmove(rows + low + 1, rows + low, (i - low) * sizeof(*rows));
        rows[low] = row;
    }
}

size_t ref_project(const struct world *world, const struct ref_filter *filter,
                   struct sort_order order, size_t n_rows, size_t *rows)
{
    size_t n = 0;
    for (size_t row = 0; row < n_rows; row++) {
        if (filter == NULL || ref_keeps(filter, world->rows[row]))
            rows[n++] = row;
    }
    sort_naively(world, order, rows, n);
    return n;
}

/* --- rolling and printing ------------------------------------------------------------------ */

static void roll_text(struct dice *dice, char *text)
{
    static const char *const pieces[] = {"d",  "a",   "data", "Data", "prod", "-", "web", "1",
                                         "\"", "443", "i-",   "aa",   "ba",   "é", "0",   "b"};
    const char *first = pieces[dice_below(dice, ARRAY_LEN(pieces))];
    const char *second = pieces[dice_below(dice, ARRAY_LEN(pieces))];
    snprintf(text, REF_TEXT_SIZE, "%s%s", first, dice_one_in(dice, 2) ? second : "");
}

static struct ref_term roll_term(struct dice *dice)
{
    static const int text_columns[] = {W_ID, W_NAME, W_TYPE, W_ACCOUNT, W_SEVERITY, W_RISK, W_TAGS};
    static const int ordered_columns[] = {W_PORTS, W_SEVERITY, W_RISK};
    struct ref_term term = {
        .kind = dice_one_in(dice, 2) ? REF_SUBSTRING : (enum ref_kind)dice_below(dice, REF_KINDS)};
    term.negated = dice_one_in(dice, 4);
    term.column = -1;
    roll_text(dice, term.text);
    switch (term.kind) {
    case REF_SUBSTRING:
        if (dice_one_in(dice, 3))
            term.column = text_columns[dice_below(dice, ARRAY_LEN(text_columns))];
        if (dice_one_in(dice, 10))
            term.column = W_PORTS;
        break;
    case REF_EXACT:
        term.column = text_columns[dice_below(dice, ARRAY_LEN(text_columns))];
        break;
    case REF_LESS:
    case REF_MORE:
        term.column = ordered_columns[dice_below(dice, ARRAY_LEN(ordered_columns))];
        term.number = term.column == W_PORTS ? (int64_t)dice_below(dice, 600) - 100
                                             : 1 + (int64_t)dice_below(dice, 5);
        break;
    case REF_TAG:
        term.column = W_TAGS;
        sv_copy(dice_one_in(dice, 2) ? SV("env") : SV("owner"), term.text, sizeof(term.text));
        roll_text(dice, term.value);
        break;
    default:
        break;
    }
    return term;
}

struct ref_filter ref_roll(struct dice *dice)
{
    struct ref_filter filter = {.n_terms = dice_below(dice, REF_TERMS_MAX + 1)};
    for (size_t i = 0; i < filter.n_terms; i++)
        filter.terms[i] = roll_term(dice);
    return filter;
}

static void append(char text[REF_TEXT_SIZE], const char *more)
{
    size_t len = strlen(text);
    snprintf(text + len, REF_TEXT_SIZE - len, "%s", more);
}

struct ref_filter ref_roll_narrower(struct dice *dice, const struct ref_filter *filter)
{
    struct ref_filter made = *filter;
    if (made.n_terms == 0 || (made.n_terms < REF_TERMS_MAX && dice_one_in(dice, 3))) {
        made.terms[made.n_terms++] = roll_term(dice);
        return made;
    }
    struct ref_term *last = &made.terms[made.n_terms - 1];
    char more[REF_TEXT_SIZE];
    roll_text(dice, more);
    if (last->kind != REF_TAG)
        append(last->text, more);
    append(last->value, more);
    if (last->kind == REF_SUBSTRING && dice_one_in(dice, 4))
        last->kind = last->column >= 0 && last->column != W_PORTS ? REF_EXACT : REF_FUZZY;
    if (last->column == W_PORTS && last->kind == REF_FUZZY)
        last->column = -1;
    if (last->column != W_PORTS && last->column != -1 && last->kind == REF_FUZZY)
        last->column = -1;
    last->number += dice_below(dice, 2);
    if (last->column != W_PORTS && last->number > 5)
        last->number = 5;
    return made;
}

static void print_quoted(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
    buf_add_char(out, '"');
}

void ref_print(const struct ref_filter *filter, struct buf *out)
{
    static const char *const severities[] = {"", "info", "LOW", "Medium", "HIGH", "CRITICAL"};
    static const char *const signs[] = {
        [REF_EXACT] = "=", [REF_FUZZY] = "~", [REF_LESS] = "<", [REF_MORE] = ">"};
    for (size_t i = 0; i < filter->n_terms; i++) {
        const struct ref_term *term = &filter->terms[i];
        buf_add_cstr(out, term->negated ? "  !" : " ");
        if (term->kind == REF_TAG) {
            buf_addf(out, "tag:%s=", term->text);
            print_quoted(out, term->value);
            continue;
        }
        if (term->column >= 0)
            buf_addf(out, "%s:", world_columns[term->column].id);
        if (term->kind != REF_SUBSTRING)
            buf_add_cstr(out, signs[term->kind]);
        if (term->kind != REF_LESS && term->kind != REF_MORE)
            print_quoted(out, term->text);
        else if (term->column == W_PORTS)
            buf_addf(out, "%" PRId64, term->number);
        else
            buf_add_cstr(out, severities[term->number]);
    }
}
