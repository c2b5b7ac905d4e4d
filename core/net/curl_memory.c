#include "core/net/curl_memory.h"

#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"

static void wipe_and_free(void *ptr)
{
    if (ptr == NULL)
        return;
    secret_wipe(ptr, malloc_usable_size(ptr));
    free(ptr);
}

/* Never in place: what realloc leaves behind when it moves something is not wiped. */
static void *wipe_and_resize(void *ptr, size_t size_bytes)
{
    void *moved = malloc(size_bytes != 0 ? size_bytes : 1);
    size_t had_bytes = ptr != NULL ? malloc_usable_size(ptr) : 0;

    if (moved == NULL)
        return NULL;
    if (had_bytes != 0)
        memcpy(moved, ptr, had_bytes < size_bytes ? had_bytes : size_bytes);
    wipe_and_free(ptr);
    return moved;
}

void curl_memory_init(void)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_and_free, wipe_and_resize, strdup,
                             calloc) != CURLE_OK)
        mem_exhausted("memory"); /* it has no other reason */
}
