/*
 * parameter_drift: what the present settings of an application have not in common with the approved
 * ones.
 */
#ifndef CORE_GOV_PARAMETER_DRIFT_H
#define CORE_GOV_PARAMETER_DRIFT_H

#include "core/gov/load/load.h"
#include "core/gov/security_group/sg_policy.h"
#include "core/gov/systems_manager/parameter.h"

#define PARAMETER_MISSING      "missing_parameter"
#define PARAMETER_VALUE        "parameter_value_drift"
#define PARAMETER_UNAUTHORIZED "unauthorized_parameter"
#define PARAMETER_TYPE         "type_drift"
#define PARAMETER_UNKNOWN      "parameter_unknown"

/* Borrowed while the callback runs; texts raw. */
struct parameter_drift {
    const struct account *account;
    const struct aws_target *target;
    struct sv application, key; /* key SV_NONE: of the application as a whole */
    const char *type;           /* PARAMETER_... */
    enum severity severity;     /* unadjusted; of what is not known the worst that it may hide */
    enum severity shown;        /* one step higher for a password, a token and the like */
    const struct parameter_facts *approved, *current; /* NULL: there is none */
    const char *note; /* what differs, why it is not known; never a value */
};

typedef void parameter_drift_fn(struct load *load, const struct parameter_drift *drift, void *arg);

/*
 * Compares both sides of every application in target (of `application` alone when that is not
 * empty) and calls fn for each difference, by application and key:
 *     PARAMETER_MISSING       HIGH    approved, but not there
 *     PARAMETER_VALUE         MEDIUM  the values differ
 *     PARAMETER_UNAUTHORIZED  LOW     there, but not approved
 *     PARAMETER_TYPE          MEDIUM  type, key, tier or data type differ
 * A side that is empty, cannot be read or was read in part makes the whole application
 * PARAMETER_UNKNOWN (HIGH: one may be missing), and a secret that cannot be decrypted its own key
 * (MEDIUM: it may have another value): what was not read is never a difference. It is a gap of the
 * load too, once for each operation, so that no list looks complete.
 *
 * ssm DescribeParameters says what there is; GetParametersByPath gives the values; those that are
 * sealed (SecureString) come by GetParameters for each pair, are compared in locked memory in
 * constant time and wiped. Of all others a MAC under a key of this reading is kept, no value. On
 * RUN_WORKER.
 */
void parameter_drifts_read(struct load *load, const struct account *account,
                           const struct aws_target *target, struct sv application,
                           parameter_drift_fn *fn, void *arg);

#endif
