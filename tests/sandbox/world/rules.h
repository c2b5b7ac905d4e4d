/*
 * rules: AWS Config's managed rules, one row an identifier, and their evaluators.
 *
 * An evaluator looks at one recorded document, at the rule's parameters and at the time; it never
 * guesses. Most rules ask for one member of the document and are a path and a value in the table;
 * the others name a function.
 */
#ifndef SANDBOX_RULES_H
#define SANDBOX_RULES_H

#include "tests/sandbox/world/world_doc.h"

enum compliance { COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, INSUFFICIENT_DATA, N_COMPLIANCES };

const char *compliance_name(enum compliance compliance); /* "NON_COMPLIANT" */
enum compliance compliance_by_name(const char *name);    /* N_COMPLIANCES: no such */

#define ANNOTATION_SIZE 256

/* What an evaluator gets to see. */
struct evidence {
    struct world *world;
    struct ref ref;
    const cJSON *doc;        /* recorded; a security group's with its permissions */
    const cJSON *parameters; /* an object of strings */
    int64_t at_ms;
    char *annotation; /* ANNOTATION_SIZE; why it is not compliant, if there is more to say */
};

typedef enum compliance evaluator_fn(const struct evidence *evidence);

enum rule_traits {
    ON_CHANGE = 1, /* evaluated when a recorded configuration changes */
    PERIODIC = 2,  /* evaluated once a day */
    TIMED = 4,     /* the verdict may change by the passing of time alone */
    LIVE = 8,      /* looks at other resources than its own */
    HOME = 16,     /* deployed in the home region only */
    CORE = 32,     /* deployed in every account; the others in most */
    CUSTOM = 64,   /* not a managed rule: a Lambda function that fails */
    PACK = 128     /* made by a conformance pack: AWS lets nobody give it a remediation */
};

#define TYPE_BIT(type) (UINT64_C(1) << (type))

struct rule {
    const char *identifier; /* "INCOMING_SSH_DISABLED"; of a custom rule "" */
    const char *name;       /* "restricted-ssh" */
    unsigned traits;
    uint64_t types;         /* TYPE_BITs */
    const char *parameters; /* JSON text, "" when it takes none */
    evaluator_fn *evaluate; /* NULL: the member at path must be wanted */
    const char *path;       /* from the document, apart by '.' */
    const char *wanted;     /* "true", "0", another text; "*" for any but null and "" */
};

extern const struct rule managed_rules[];
extern const size_t n_managed_rules;

/* Evaluates one document. */
enum compliance rule_evaluate(const struct rule *rule, const struct evidence *evidence);

/* The evaluators, by what they look at. */
evaluator_fn evaluate_ssh, evaluate_restricted_traffic, evaluate_authorized_ports,
    evaluate_default_group, evaluate_group_attached, evaluate_acl_ssh_rdp, evaluate_acl_unused,
    evaluate_flow_logs, evaluate_eip;
evaluator_fn evaluate_no_public_ip, evaluate_stopped, evaluate_instance_type,
    evaluate_multiple_interfaces, evaluate_managed_by_ssm, evaluate_volume_encrypted,
    evaluate_volume_in_use, evaluate_function_public, evaluate_elb_listeners, evaluate_alb_redirect,
    evaluate_alb_headers;
evaluator_fn evaluate_bucket_encryption, evaluate_bucket_kms, evaluate_bucket_ssl,
    evaluate_bucket_read, evaluate_bucket_write, evaluate_public_access_block,
    evaluate_bucket_lifecycle, evaluate_bucket_version_lifecycle, evaluate_vault_policy;
evaluator_fn evaluate_snapshot_public, evaluate_snapshot_encrypted, evaluate_backup_enabled,
    evaluate_table_scaling, evaluate_redshift_tls;
evaluator_fn evaluate_user_mfa, evaluate_access_keys, evaluate_unused_credentials,
    evaluate_admin_policy, evaluate_user_policies, evaluate_key_rotation, evaluate_key_deletion,
    evaluate_secret_unused, evaluate_certificate, evaluate_password_policy, evaluate_trail,
    evaluate_trail_multi_region, evaluate_trail_encryption, evaluate_trail_validation,
    evaluate_trail_logs;
evaluator_fn evaluate_log_retention, evaluate_build_variables, evaluate_stack_drift,
    evaluate_document_public, evaluate_required_tags;

/* What evaluators share. */
const cJSON *evidence_get(const struct evidence *evidence, const char *path); /* from the doc */
struct sv evidence_sv(const struct evidence *evidence, const char *path);
bool evidence_bool(const struct evidence *evidence, const char *path);
/* The age in days of the ISO time at path; -1 when there is none. */
int64_t evidence_age_days(const struct evidence *evidence, const cJSON *time);
/* A parameter of the rule; "" when it is not given. */
struct sv evidence_parameter(const struct evidence *evidence, const char *name);
int64_t evidence_number(const struct evidence *evidence, const char *name, int64_t otherwise);
/* Is the text one of a comma-separated list? */
bool list_has(struct sv list, struct sv text);
enum compliance verdict(bool compliant);
enum compliance violation(const struct evidence *evidence, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A statement of a policy that lets everybody do the action (a prefix; "" is any). */
bool policy_allows_everybody(const cJSON *policy, const char *action);

#endif
