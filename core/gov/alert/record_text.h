/* record_text: how decisions stand in OpsItems: the parameters, and the way back. Pure. */
#ifndef CORE_GOV_RECORD_TEXT_H
#define CORE_GOV_RECORD_TEXT_H

#include "core/gov/alert/shared_record.h"

#define OPS_DATA_DECISION  "watchdeck-decision"
#define OPS_DATA_EXCEPTION "watchdeck-exception"

/* What a new OpsItem says of the item itself; texts raw, borrowed. */
struct record_item {
    const char *key, *title, *why, *severity, *by;
};

/* An entry of operational data, as AWS has it; left as it is, when that says nothing. */
void record_part_read(const cJSON *entry, struct shared_part *part);
/* The same as the value of an entry. */
void record_part_write(const struct shared_part *part, struct buf *value);

/* Parameters, the caller's, of ssm DescribeOpsItems: those that are ours and not resolved; of key,
 * when it is not NULL. */
cJSON *record_list_params(const char *key);
/* The same of CreateOpsItem and UpdateOpsItem with one part; resolved: it is over. */
cJSON *record_create_params(const struct record_item *item, const char *part, const char *value);
cJSON *record_update_params(const char *ops_item_id, const char *part, const char *value,
                            bool resolved);
/* The dedup string of operational data, when it is the key of an item. */
bool ops_data_key(const cJSON *data, char key[SHA256_HEX_SIZE]);

#endif
