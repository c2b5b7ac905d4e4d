/*
 * template: JSON trees written as they look.
 *
 *     json_make("{volumeId:%s,size:%d,encrypted:%b,state:'in-use',attachments:[%o]}", ...)
 *
 * Keys are bare words, constant strings stand in single quotes, true, false and decimal integers
 * stand for themselves, blanks are ignored. Arguments:
 *     %s const char *      %d int      %l int64_t      %b bool
 *     %t int64_t, ms since 1970, written as "2026-03-01T03:00:00.000Z"
 *     %e int64_t, ms since 1970, written as a number of seconds: a timestamp of the API
 *     %o cJSON *, owned by the tree from now on
 * A NULL for %s or %o leaves its member or element out. The templates are the program's own, so
 * that a malformed one is a bug and aborts. Free with cJSON_Delete.
 */
#ifndef SANDBOX_TEMPLATE_H
#define SANDBOX_TEMPLATE_H

#include <cjson/cJSON.h>

cJSON *json_make(const char *template, ...);

#endif
