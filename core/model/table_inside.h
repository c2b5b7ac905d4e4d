/*
 * table_inside: how a table lies in memory, for the files of this folder that run over whole
 * columns (match, sort). Everyone else uses table.h.
 */
#ifndef CORE_MODEL_TABLE_INSIDE_H
#define CORE_MODEL_TABLE_INSIDE_H

#include <stdatomic.h>

#include "core/model/interned.h"
#include "core/model/keyset.h"
#include "core/model/table.h"

enum store_kind { STORE_TEXTS, STORE_INTERNED, STORE_NUMBERS };

struct store {
    enum store_kind kind;
    union {
        struct texts texts;
        struct interned interned;
        struct series numbers; /* int64_t */
    };
    struct series absent; /* bits by row, in words of _Atomic uint64_t; not for STORE_INTERNED */
    /* for the writer: the open row */
    bool is_set;
    int64_t staged_number;
    uint64_t staged_hash;
};

struct table {
    atomic_size_t n_refs;
    const struct column *columns;
    size_t n_columns;
    struct store *stores;
    struct keyset keyset;
    bool has_key_columns;
    atomic_size_t n_published;
    size_t n_rows;   /* for the writer: committed */
    bool row_is_bad; /* for the writer: the open row does not fit */
};

/* The absent bits of the 64 rows from row, a multiple of 64. */
uint64_t store_absent_word(const struct store *store, size_t row);

#endif
