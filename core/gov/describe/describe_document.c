/* describe_document: a document of Systems Manager: whose it is, what is in it, its steps. */
#include "core/gov/describe/describing.h"
#include "core/gov/systems_manager/automation.h"

static const char section[] = "Document";

void document_ask(struct inquiry *inquiry, const struct describing *describing, const char *name,
                  const char *version)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "Name", name);
    if (version[0])
        cJSON_AddStringToObject(params, "DocumentVersion", version);
    inquiry_read(inquiry, OP_ssm_DescribeDocument, &describing->target, params, NULL);
    inquiry_read(inquiry, OP_ssm_GetDocument, &describing->target,
                 automation_document_params(name, version), NULL);
}

static void tell_content_hash(struct describing *describing, const cJSON *content)
{
    char hash[SHA256_HEX_SIZE];
    if (automation_content_hash(json_sv(content, "Content"), hash, NULL) == OK)
        tell(describing, section, SV("content SHA-256"), sv_of(hash));
}

void document_tell(struct inquiry *inquiry, struct describing *describing)
{
    static const struct told_member members[] = {
        {"Name", "name", true},
        {"DocumentVersion", "version", false},
        {"DefaultVersion", "default version", false},
        {"LatestVersion", "latest version", false},
        {"Owner", "owner", false},
        {"Status", "status", false},
        {"Description", "description", false},
    };
    const cJSON *document = json_get(inquiry_page(inquiry, OP_ssm_DescribeDocument, 0), "Document");
    struct sv hash = json_sv(document, "Hash");
    tell_members(describing, section, document, members, ARRAY_LEN(members));
    tell_time(describing, section, "made at", document, "CreatedDate");
    if (hash.len > 0)
        tellf(describing, section, SV("hash"), SV_FMT " " SV_FMT,
              SV_ARG(json_sv(document, "HashType")), SV_ARG(hash));
    tell_content_hash(describing, inquiry_page(inquiry, OP_ssm_GetDocument, 0));
}

const cJSON *document_steps(const struct inquiry *inquiry, cJSON **parsed)
{
    const cJSON *content = inquiry_page(inquiry, OP_ssm_GetDocument, 0);
    *parsed = NULL;
    if (json_parse(json_sv(content, "Content"), "document", parsed, NULL) != OK)
        return NULL;
    return json_items(*parsed, "mainSteps");
}

void document_step_text(const cJSON *step, struct buf *text)
{
    const cJSON *inputs = json_get(step, "inputs");
    struct sv api = json_sv(inputs, "Api");
    buf_add(text, json_sv(step, "action"));
    if (api.len > 0)
        buf_addf(text, " " SV_FMT ":" SV_FMT, SV_ARG(json_sv(inputs, "Service")), SV_ARG(api));
}

void document_tell_content(const struct inquiry *inquiry, struct describing *describing)
{
    AUTO(json_free_at) cJSON *content = NULL;
    document_steps(inquiry, &content);
    tell_json(describing, content);
}
