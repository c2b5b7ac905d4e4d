/*
 * partition: the separate worlds of AWS (commercial, China, GovCloud, ...), and which one a region
 * is in.
 */
#ifndef CORE_AWS_ENDPOINT_PARTITION_H
#define CORE_AWS_ENDPOINT_PARTITION_H

#include "core/base/str.h"

/* One row of partitions.def. */
struct aws_partition {
    const char *id;            /* "aws-cn": also what ARNs begin with behind "arn:" */
    const char *global_region; /* whose endpoints its global services have */
    const char *suffix;        /* "amazonaws.com" */
    const char *dual_suffix;   /* of the hosts that have IPv6 addresses too */
    const char *forms;         /* what its regions begin with, with blanks between */
    const char *regions;       /* those that are known, a blank around each */
};

/*
 * The partition of a region: the one that lists it, else the one whose form it has
 * ("us-gov-" WORD "-" NUMBER), else "aws", as the AWS SDKs decide it. Never NULL. Any runner.
 */
const struct aws_partition *partition_of(struct sv region);

/* Whether a partition lists the region. */
bool partition_knows(struct sv region);
/* Appends "; did you mean REGION?" when a region that is listed is written nearly so. */
void partition_suggest(struct sv region, struct buf *out);

/* Whether region is a partition's name for no region in particular: "aws-global". */
bool partition_region_is_pseudo(struct sv region);

#endif
