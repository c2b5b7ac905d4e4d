/* alert_text: what is said of things that wait, to a topic and in an OpsItem. Pure. */
#ifndef CORE_GOV_ALERT_TEXT_H
#define CORE_GOV_ALERT_TEXT_H

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/gov/gov.h"
#include "core/gov/security_group/sg_policy.h"

/* A thing that waits, as it is told of; its own copy of everything. */
struct alert_item {
    char key[SHA256_HEX_SIZE];
    struct aws_target target;
    enum severity severity;
    char *account, *kind, *type, *resource, *name, *what, *owner; /* never NULL, raw */
};
void alert_item_done(struct alert_item *item);

/* Parameters of sns Publish, the caller's: one message of all n items. by: who sends it, an ARN. */
cJSON *alert_message(const char *topic_arn, const struct alert_item *items, size_t n,
                     const char *by);
/* Parameters of ssm CreateOpsItem, the caller's, with the key as dedup string. partition: "aws".
 * now_ms: wall clock. */
cJSON *alert_ops_item(const struct alert_item *item, const char *partition, const char *by,
                      int64_t now_ms);

/* The operational data of an OpsItem that are ours, and whose they are. */
#define OPS_DATA_OWN   "watchdeck"
#define OPS_DATA_DEDUP "/aws/dedup"
/* Adds {"NAME":{"Value":value,"Type":"SearchableString"}} to the data. */
void ops_data_add(cJSON *data, const char *name, const char *value);
/* The same of the key, as AWS wants its dedup string. */
void ops_data_add_dedup(cJSON *data, const char *key);

#endif
