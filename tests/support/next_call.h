/*
 * next_call: for functions that stand in front of libc's: the one behind them. _GNU_SOURCE is
 * wanted.
 */
#ifndef TESTS_SUPPORT_NEXT_CALL_H
#define TESTS_SUPPORT_NEXT_CALL_H

#include <dlfcn.h>
#include <stdlib.h>

/* The call that libc, or a sanitizer in front of it, would have got. */
static inline void *next_of(const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    if (symbol == NULL)
        abort();
    return symbol;
}

#define NEXT(name)                   \
    static __typeof__(&(name)) next; \
    if (next == NULL)                \
    next = (__typeof__(&(name)))next_of(#name)

#endif
