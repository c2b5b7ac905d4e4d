/*
 * runbook: AWS's own documents of Systems Manager that mend what its managed rules find, for rules
 * that have no remediation configuration: some cannot be given one, as those of conformance packs,
 * of the organization and of Security Hub.
 */
#ifndef CORE_GOV_RUNBOOK_H
#define CORE_GOV_RUNBOOK_H

#include "core/aws/client.h"
#include "core/base/json.h"
#include "core/base/str.h"

#define RUNBOOK_ROLE "AutomationAssumeRole" /* the parameter that names the role it acts with */

enum runbook_mode {
    RUNBOOK_ADDS,    /* protects, and breaks no traffic and no access; could be set back by hand */
    RUNBOOK_RISKS,   /* may break something, or cannot be taken back */
    RUNBOOK_BY_HAND, /* is one step of several */
    RUNBOOK_COMMAND, /* is a document of Run Command, and no automation */
};

struct runbook {
    const char *identifier; /* of the managed rule: "S3_BUCKET_VERSIONING_ENABLED" */
    enum runbook_mode mode;
    const char *document;   /* "AWS-ConfigureS3BucketVersioning" */
    const char *parameters; /* "BucketName=RESOURCE_ID VersioningState=Enabled"; NULL: not known */
    const char *note;       /* what is to be known before; "": nothing */
};

/* What mends a rule, of an item of DescribeConfigRules; NULL when it is no managed rule of AWS, or
 * nothing does. Pure, like all of this. */
const struct runbook *runbook_of(const cJSON *rule);
/* By its document's name; NULL when none is called that. */
const struct runbook *runbook_by_document(struct sv document);

/* Cuts the next parameter off *rest, which begins as runbook->parameters; false at the end. */
bool runbook_parameter(struct sv *rest, struct sv *name, struct sv *value);
/* The parameter that names the resource; SV_NONE when none does. */
struct sv runbook_resource_parameter(const struct runbook *runbook);

/*
 * Adds why it cannot be started from here, whatever AWS says: "its TargetBucket is not known here:
 * set log_bucket in document_values"; false, and nothing added, when it can. rule is of
 * DescribeConfigRules, values is document_values of the settings: what either says is known.
 */
bool runbook_lacks(const struct runbook *runbook, const cJSON *rule, struct sv values,
                   struct buf *why);
/* Whether the parameter of that name is told what document_values say. */
bool runbook_is_told(const struct runbook *runbook, const cJSON *rule, struct sv parameter);

/* What it is to be started with. Borrowed. */
struct runbook_use {
    const char *resource_id;         /* as AWS Config names it */
    const char *role_arn;            /* that it acts with; "": whoever starts it */
    const cJSON *rule;               /* of DescribeConfigRules */
    const cJSON *document;           /* of DescribeDocument */
    struct sv values;                /* document_values of the settings */
    const struct aws_target *target; /* where it is started */
};
/*
 * What StartAutomationExecution takes as Parameters, each a list with one value; the caller's. A
 * value of the table gives way to what the rule itself asks for by that name, whatever the case of
 * its letters. Of a runbook that lacks nothing. NULL with why: ERR_REFUSED when the document is not
 * AWS's, is no automation, or takes other parameters than the table says, ERR_CONFIG when it wants
 * a role and the settings name none.
 */
cJSON *runbook_inputs(const struct runbook *runbook, const struct runbook_use *use,
                      struct err *err);

#endif
