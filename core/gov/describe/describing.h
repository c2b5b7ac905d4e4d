/*
 * describing: what a describer gets: the thing it is about, the reads to make, where to tell what
 * came of them. One file a sort of thing; describe.c says which rows are of which sort. All of it
 * runs on RUN_WORKER.
 */
#ifndef CORE_GOV_DESCRIBING_H
#define CORE_GOV_DESCRIBING_H

#include "core/gov/describe/describe.h"
#include "core/gov/load/inquiry.h"

struct describing {
    struct aws_target target;
    char *id;       /* of the thing, raw: a group, a rule's name, a parameter; "" when none */
    char *type;     /* of a resource: "AWS::EC2::Instance", else "" */
    char *rule;     /* the Config rule that has found something wrong with it, else "" */
    char *proposal; /* the automation or OpsItem that asks for something, else "" */
    struct description *found;
};

/* Reads what it needs side by side (core/gov/load/inquiry.h), then tells it section by section. */
struct describer {
    void (*begin)(struct inquiry *inquiry, struct describing *describing);
    void (*end)(struct inquiry *inquiry, struct describing *describing);
};

extern const struct describer describer_resource, describer_group, describer_finding,
    describer_rule, describer_account, describer_parameter, describer_setting, describer_automation,
    describer_ops_item, describer_preferences;

/* Of security groups more is known than of other resources. */
const struct describer *describer_of_resource(const struct describing *describing);

/* The describing that an inquiry's `then` is called with. */
struct describing *describing_of(void *arg);

/* Sections that people ask for by name (enum description_topic). */
#define SECTION_APPROVED    "Approved"
#define SECTION_CHANGED_BY  "Changed by"
#define SECTION_DIFFERENCE  "Difference"
#define SECTION_PREFERENCES "Preferences"
#define SECTION_VERSIONS    "Versions"

/* --- telling ------------------------------------------------------------------------------------
 * A line below section. Nothing is said of what is not known: a value without bytes is left out.
 * Copies all three. */
void tell(struct describing *describing, const char *section, struct sv label, struct sv value);
void tell_identity(struct describing *describing, const char *section, struct sv label,
                   struct sv value);
void tellf(struct describing *describing, const char *section, struct sv label, const char *fmt,
           ...) __attribute__((format(printf, 4, 5)));
/* The moment that member of object says; nothing when it says none. */
void tell_time(struct describing *describing, const char *section, const char *label,
               const cJSON *object, const char *member);
/* Tags ({key, value} or {Key, Value}), from the first on. */
void tell_tags(struct describing *describing, const char *section, const cJSON *tags);
/* The members of object that are texts, numbers or truths, each a line. */
void tell_scalars(struct describing *describing, const char *section, const cJSON *object);

/* A member and what people call it; the values of ids and ARNs are shown as such. */
struct told_member {
    const char *member, *label;
    bool identity;
};
void tell_members(struct describing *describing, const char *section, const cJSON *object,
                  const struct told_member *members, size_t n);

/* The document that object is, unless another one is there already. */
void tell_json(struct describing *describing, const cJSON *object);

/* --- what several tell ------------------------------------------------------------------------ */

/* Who has changed the thing called name, as far back as CloudTrail goes (90 days): cloudtrail
 * LookupEvents by ResourceName. The newest come first; a refusal is said in their place. */
void changes_ask(struct inquiry *inquiry, const struct describing *describing, const char *name);
void changes_tell(struct inquiry *inquiry, struct describing *describing);
/* The same by another attribute of LookupEvents, and of what came of it those whose records (the
 * CloudTrailEvent, parsed) pass filter. then as inquiry_read has it. */
typedef bool changes_filter_fn(const struct describing *describing, const cJSON *record);
void changes_ask_by(struct inquiry *inquiry, const struct describing *describing, const char *key,
                    const char *value, void (*then)(struct inquiry *inquiry, void *arg));
void changes_tell_some(struct inquiry *inquiry, struct describing *describing,
                       changes_filter_fn *filter);

/* The configuration that AWS Config has recorded of a resource, its relations and tags, and what
 * rules say of it. */
void recorded_ask(struct inquiry *inquiry, const struct describing *describing);
void recorded_tell(struct inquiry *inquiry, struct describing *describing);
void verdicts_tell(struct inquiry *inquiry, struct describing *describing);

/* A document of Systems Manager: whose it is, its hash, its content's hash as proposals show it,
 * and its steps. "" is the default version. */
void document_ask(struct inquiry *inquiry, const struct describing *describing, const char *name,
                  const char *version);
void document_tell(struct inquiry *inquiry, struct describing *describing);
/* The content's main steps in order, borrowed from *parsed, which is the caller's; NULL when the
 * document could not be read or is not written in JSON. */
const cJSON *document_steps(const struct inquiry *inquiry, cJSON **parsed);
/* What J shows is what will be carried out; an execution's own inputs may be secrets. */
void document_tell_content(const struct inquiry *inquiry, struct describing *describing);
/* Appends "aws:executeAwsApi ec2:RevokeSecurityGroupIngress". */
void document_step_text(const cJSON *step, struct buf *text);

#endif
