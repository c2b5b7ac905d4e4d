/*
 * ec2: what the EC2 handlers share: filters, ids and the shape of replies.
 */
#ifndef SANDBOX_EC2_H
#define SANDBOX_EC2_H

#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/world/world_doc.h"

/* The cell that a call is about. The wire side only lets in accounts and regions that exist. */
struct cell *call_cell(struct world *world, const struct call *call);

/* The document as EC2 sees it now, permissions included; NULL when the resource is gone. */
cJSON *ec2_document(struct world *world, struct ref ref);

/*
 * A configuration in the names of EC2's model: every name with a capital first letter, ISO times
 * as timestamps, permissions without AWS Config's extra lists.
 */
cJSON *ec2_shape(const cJSON *configuration);
/* [{Key, Value}] of a document's tags. */
cJSON *ec2_tags(const cJSON *doc);

/* One filter of an operation: where its values stand in the configuration. */
struct ec2_filter {
    const char *name;
    const char *path; /* members apart by '.'; lists are searched; "#id" is the resource's id */
};

/* One listing: the type, the ids asked for, the filters allowed. */
struct ec2_listing {
    enum resource_type type;
    const char *ids_member;            /* "GroupIds" */
    const char *id_prefix;             /* "sg-" */
    const char *not_found, *malformed; /* codes */
    const char *noun;                  /* "security group": The noun 'x' does not exist */
    const struct ec2_filter *filters;
    size_t n_filters;
    bool ids_exclude_paging; /* ids and MaxResults may not be combined */
};

/* The resources that a call selects. */
typedef VEC(struct ref) ref_list;

/*
 * Selects by ids and filters. False after having refused: malformed or unknown ids, unknown
 * filters, ids together with MaxResults, pages smaller or larger than there are.
 */
bool ec2_select(struct world *world, const struct call *call, struct reply *reply,
                const struct ec2_listing *listing, ref_list *selected);
/* Whether id is prefix ("sg-") and 8 or 17 hexadecimal digits; false, and refused by code, when it
 * is anything else: whether there is such a thing is another question. */
bool ec2_check_id(struct reply *reply, const char *id, const char *prefix, const char *code);
/* Does a value match a filter's: * and ? are wildcards, \ takes away their meaning. */
bool ec2_filter_matches(const char *pattern, const char *value);
/* Checks the filters of a document made for the occasion (no resource behind it). */
bool ec2_check_filters(const struct call *call, struct reply *reply,
                       const struct ec2_filter *filters, size_t n_filters);
bool ec2_passes_filters(const struct call *call, const char *id, const cJSON *doc,
                        const struct ec2_filter *filters, size_t n_filters);

/* Pages through refs, each written by make; MaxResults is the page size, all without it. */
void ec2_reply_list(struct world *world, const struct call *call, struct reply *reply,
                    const char *member, const ref_list *refs,
                    cJSON *(*make)(struct world *world, struct ref ref));

/* Is the group in the default VPC and has that name? Only such groups go by their names. */
bool ec2_is_named(struct world *world, struct ref group, const char *name);

/* The handlers of the other files. */
handler_fn ec2_describe_security_groups, ec2_describe_security_group_rules, ec2_authorize_ingress,
    ec2_revoke_ingress, ec2_describe_instances, ec2_describe_network_interfaces,
    ec2_describe_volumes, ec2_describe_regions, ec2_describe_managed_prefix_lists,
    ec2_get_managed_prefix_list_entries, ec2_authorize_egress, ec2_revoke_egress, ec2_modify_rules;

#endif
