/*
 * recorder: whether AWS Config watches an account and region at all.
 */
#ifndef CORE_GOV_RECORDER_H
#define CORE_GOV_RECORDER_H

#include "core/base/json.h"

/* The worst last; of several recorders or regions the worst counts. */
enum recorder_state {
    RECORDER_ON,
    RECORDER_FAILING, /* it records, the last delivery failed */
    RECORDER_STOPPED,
    RECORDER_MISSING,
};
const char *recorder_state_name(enum recorder_state state); /* "ON" */

/* Of the reply of DescribeConfigurationRecorderStatus: a region has one recorder of its own, or
 * none. */
enum recorder_state recorder_state_in(const cJSON *reply);

#endif
