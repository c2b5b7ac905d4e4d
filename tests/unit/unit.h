/*
 * unit: what every unit test includes. cmocka wants these headers before its own.
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"

/* A struct sv against a literal, with both shown when they differ. */
#define assert_sv(text, literal)                             \
    do {                                                     \
        struct sv the_text = (text);                         \
        char *the_copy = sv_dup(the_text);                   \
        assert_string_equal(the_copy, literal);              \
        assert_int_equal(the_text.len, sizeof(literal) - 1); \
        mem_free(the_copy);                                  \
    } while (0)

#endif
