/*
 * config: what the AWS Config handlers share: recorded resources as configuration items.
 */
#ifndef SANDBOX_CONFIG_H
#define SANDBOX_CONFIG_H

#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/world/evaluation.h"

/* The pseudo type under which AWS Config keeps the compliance of resources. */
#define COMPLIANCE_TYPE "AWS::Config::ResourceCompliance"

/* The number of the cell that a call is about. */
uint32_t config_cell(struct world *world, const struct call *call);
/* False after having refused because the cell has no recorder. */
bool config_need_recorder(struct world *world, uint32_t cell, struct reply *reply);

/* A recorded version of a resource. */
struct item {
    struct resource resource;
    cJSON *doc; /* complete: with permissions, and tags inside the configuration where EC2 has them;
                   NULL when it records a deletion */
    int64_t captured_ms;
    size_t version;
};

/* The version that was recorded last by at_ms; false when there is none. item_done releases. */
bool item_recorded(struct world *world, struct ref ref, int64_t at_ms, struct item *item);
/* That version; false behind the last. Says nothing about when it was recorded. */
bool item_version(struct world *world, struct ref ref, size_t version, struct item *item);
void item_done(struct item *item);
/* Is the resource recorded by at_ms, and not as deleted? Cheap for what was never changed. */
bool item_is_recorded(struct world *world, struct ref ref, int64_t at_ms);

/* The name as it is recorded; "" when it has none. */
const char *item_name(const struct item *item);
/* "global" for IAM, else the region. */
const char *resource_region(const struct resource *resource);
const char *item_region(const struct item *item);
const char *item_zone(const struct item *item);

/* BaseConfigurationItem and ConfigurationItem of the API: configurations as texts. */
cJSON *item_base(const struct item *item);
cJSON *item_full(const struct item *item);

/* How many resources of a type are recorded in a cell by at_ms. */
uint64_t config_count(struct world *world, uint32_t cell, enum resource_type type, int64_t at_ms);

/* {ComplianceType, ComplianceContributorCount} with a count up to cap; n is left out if < 0. */
cJSON *config_compliance(enum compliance compliance, int64_t n, int64_t cap);
/* {CappedCount, CapExceeded}; a cap of 0 is none. */
cJSON *config_capped(int64_t n, int64_t cap);
/* {CompliantResourceCount, NonCompliantResourceCount, ComplianceSummaryTimestamp} */
cJSON *config_summary(int64_t compliant, int64_t non_compliant, int64_t cap, int64_t at_ms);
/* EvaluationResult (aggregate: with AccountId and AwsRegion instead of ResultToken). */
cJSON *config_result(struct world *world, const struct deployed *deployed, struct ref ref,
                     int64_t at_ms, bool aggregate);

/*
 * The compliance types asked for under member, as a bit set; all of allowed when none is. False
 * after having refused one that is not allowed.
 */
#define COMPLIANCE_BIT(compliance) (1u << (compliance))
bool config_wanted(const struct call *call, struct reply *reply, const char *member,
                   unsigned allowed, unsigned by_default, unsigned *wanted);

/* All resources that rules of a cell look at, as numbers 0 .. n-1: for paging through results. */
struct scope {
    struct world *world;
    uint32_t cell;
    uint64_t types;
};
uint64_t scope_size(const struct scope *scope);
struct ref scope_at(const struct scope *scope, uint64_t i);

/* The handlers of the other files. */
handler_fn config_get_discovered_counts, config_list_discovered, config_batch_get,
    config_get_history;
handler_fn config_compliance_by_rule, config_compliance_by_resource, config_details_by_rule,
    config_details_by_resource, config_summary_by_rule, config_summary_by_type;
handler_fn config_describe_aggregators, config_describe_sources, config_aggregate_by_rule,
    config_aggregate_details, config_aggregate_summary, config_aggregate_counts,
    config_aggregate_list, config_aggregate_batch_get;
handler_fn config_select, config_select_aggregate;

#endif
