/*
 * aggregator: what AWS Config's aggregators of the home region know of other accounts.
 */
#ifndef CORE_GOV_AGGREGATOR_H
#define CORE_GOV_AGGREGATOR_H

#include "core/gov/load/load.h"

/* Borrowed while the callback runs. */
struct aggregator_source {
    const char *aggregator;
    struct aws_target target;
    struct sv status;      /* SUCCEEDED, FAILED, OUTDATED */
    int64_t updated_at_ms; /* 0: not known */
    struct sv error_code, error_message;
};

struct aggregator_reader {
    void (*on_source)(struct load *load, const struct aggregator_source *source, void *arg);
    /* After the last source; n is how many aggregators there are. err: why there are none to be
     * had; or ERR_NONE. */
    void (*on_end)(struct load *load, const char *first, size_t n, const struct err *err,
                   void *arg);
    void *arg;
};

/*
 * DescribeConfigurationAggregators in the home region, then the status of each one's sources.
 * Nothing of it is a gap by itself: the reader decides. On RUN_WORKER.
 */
void aggregators_read(struct load *load, const struct aggregator_reader *reader);

/* OUTDATED and FAILED sources in words of an error; ERR_NONE for the others. */
struct err aggregator_source_err(const struct aggregator_source *source);

#endif
