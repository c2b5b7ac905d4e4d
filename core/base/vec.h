/*
 * vec: a growing array of any type. `VEC(struct rule) rules = {0};`
 *
 * vec_free gives back the array only; what the elements own is the caller's business.
 */
#ifndef CORE_BASE_VEC_H
#define CORE_BASE_VEC_H

#include <stddef.h>

#include "core/base/mem.h"

#define VEC(type)         \
    struct {              \
        type *ptr;        \
        size_t len, size; \
    }

#define vec_push(v, value)                                                                       \
    ((v)->len == (v)->size ? (void)((v)->ptr = vec_grow((v)->ptr, &(v)->size, sizeof *(v)->ptr)) \
                           : (void)0,                                                            \
     (void)((v)->ptr[(v)->len++] = (value)))
#define vec_last(v)  ((v)->ptr[(v)->len - 1])
#define vec_clear(v) ((void)((v)->len = 0))
#define vec_free(v)  (mem_free((v)->ptr), (v)->ptr = NULL, (v)->len = 0, (v)->size = 0, (void)0)

/* Doubles the array (8 at first), updates *size; used by vec_push. */
void *vec_grow(void *ptr, size_t *size, size_t element_bytes);

#endif
