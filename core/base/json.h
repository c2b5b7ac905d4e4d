/*
 * json: strict reading over cJSON, and a streaming writer.
 *
 * cJSON alone accepts raw control bytes, trailing garbage and invalid escapes, and cuts strings at
 * NUL (measured; RFC 8259 forbids all of these). json_parse refuses them first. Lookups compare
 * case-sensitively. Ids never travel as numbers: a double loses digits beyond 2^53.
 */
#ifndef CORE_BASE_JSON_H
#define CORE_BASE_JSON_H

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/str.h"

#define JSON_DEPTH_MAX 64

/* In main, before there are threads: without memory cJSON ends the program by mem_exhausted, where
 * by itself it leaves a member out or gives no tree. */
void json_want_memory(void);

/*
 * Parses one whole document (RFC 8259; UTF-8; white space around it is fine). Refuses with
 * ERR_PARSE: control bytes in strings, \u0000, lone surrogates, numbers that overflow a double or
 * have more than 63 characters, a BOM, trailing bytes, depth beyond JSON_DEPTH_MAX. Invalid UTF-8
 * inside strings is kept: the text door deals with it when it is shown. where goes into *err. On
 * success *tree is the caller's: free it with json_free. Duplicate keys: the first one counts.
 */
enum err_code json_parse(struct sv text, const char *where, cJSON **tree, struct err *err);
void json_free(cJSON *tree);     /* NULL is allowed */
void json_free_at(cJSON **tree); /* for AUTO(json_free_at) */

/* Members of an object; obj may be NULL or anything else, which has none. */
const cJSON *json_get(const cJSON *obj, const char *key);          /* NULL when absent or null */
const cJSON *json_path(const cJSON *obj, const char *dotted);      /* "a.b.c" */
struct sv json_sv(const cJSON *obj, const char *key);              /* SV_NONE when not a string */
bool json_bool(const cJSON *obj, const char *key, bool otherwise); /* also "true"/"false" */
/* otherwise for what json_to_i64 refuses. */
int64_t json_i64(const cJSON *obj, const char *key, int64_t otherwise);
/* For what may have a fraction, as AWS's times do. */
double json_double(const cJSON *obj, const char *key, double otherwise);
/* The first element of the array at key (NULL when absent, empty or no array); go on with ->next.
 */
const cJSON *json_items(const cJSON *obj, const char *key);
struct sv json_string(const cJSON *item); /* SV_NONE when item is NULL or no string */
/* A whole number of 64 bits, or the decimal digits of one in a string. False, and *value as it was,
 * for anything else: 0.5 is not cut to 0, and 1e300 is no integer here. item may be NULL. */
bool json_to_i64(const cJSON *item, int64_t *value);

/* Printed without blanks; free with mem_free. */
char *json_print(const cJSON *tree);

/*
 * Writes JSON into a buf, commas by itself. Strings keep their bytes but for what the text door
 * would replace (controls, bidi, invisible and unassigned characters, marks beyond the fourth),
 * which becomes \uXXXX, and invalid UTF-8, which becomes U+FFFD: the result is valid JSON, lossless
 * but for the latter, and harmless on a terminal. An object key is given with jw_key.
 */
struct json_writer {
    struct buf *out;
    bool need_comma;
};

/* Brackets and keys. What is opened is to be closed, a key is to be followed by one value. */
void jw_object(struct json_writer *w);
void jw_object_end(struct json_writer *w);
void jw_array(struct json_writer *w);
void jw_array_end(struct json_writer *w);
void jw_key(struct json_writer *w, const char *key);

/* Values. jw_tree writes a whole one that was parsed or built; a number that JSON does not know
 * becomes null. */
void jw_string(struct json_writer *w, struct sv text);
void jw_i64(struct json_writer *w, int64_t value);
void jw_bool(struct json_writer *w, bool value);
void jw_null(struct json_writer *w);
void jw_tree(struct json_writer *w, const cJSON *tree);

/* key and value in one call */
void jw_string_at(struct json_writer *w, const char *key, struct sv text);
void jw_i64_at(struct json_writer *w, const char *key, int64_t value);
void jw_bool_at(struct json_writer *w, const char *key, bool value);

#endif
