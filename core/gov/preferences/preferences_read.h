/*
 * preferences_read: the session preferences of an account in a region beside what is approved for
 * them.
 */
#ifndef CORE_GOV_PREFERENCES_READ_H
#define CORE_GOV_PREFERENCES_READ_H

#include "core/gov/load/load.h"
#include "core/gov/preferences/preferences_baseline.h"

/* Borrowed while the callback runs. */
struct preferences_found {
    const struct account *account;
    const struct aws_target *target;
    struct preferences approved; /* empty: nothing is */
    struct preferences current;  /* empty where there is no document: AWS's defaults hold */
    bool is_approved;            /* an entry of the baseline is about it */
    bool is_there;               /* the document */
    char version[16];            /* the default one, which holds */
    int64_t since_ms;            /* when that was made; 0: not known */
    struct err why;              /* code not OK: current is not known, and why */
};

/* How severe it is that a field is not as approved; SEVERITY_NONE where it is, or nothing is said
 * of it, or nothing is known. Pure. */
enum severity preferences_field_severity(const struct preferences_found *found,
                                         enum preference preference);
/* The worst of all fields. Pure. */
enum severity preferences_severity(const struct preferences_found *found);

typedef void preferences_found_fn(struct load *load, const struct preferences_found *found,
                                  void *arg);

/*
 * Reads the document of target (ssm GetDocument, the default version) and calls fn once. That there
 * is none (InvalidDocument) is an answer; what could not be read is a gap too, and not told at all
 * where the account cannot be entered. On RUN_WORKER.
 */
void preferences_read(struct load *load, const struct account *account,
                      const struct aws_target *target, preferences_found_fn *fn, void *arg);

#endif
