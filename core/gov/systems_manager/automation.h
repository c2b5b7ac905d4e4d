/*
 * automation: what is read of automations of Systems Manager that wait for somebody: who started
 * one, what it is about, which content its document has.
 */
#ifndef CORE_GOV_AUTOMATION_H
#define CORE_GOV_AUTOMATION_H

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/gov/gov.h"

/* --- an execution, as GetAutomationExecution tells it; texts borrowed. Pure. -------------------
 */

/* The first value of a parameter; SV_NONE without one. */
struct sv automation_parameter(const cJSON *execution, const char *name);
/* The step at which it waits for an approval; NULL when it does not. */
const cJSON *automation_waiting_step(const cJSON *execution);
/* An input of a step, without the quotes of JSON; the caller's, "" without one. */
char *automation_input(const cJSON *step, const char *name);
/* When AWS gives up waiting at step, an aws:approve (seven days when it names no time), in ms since
 * 1970; 0: that is not known. */
int64_t automation_deadline(const cJSON *step);
/* Whether nothing comes any more: by AutomationExecutionStatus. */
bool automation_has_ended(const cJSON *execution);
/* The rule of a security group that it is about: whatever parameters have values like sg-... and
 * sgr-...; false when it is about something else. */
bool automation_rule(const cJSON *execution, char group_id[32], char rule_id[32]);

/* Whether nobody is to see what is given for an input of that name: "MasterUserPassword",
 * "api_token"; "SecretId" says which one, and not what it is. Pure. */
bool automation_is_secret(struct sv name);

/* Who acts, whatever the role and the account: the name behind the last slash of an ARN, for the
 * session of a role carries the name of whoever entered it. */
struct sv automation_person(struct sv arn);

/* SHA-256 over a document's content, without regard to how its JSON is written; ERR_PARSE when it
 * is none. */
enum err_code automation_content_hash(struct sv content, char hash[SHA256_HEX_SIZE],
                                      struct err *err);

/* A client token made of a text: AWS takes one in the form of a UUID, each once; who makes it of
 * the same has the same. Pure. */
void automation_token(struct sv made_of, char token[37]);

/* --- requests: their parameters, the caller's --------------------------------------------------
 */

/* GetAutomationExecution. */
cJSON *automation_get_params(const char *execution_id);
/* GetDocument: the content of a version ("": the default). */
cJSON *automation_document_params(const char *document, const char *version);
/* DescribeAutomationExecutions: those of a document, started after after_ms (wall clock; 0: all).
 */
cJSON *automation_list_params(const char *document, int64_t after_ms);

#endif
