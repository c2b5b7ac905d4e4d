/*
 * settings_value: what the values of watchdeck.conf look like: how each kind of them is read from
 * the file, and how it would stand there. Pure.
 */
#ifndef CORE_GOV_SETTINGS_VALUE_H
#define CORE_GOV_SETTINGS_VALUE_H

#include "core/base/str.h"

struct setting_kind {
    /* Takes a value for a field of size bytes, which may have changed even when it is no good:
     * false then, and *why (static) says what is wanted. */
    bool (*take)(void *field, size_t size, struct sv value, const char **why);
    /* The way back: appends the field as it is written in the file. */
    void (*show)(const void *field, struct buf *out);
};

/* char[]: any text, and texts of which more is known; "" is allowed. */
extern const struct setting_kind setting_text;
extern const struct setting_kind setting_places;  /* patterns of accounts, but for tags */
extern const struct setting_kind setting_regions; /* names of regions */
extern const struct setting_kind setting_url;
extern const struct setting_kind setting_role; /* the name of a role */
extern const struct setting_kind setting_tags; /* KEY=PATTERN,... */
extern const struct setting_kind setting_freeze;
extern const struct setting_kind setting_types;  /* patterns of item types that may be applied */
extern const struct setting_kind setting_topic;  /* the ARN of an SNS topic */
extern const struct setting_kind setting_values; /* NAME=VALUE,... for AWS's documents */

/* int */
extern const struct setting_kind setting_count;   /* 1 to 256 */
extern const struct setting_kind setting_seconds; /* 0, or 10 to 86400 */
extern const struct setting_kind setting_timeout; /* 1 to 600 seconds */
extern const struct setting_kind setting_budget;  /* a percentage, or BUDGET_OFF */

/* int64_t, in milliseconds */
extern const struct setting_kind setting_duration; /* 4h, 7d, 0 */
extern const struct setting_kind setting_wait;     /* the same, 10m at most */

extern const struct setting_kind setting_reason;   /* enum session_reason */
extern const struct setting_kind setting_severity; /* enum severity, NONE for "no" */
extern const struct setting_kind setting_yes_no;   /* bool */

/* struct sg_policy, each a part of it */
extern const struct setting_kind setting_dangerous_ports;
extern const struct setting_kind setting_allowed_ports;

#endif
