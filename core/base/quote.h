/*
 * quote: a text between double quotes, as JSON (RFC 8259 section 7) and YAML (1.2, chapter 5.7)
 * have it.
 */
#ifndef CORE_BASE_QUOTE_H
#define CORE_BASE_QUOTE_H

#include "core/base/str.h"

enum quote_form {
    QUOTE_JSON, /* \uXXXX; beyond the BMP two of them */
    QUOTE_YAML, /* \n, \t and \r by their names, else \uXXXX; beyond the BMP \UXXXXXXXX */
};

/* Appends text to out, quoted. Bytes stay as they are but for what the text door would replace,
 * which is escaped, and invalid UTF-8, which becomes U+FFFD. */
void quote_add(struct buf *out, struct sv text, enum quote_form form);

#endif
