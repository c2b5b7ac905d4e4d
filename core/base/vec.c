#include "core/base/vec.h"

#include <stdint.h>

#define VEC_FIRST_SIZE 8

void *vec_grow(void *ptr, size_t *size, size_t element_bytes)
{
    size_t grown = *size != 0 ? *size * 2 : VEC_FIRST_SIZE;

    /* An impossible size makes mem_resize end the program, a wrapped one would corrupt it. */
    size_t bytes =
        grown > *size && grown <= SIZE_MAX / element_bytes ? grown * element_bytes : SIZE_MAX / 2;
    *size = grown;
    return mem_resize(ptr, bytes);
}
