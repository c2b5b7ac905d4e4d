/*
 * preferences_baseline: the session preferences that somebody has approved, kept as data.
 *
 * The file is JSON:
 *
 *   {"preferences": [
 *     {"account": "shop, ou:Workloads/Prod", "region": "eu-*",
 *      "inputs": {"kmsKeyId": "alias/sessions", "idleSessionTimeout": "15", "runAsEnabled": false}}
 *   ]}
 *
 * account and region are patterns (settings.h) and may be left out. inputs is written as in the
 * document SSM-SessionManagerRunShell, so that it can be pasted; of fields that it does not name
 * nothing is said. Of two entries for one account and region the later one counts, field by field.
 */
#ifndef CORE_GOV_PREFERENCES_BASELINE_H
#define CORE_GOV_PREFERENCES_BASELINE_H

#include "core/gov/estate/estate.h"
#include "core/gov/preferences/preference.h"

struct preferences_baseline;

/* Reads the file at path; *baseline is the caller's. ERR_CONFIG with "NAME:LINE" for whatever is
 * wrong in it, ERR_IO as it is. */
enum err_code preferences_baseline_read(const char *path, struct preferences_baseline **baseline,
                                        struct err *err);
void preferences_baseline_free(struct preferences_baseline *baseline); /* NULL is allowed */

/* What is approved there; *approved is the caller's, empty when nothing is. False when no entry is
 * about that account and region. baseline and account may be NULL. */
bool preferences_baseline_for(const struct preferences_baseline *baseline,
                              const struct account *account, const char *region,
                              struct preferences *approved);

#endif
