/*
 * json_scan: says whether bytes are one JSON document, as strictly as json_parse promises; and the
 * steps of that, for who reads while it checks (core/base/json_pull.h).
 */
#ifndef CORE_BASE_JSON_SCAN_H
#define CORE_BASE_JSON_SCAN_H

#include "core/base/str.h"

/* NULL when text is one document (RFC 8259) within the bounds that json_parse names; else what is
 * wrong, a constant, with the byte it was seen at in *at. Allocates nothing. */
const char *json_scan(struct sv text, size_t *at);

/* --- step by step ---------------------------------------------------------------------------- */

struct scan {
    const char *at, *end;
    int depth;
    const char *fault; /* the first one; NULL while all is well */
};

/* Each goes over what stands at `at`; false, with a fault, when it is not well-formed. */
bool scan_value(struct scan *scan);  /* any value, with the blanks before it */
bool scan_string(struct scan *scan); /* from its first quote on */
/* A string, from its first quote on, and its text, escapes undone, to out; *end is behind the text.
 * out has room for as many bytes as there are up to scan->end. */
bool scan_string_to(struct scan *scan, char *out, char **end);
bool scan_fail(struct scan *scan, const char *fault); /* false */

/* Past blanks; past c, if it stands there. */
static inline void scan_blanks(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
}

static inline bool scan_accept(struct scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

/* The byte to be read, or NUL at the end: a NUL is as wrong as the end wherever it is asked for. */
static inline char scan_peek(const struct scan *scan)
{
    return scan->at < scan->end ? *scan->at : '\0';
}

#endif
