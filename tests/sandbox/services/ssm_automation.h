/*
 * ssm_automation: the handlers of Systems Manager's automation executions.
 */
#ifndef SANDBOX_SSM_AUTOMATION_H
#define SANDBOX_SSM_AUTOMATION_H

#include "tests/sandbox/automation/automation.h"
#include "tests/sandbox/wire/handler.h"

handler_fn ssm_start_automation_execution, ssm_get_automation_execution,
    ssm_describe_automation_executions, ssm_describe_automation_step_executions,
    ssm_send_automation_signal, ssm_stop_automation_execution;

/* The execution as the API has it: automation_show.c. The caller's. */
cJSON *ssm_make_execution(const struct automation *automation);
/* The same as it stands in a list, without its steps. */
cJSON *ssm_make_execution_metadata(const struct automation *automation);
cJSON *ssm_make_step(const struct step_run *step);

#endif
