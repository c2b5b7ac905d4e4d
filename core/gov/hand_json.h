/*
 * hand_json: JSON files that people write by hand (baselines, exceptions): what is wrong in them is
 * said with its line.
 */
#ifndef CORE_GOV_HAND_JSON_H
#define CORE_GOV_HAND_JSON_H

#include "core/base/json.h"

struct hand_json {
    char name[64]; /* the file's, without its folder: for errors */
    struct buf text;
    cJSON *tree;
};

/* Reads and parses the file at path. ERR_CONFIG with "NAME:LINE" when it is not there or is no
 * JSON; ERR_IO as it is. hand_json_done frees it, whatever came of it. */
enum err_code hand_json_read(const char *path, struct hand_json *file, struct err *err);
void hand_json_done(struct hand_json *file);

/* ERR_CONFIG about an object of the file, with the line on which that opens. */
enum err_code hand_json_fault(const struct hand_json *file, const cJSON *object, struct err *err,
                              const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* OK when item is an object with no members but those of names, "a b c"; ERR_CONFIG names the one
 * that is too much and the nearest right one. */
enum err_code hand_json_check(const struct hand_json *file, const cJSON *item, const char *names,
                              struct err *err);
/* The text member `name` of object. ERR_CONFIG when it is something else; absent is OK when
 * otherwise is not NULL, and gives that. *text is borrowed. */
enum err_code hand_json_text(const struct hand_json *file, const cJSON *object, const char *name,
                             const char *otherwise, const char **text, struct err *err);

#endif
