/*
 * ssm_parameter: what the handlers of Parameter Store share.
 */
#ifndef SANDBOX_SSM_PARAMETER_H
#define SANDBOX_SSM_PARAMETER_H

#include "core/base/str.h"
#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/world/kms.h"
#include "tests/sandbox/world/parameter.h"

/* The parameters of where the call goes. */
struct parameter_store *ssm_parameters(struct world *world, const struct call *call);
/* The name out of a name or an ARN of this account and region, selectors and all; SV_NONE for an
 * ARN of another place. */
struct sv ssm_parameter_name(struct world *world, const struct call *call, const char *text);
/* False, and refused, when a policy closes name (or a path) to everybody. */
bool ssm_parameter_is_open(struct world *world, const struct call *call, struct reply *reply,
                           struct sv name);
/* One more read of the cell; false, and refused, beyond its throughput. */
bool ssm_parameter_take(struct world *world, const struct call *call, struct reply *reply);

/* May the caller do that with the key: "kms:Decrypt"? False, and refused in AWS's words. */
bool ssm_key_allows(const struct call *call, struct reply *reply, const struct key *key,
                    const char *action);
/* The key that KeyId names; false, and refused, when there is none or it is disabled. */
bool ssm_find_key(struct world *world, const struct call *call, struct reply *reply,
                  const char *key_id, struct key *key);
/*
 * The version's Value as plain text, when it is a SecureString and decrypt says so, else as it is
 * stored. False, and refused, when it cannot be decrypted.
 */
bool ssm_parameter_value(struct world *world, const struct call *call, struct reply *reply,
                         const cJSON *version, bool decrypt, struct buf *value);
/* Adds the members of one Parameter (as GetParameter gives it); selector may be "". */
bool ssm_add_parameter(struct world *world, const struct call *call, struct reply *reply,
                       const cJSON *version, const char *selector, cJSON *to);

/* A filter that no version of a parameter has to pass is one that does not exist: ssm_filter.c. */
struct ssm_filter_rule {
    const char *key;
    const char *options; /* apart by blanks; the first is the default */
};
/* False, and refused, when a filter's key or option is none of rules (NULL key at the end). */
bool ssm_check_filters(const struct call *call, struct reply *reply,
                       const struct ssm_filter_rule *rules);
/* Does the latest version pass the call's ParameterFilters, and the older Filters? */
bool ssm_passes_filters(const struct call *call, const struct parameter *parameter);

/* The handlers, by file: ssm_parameter.c, ssm_parameter_list.c, ssm_parameter_put.c, ssm_tag.c. */
handler_fn ssm_get_parameter, ssm_get_parameters, ssm_get_parameter_history;
handler_fn ssm_get_parameters_by_path, ssm_describe_parameters;
handler_fn ssm_put_parameter, ssm_delete_parameter, ssm_delete_parameters,
    ssm_label_parameter_version;
handler_fn ssm_add_tags, ssm_remove_tags, ssm_list_tags;

#endif
