/*
 * json_scan: says whether bytes are one JSON document, as strictly as json_parse promises.
 */
#ifndef CORE_BASE_JSON_SCAN_H
#define CORE_BASE_JSON_SCAN_H

#include "core/base/str.h"

/* NULL when text is one document (RFC 8259) within the bounds that json_parse names; else what is
 * wrong, a constant, with the byte it was seen at in *at. Allocates nothing. */
const char *json_scan(struct sv text, size_t *at);

#endif
