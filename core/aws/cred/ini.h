/*
 * ini: the grammar of ~/.aws/config and ~/.aws/credentials, as the AWS SDKs share it ("Shared
 * Config and Credentials Files" of the SDKs and Tools Reference Guide).
 *
 * Knows lines, not profiles: who reads decides what a section is.
 */
#ifndef CORE_AWS_INI_H
#define CORE_AWS_INI_H

#include "core/base/err.h"
#include "core/base/str.h"

/* Views are valid during the call only. line counts from 1. */
struct ini_handler {
    /* header is what stands between the brackets, trimmed */
    void (*section)(void *arg, struct sv header, int line);
    /*
     * A property of the section before it. value is trimmed and without its comment; the lines that
     * continue it follow, each after an LF. One that is empty but for such lines has properties of
     * its own, a line each: see ini_nested.
     */
    void (*property)(void *arg, struct sv name, struct sv value, int line);
    void *arg;
};

/* ERR_CONFIG with "FILE:LINE: what is wrong" at the first line that is no good. */
enum err_code ini_parse(struct sv text, const char *file, const struct ini_handler *handler,
                        struct err *err);

/* The property `name` among those that a value has of its own; SV_NONE when it is not there. */
struct sv ini_nested(struct sv value, const char *name);

#endif
