/*
 * forward_spec: which port leads where, as people write it.
 */
#ifndef VIEWS_FORWARD_SPEC_H
#define VIEWS_FORWARD_SPEC_H

#include "core/base/str.h"

struct forward_spec {
    unsigned local_port; /* 0: any */
    char host[254];      /* "": the node itself */
    unsigned port;       /* there */
};

/* PORT, LOCAL:PORT, HOST:PORT (a HOST is not all digits) or LOCAL:HOST:PORT; an IPv6 address as
 * HOST stands in brackets. ERR_USAGE for anything else; err may be NULL. */
enum err_code forward_spec_parse(struct sv text, struct forward_spec *spec, struct err *err);

#endif
