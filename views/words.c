#include "views/words.h"

#include "core/base/mem.h"
#include "tui/theme.h"

static const struct word_sign words[] = {
    /* AWS Config: ComplianceType */
    {"COMPLIANT", SIGN_OK, ROLE_OK},
    {"NON_COMPLIANT", SIGN_FAIL, ROLE_FAIL},
    {"INSUFFICIENT_DATA", SIGN_NODATA, ROLE_NODATA},
    {"NOT_APPLICABLE", SIGN_INFO, ROLE_DIM},
    /* recorders, as the accounts screen sums them up */
    {"ON", SIGN_OK, ROLE_OK},
    {"STOPPED", SIGN_FAIL, ROLE_FAIL},
    {"FAILING", SIGN_FAIL, ROLE_FAIL},
    {"MISSING", SIGN_FAIL, ROLE_FAIL},
    /* AWS Organizations: State */
    {"ACTIVE", SIGN_OK, ROLE_TEXT},
    {"SUSPENDED", SIGN_WARN, ROLE_WARN},
    {"PENDING_CLOSURE", SIGN_WARN, ROLE_WARN},
    {"PENDING_ACTIVATION", SIGN_BUSY, ROLE_BUSY},
    {"CLOSED", SIGN_INFO, ROLE_DIM},
    /* aggregator sources */
    {"SUCCEEDED", SIGN_OK, ROLE_OK},
    {"OUTDATED", SIGN_WARN, ROLE_WARN},
    /* nodes: SSM's PingStatus, and what is wrong with their patches */
    {"Online", SIGN_OK, ROLE_OK},
    {"ConnectionLost", SIGN_FAIL, ROLE_FAIL},
    {"Inactive", SIGN_WARN, ROLE_WARN},
    {"MISSING_CRITICAL", SIGN_FAIL, ROLE_FAIL},
    {"PENDING_REBOOT", SIGN_WARN, ROLE_WARN},
    {"NEVER_REPORTED", SIGN_NODATA, ROLE_NODATA},
    /* sessions: SSM's SessionStatus; the others are known */
    {"Connected", SIGN_OK, ROLE_OK},
    {"Connecting", SIGN_BUSY, ROLE_BUSY},
    {"Disconnected", SIGN_WARN, ROLE_WARN},
    {"Terminating", SIGN_BUSY, ROLE_BUSY},
    {"Terminated", SIGN_INFO, ROLE_DIM},
    /* commands: SSM's CommandInvocationStatus; Success and Failed are known */
    {"Pending", SIGN_BUSY, ROLE_BUSY},
    {"InProgress", SIGN_BUSY, ROLE_BUSY},
    {"Delayed", SIGN_BUSY, ROLE_BUSY},
    {"Cancelling", SIGN_BUSY, ROLE_BUSY},
    {"Cancelled", SIGN_WARN, ROLE_WARN},
    {"TimedOut", SIGN_FAIL, ROLE_FAIL},
    /* forwards: channel_state_name, but for one that is open and one that has ended */
    {"listening", SIGN_OK, ROLE_OK},
    {"starting", SIGN_BUSY, ROLE_BUSY},
    {"opening", SIGN_BUSY, ROLE_BUSY},
    {"waiting for the node", SIGN_WARN, ROLE_WARN},
    {"node not connected", SIGN_WARN, ROLE_WARN},
    {"resuming", SIGN_WARN, ROLE_WARN},
    /* transfers: transfer_phase_name, and how they end */
    {"connecting", SIGN_BUSY, ROLE_BUSY},
    {"entering", SIGN_BUSY, ROLE_BUSY},
    {"comparing the beginning", SIGN_BUSY, ROLE_BUSY},
    {"checking", SIGN_BUSY, ROLE_BUSY},
    {"copying", SIGN_BUSY, ROLE_BUSY},
    {"asks: Enter", SIGN_WARN, ROLE_WARN},
    {"done", SIGN_OK, ROLE_OK},
    {"given up", SIGN_INFO, ROLE_DIM},
    /* what waits for a decision */
    {"OPEN", SIGN_WARN, ROLE_WARN},
    {"WAIVED", SIGN_INFO, ROLE_DIM},
    {"UNKNOWN", SIGN_NODATA, ROLE_NODATA},
    /* session preferences: fields that have no approved value */
    {"FREE", SIGN_INFO, ROLE_DIM},
    /* the change gate */
    {"PLANNED", SIGN_INFO, ROLE_DIM},
    {"CHECKING", SIGN_BUSY, ROLE_BUSY},
    {"READY", SIGN_WARN, ROLE_WARN},
    {"INTENT", SIGN_BUSY, ROLE_BUSY},
    {"SENT", SIGN_BUSY, ROLE_BUSY},
    {"VERIFYING", SIGN_BUSY, ROLE_BUSY},
    {"UNVERIFIED", SIGN_WARN, ROLE_WARN},
    {"REFUSED", SIGN_FAIL, ROLE_FAIL},
    {"STALE", SIGN_FAIL, ROLE_FAIL},
    {"REJECTED", SIGN_INFO, ROLE_DIM},
    {"UNDONE", SIGN_OK, ROLE_OK},
};

void words_register(void)
{
    theme_add_words(words, ARRAY_LEN(words));
}
