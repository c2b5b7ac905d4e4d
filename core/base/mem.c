#include "core/base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*exhausted_handler)(void);

void mem_on_exhausted(void (*handler)(void))
{
    exhausted_handler = handler;
}

/* Two threads may run out together, and the handler itself may: the first one ends the program, and
 * what it says goes out in one piece; others wait for that. */
void mem_exhausted(const char *what)
{
    static atomic_flag entered = ATOMIC_FLAG_INIT;
    static _Thread_local bool is_ending;
    char line[64];

    if (!atomic_flag_test_and_set(&entered)) {
        is_ending = true;
        if (exhausted_handler != NULL)
            exhausted_handler();
    } else if (!is_ending) {
        for (;;)
            pause();
    }
    snprintf(line, sizeof line, "watchdeck: out of %s\n", what);
    ssize_t said = write(STDERR_FILENO, line, strlen(line));
    (void)said; /* nobody else can be told */
    _exit(1);
}

void *mem_alloc(size_t size_bytes)
{
    void *ptr = calloc(1, size_bytes != 0 ? size_bytes : 1);
    if (ptr == NULL)
        mem_exhausted("memory");
    return ptr;
}

void *mem_resize(void *ptr, size_t size_bytes)
{
    void *resized = realloc(ptr, size_bytes != 0 ? size_bytes : 1);
    if (resized == NULL)
        mem_exhausted("memory");
    return resized;
}

void *mem_copy(const void *src, size_t size_bytes)
{
    void *copy = mem_resize(NULL, size_bytes);
    if (size_bytes != 0)
        memcpy(copy, src, size_bytes);
    return copy;
}

char *mem_strdup(const char *src)
{
    return src != NULL ? mem_copy(src, strlen(src) + 1) : NULL;
}

void mem_free(void *ptr)
{
    free(ptr);
}

void mem_free_at(void *ptr_to_ptr)
{
    void *ptr;
    memcpy(&ptr, ptr_to_ptr, sizeof ptr);
    free(ptr);
}

/* --- arena -------------------------------------------------------------------------------- */

#define ARENA_BLOCK_BYTES ((size_t)64 << 10)

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(8) unsigned char bytes[];
};

/* Large pieces get a block of their own, behind the head, so that the head is still filled. */
static struct arena_block *arena_grow(struct arena *arena, size_t need)
{
    bool large = need > ARENA_BLOCK_BYTES / 4;
    size_t size = large ? need : ARENA_BLOCK_BYTES;
    struct arena_block *block = mem_alloc(sizeof *block + size);

    block->size = size;
    if (large && arena->head != NULL) {
        block->next = arena->head->next;
        arena->head->next = block;
    } else {
        block->next = arena->head;
        arena->head = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
    if (size_bytes > SIZE_MAX / 2)
        mem_exhausted("memory");
    size_t need = (size_bytes + 7) & ~(size_t)7;
    struct arena_block *block = arena->head;

    if (block == NULL || block->size - block->used < need)
        block = arena_grow(arena, need);
    void *ptr = block->bytes + block->used;
    block->used += need;
    arena->used_bytes += size_bytes;
    return ptr;
}

char *arena_strndup(struct arena *arena, const char *src, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);
    if (len != 0)
        memcpy(copy, src, len);
    return copy;
}

void arena_done(struct arena *arena)
{
    while (arena->head != NULL) {
        struct arena_block *block = arena->head;
        arena->head = block->next;
        mem_free(block);
    }
    arena->used_bytes = 0;
}
