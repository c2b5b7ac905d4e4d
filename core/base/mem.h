/*
 * mem: memory that is there or the program ends tidily.
 *
 * Allocation never returns NULL: when the system has none left, the exhaustion handler runs (the
 * console sets one that restores the terminal) and the process exits with status 1. What an
 * outsider can make large (bodies, lists) is bounded where it enters, by struct buf's cap.
 */
#ifndef CORE_BASE_MEM_H
#define CORE_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size_bytes);                 /* zeroed; free with mem_free */
void *mem_resize(void *ptr, size_t size_bytes);     /* as realloc; grown part undefined */
void *mem_copy(const void *src, size_t size_bytes); /* a new copy; free with mem_free */
char *mem_strdup(const char *src);                  /* NULL gives NULL */
void mem_free(void *ptr);                           /* NULL is allowed */

/* handler runs once, just before the exit; it must be async-signal-safe. Set it before threads. */
void mem_on_exhausted(void (*handler)(void));
/* That end, for what else a program cannot go on without: says "watchdeck: out of WHAT". */
_Noreturn void mem_exhausted(const char *what);

#define mem_new(type) ((type *)mem_alloc(sizeof(type)))

/* `AUTO(buf_done) struct buf line = ...;` runs buf_done(&line) at the end of the block. */
#define AUTO(done) __attribute__((cleanup(done)))
#define AUTO_FREE  __attribute__((cleanup(mem_free_at)))
void mem_free_at(void *ptr_to_ptr);

/* Memory that is given back as a whole. Zero-initialised is ready. */
struct arena {
    struct arena_block *head;
    size_t used_bytes; /* what the callers asked for */
};

void *arena_alloc(struct arena *arena, size_t size_bytes);             /* 8-aligned, zeroed */
char *arena_strndup(struct arena *arena, const char *src, size_t len); /* NUL-terminated copy */
void arena_done(struct arena *arena); /* the arena is empty and usable again */

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
