#include "tests/sandbox/services/ssm_document.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/template.h"

#define PAGE_MAX     50
#define CONTENT_MAX  65536 /* bytes of a document */
#define VERSIONS_MAX 1000

uint32_t ssm_cell(struct world *world, const struct call *call)
{
    return cell_number(world, world_cell(world, call->account_id, call->region));
}

static void refuse_unknown(struct reply *reply, const char *name)
{
    reply_error(reply, 0, "InvalidDocument", "Document with name %s does not exist.", name);
}

/* The document that the call names; NULL after having refused. */
static struct document *find(struct world *world, const struct call *call, struct reply *reply)
{
    struct document *document = document_find(world, ssm_cell(world, call), in_str(call, "Name"));
    if (!document)
        refuse_unknown(reply, in_str(call, "Name"));
    return document;
}

/* The same for one that may be changed. */
static struct document *find_own(struct world *world, const struct call *call, struct reply *reply)
{
    struct document *document = find(world, call, reply);
    if (!document || !document->is_owned)
        return document;
    reply_error(reply, 0, "InvalidDocumentOperation", "The document %s is owned by AWS.",
                document->name);
    return NULL;
}

static struct document_version *find_version(const struct document *document,
                                             const struct call *call, struct reply *reply)
{
    struct document_version *version =
        document_version(document, in_str(call, "DocumentVersion"), in_str(call, "VersionName"));
    if (!version)
        reply_error(reply, 0, "InvalidDocumentVersion",
                    "The document version is not valid or does not exist.");
    return version;
}

/* --- descriptions -------------------------------------------------------------------------------
 */

static const char *owner_of(struct world *world, const struct document *document)
{
    return document->is_owned ? "Amazon" : cell_account(world, document->cell)->id;
}

/* A default as DescribeDocument writes it: a text, or JSON. */
static cJSON *make_parameter(const cJSON *def)
{
    const cJSON *otherwise = json_get(def, "default");
    AUTO_FREE char *text =
        otherwise
            ? cJSON_IsString(otherwise) ? mem_strdup(otherwise->valuestring) : json_print(otherwise)
            : NULL;
    return json_make("{Name:%s,Type:%s,Description:%s,DefaultValue:%s}", def->string,
                     json_sv(def, "type").ptr, json_sv(def, "description").ptr, text);
}

static cJSON *make_parameters(const cJSON *content)
{
    const cJSON *parameters = json_get(content, "parameters"), *def;
    if (!parameters || !parameters->child)
        return NULL;
    cJSON *list = cJSON_CreateArray();
    cJSON_ArrayForEach (def, parameters)
        cJSON_AddItemToArray(list, make_parameter(def));
    return list;
}

static cJSON *tags_of(const struct document *document)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *tag;
    cJSON_ArrayForEach (tag, document->tags)
        cJSON_AddItemToArray(list, json_make("{Key:%s,Value:%s}", tag->string, tag->valuestring));
    return list;
}

static cJSON *make_description(struct world *world, const struct document *document,
                               const struct document_version *version)
{
    char number[16], latest[16], chosen[16];
    snprintf(number, sizeof number, "%d", version->number);
    snprintf(latest, sizeof latest, "%d", vec_last(&document->versions).number);
    snprintf(chosen, sizeof chosen, "%d", document->default_version);
    return json_make(
        "{Hash:%s,HashType:'Sha256',Name:%s,VersionName:%s,Owner:%s,CreatedDate:%e,"
        "Status:'Active',DocumentVersion:%s,Description:%s,Parameters:%o,"
        "PlatformTypes:['Windows','Linux','MacOS'],DocumentType:%s,SchemaVersion:%s,"
        "LatestVersion:%s,DefaultVersion:%s,DocumentFormat:'JSON',TargetType:%s,Tags:%o}",
        version->hash, document->name, version->name[0] ? version->name : NULL,
        owner_of(world, document), version->created_ms, number,
        json_sv(version->tree, "description").ptr, make_parameters(version->tree), document->type,
        json_sv(version->tree, "schemaVersion").ptr, latest, chosen,
        document->target_type[0] ? document->target_type : NULL, tags_of(document));
}

void ssm_describe_document(struct world *world, const struct call *call, struct reply *reply)
{
    const struct document *document = find(world, call, reply);
    const struct document_version *version = document ? find_version(document, call, reply) : NULL;
    if (version)
        cJSON_AddItemToObject(reply->output, "Document",
                              make_description(world, document, version));
}

void ssm_get_document(struct world *world, const struct call *call, struct reply *reply)
{
    const struct document *document = find(world, call, reply);
    const struct document_version *version = document ? find_version(document, call, reply) : NULL;
    const char *format = in_str(call, "DocumentFormat");
    char number[16];
    if (!version)
        return;
    if (*format && strcmp(format, "JSON") != 0) {
        reply_error(reply, 501, "NotImplemented", "The sandbox does not convert documents to %s.",
                    format);
        return;
    }
    snprintf(number, sizeof number, "%d", version->number);
    cJSON_Delete(reply->output);
    reply->output =
        json_make("{Name:%s,CreatedDate:%e,VersionName:%s,DocumentVersion:%s,Status:'Active',"
                  "Content:%s,DocumentType:%s,DocumentFormat:'JSON'}",
                  document->name, version->created_ms, version->name[0] ? version->name : NULL,
                  number, version->content, document->type);
}

/* --- lists --------------------------------------------------------------------------------------
 */

struct document_page {
    struct world *world;
    const struct call *call;
    const struct document *document; /* of its versions */
};

static bool any_value(const cJSON *values, struct sv wanted, bool is_prefix)
{
    for (; values; values = values->next)
        if (is_prefix ? sv_starts(wanted, json_string(values)) : sv_eq(wanted, json_string(values)))
            return true;
    return false;
}

/* Owner: Self, Amazon, Private, Public, All; or an account. */
static bool is_owned_by(const struct document *document, const cJSON *values,
                        const char *account_id)
{
    const char *words = document->is_owned ? "Amazon Public All" : "Self Private All";
    for (; values; values = values->next)
        if (sv_contains(sv_of(words), json_string(values)) ||
            (!document->is_owned && sv_eq_cstr(json_string(values), account_id)))
            return true;
    return false;
}

static bool has_tag(const struct document *document, struct sv key, const cJSON *values)
{
    const cJSON *tag;
    sv_split(&key, ':');
    cJSON_ArrayForEach (tag, document->tags)
        if (sv_eq_cstr(key, tag->string) && any_value(values, json_string(tag), false))
            return true;
    return false;
}

static bool passes(const struct call *call, const struct document *document)
{
    for (const cJSON *filter = in_list(call, "Filters"); filter; filter = filter->next) {
        struct sv key = json_sv(filter, "Key");
        const cJSON *values = json_items(filter, "Values");
        bool ok = true;
        if (sv_eq_cstr(key, "Name"))
            ok = any_value(values, sv_of(document->name), true);
        else if (sv_eq_cstr(key, "Owner"))
            ok = is_owned_by(document, values, call->account_id);
        else if (sv_eq_cstr(key, "DocumentType"))
            ok = any_value(values, sv_of(document->type), false);
        else if (sv_eq_cstr(key, "TargetType"))
            ok = any_value(values, sv_of(document->target_type), false);
        else if (sv_starts(key, SV("tag:")))
            ok = has_tag(document, key, values);
        if (!ok)
            return false;
    }
    return true;
}

static bool check_filters(const struct call *call, struct reply *reply)
{
    static const char *const keys[] = {"Name",       "Owner",         "DocumentType",
                                       "TargetType", "SearchKeyword", "PlatformTypes"};
    for (const cJSON *filter = in_list(call, "Filters"); filter; filter = filter->next) {
        struct sv key = json_sv(filter, "Key");
        bool known = sv_starts(key, SV("tag:"));
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            known |= sv_eq_cstr(key, keys[i]);
        if (known)
            continue;
        reply_error(reply, 0, "InvalidFilterKey", "The filter key " SV_FMT " is not valid.",
                    SV_ARG(key));
        return false;
    }
    return true;
}

static void add_document(void *arg, size_t i, cJSON *list)
{
    const struct document_page *page = arg;
    const struct document *document =
        document_at(page->world, ssm_cell(page->world, page->call), i);
    char number[16];
    if (!passes(page->call, document))
        return;
    const struct document_version *version = document_version(document, "$DEFAULT", "");
    snprintf(number, sizeof number, "%d", version->number);
    cJSON_AddItemToArray(
        list,
        json_make("{Name:%s,CreatedDate:%e,Owner:%s,VersionName:%s,"
                  "PlatformTypes:['Windows','Linux','MacOS'],DocumentVersion:%s,"
                  "DocumentType:%s,SchemaVersion:%s,DocumentFormat:'JSON',TargetType:%s,"
                  "Tags:%o}",
                  document->name, version->created_ms, owner_of(page->world, document),
                  version->name[0] ? version->name : NULL, number, document->type,
                  json_sv(version->tree, "schemaVersion").ptr,
                  document->target_type[0] ? document->target_type : NULL, tags_of(document)));
}

void ssm_list_documents(struct world *world, const struct call *call, struct reply *reply)
{
    struct document_page page = {world, call, NULL};
    size_t n = 0;
    if (!check_filters(call, reply))
        return;
    while (document_at(world, ssm_cell(world, call), n))
        n++;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "DocumentIdentifiers",
                                   .n_items = n,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_document,
                                   .arg = &page});
}

/* The newest first. */
static void add_version(void *arg, size_t i, cJSON *list)
{
    const struct document_page *page = arg;
    const struct document *document = page->document;
    const struct document_version *version =
        &document->versions.ptr[document->versions.len - 1 - i];
    char number[16];
    snprintf(number, sizeof number, "%d", version->number);
    cJSON_AddItemToArray(
        list, json_make("{Name:%s,DocumentVersion:%s,VersionName:%s,"
                        "CreatedDate:%e,IsDefaultVersion:%b,"
                        "DocumentFormat:'JSON',Status:'Active'}",
                        document->name, number, version->name[0] ? version->name : NULL,
                        version->created_ms, version->number == document->default_version));
}

void ssm_list_document_versions(struct world *world, const struct call *call, struct reply *reply)
{
    struct document_page page = {world, call, find(world, call, reply)};
    if (page.document)
        page_reply(call, reply,
                   &(struct page_spec){.list_member = "DocumentVersions",
                                       .n_items = page.document->versions.len,
                                       .page_default = PAGE_MAX,
                                       .page_max = PAGE_MAX,
                                       .add_item = add_version,
                                       .arg = &page});
}

/* --- changes ------------------------------------------------------------------------------------
 */

static bool check_format(const struct call *call, struct reply *reply)
{
    const char *format = in_str(call, "DocumentFormat");
    if (!*format || strcmp(format, "JSON") == 0)
        return true;
    reply_error(reply, 501, "NotImplemented",
                "The sandbox takes documents in JSON; send %s as JSON.", format);
    return false;
}

static bool check_content(const char *type, const struct call *call, struct reply *reply)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    const char *content = in_str(call, "Content");
    if (!check_format(call, reply))
        return false;
    if (strlen(content) > CONTENT_MAX) {
        reply_error(reply, 0, "MaxDocumentSizeExceeded", "The size limit of a document is %d KB.",
                    CONTENT_MAX / 1024);
        return false;
    }
    if (!document_check(type, content, &why))
        reply_error(reply, 0, "InvalidDocumentContent", "%s", buf_cstr(&why));
    return !*reply->code;
}

static bool check_name(struct world *world, const struct call *call, struct reply *reply)
{
    static const char *const reserved[] = {
        "aws", "amazon", "amzn", "awsec2", "awsconfigremediation", "awssupport"};
    const char *name = in_str(call, "Name");
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        struct sv head = {name, strlen(reserved[i])};
        if (strlen(name) >= head.len && sv_eq_nocase(head, sv_of(reserved[i])) &&
            (name[head.len] == '-' || name[head.len] == '\0')) {
            reply_error(reply, 0, "ValidationException",
                        "Document name %s begins with a prefix that is reserved for AWS.", name);
            return false;
        }
    }
    if (document_find(world, ssm_cell(world, call), name))
        reply_error(reply, 0, "DocumentAlreadyExists", "Document with same name %s already exists",
                    name);
    return !*reply->code;
}

static void reply_description(struct world *world, struct reply *reply,
                              const struct document *document,
                              const struct document_version *version)
{
    cJSON_AddItemToObject(reply->output, "DocumentDescription",
                          make_description(world, document, version));
}

void ssm_create_document(struct world *world, const struct call *call, struct reply *reply)
{
    const char *type = in_str(call, "DocumentType");
    if (!*type)
        type = "Command";
    if (!check_name(world, call, reply) || !check_content(type, call, reply))
        return;
    struct document *document =
        document_add(world, ssm_cell(world, call), in_str(call, "Name"), type,
                     in_str(call, "Content"), in_str(call, "VersionName"));
    str_copy(document->target_type, in_str(call, "TargetType"));
    for (const cJSON *tag = in_list(call, "Tags"); tag; tag = tag->next)
        cJSON_AddStringToObject(document->tags, json_sv(tag, "Key").ptr, json_sv(tag, "Value").ptr);
    reply_description(world, reply, document, &document->versions.ptr[0]);
}

/* What another version may not have: the latest one's content, or a name that is taken. */
static bool check_update(const struct document *document, const struct call *call,
                         struct reply *reply)
{
    const struct document_version *latest = &vec_last(&document->versions);
    const char *version = in_str(call, "DocumentVersion"), *name = in_str(call, "VersionName");
    const struct document_version *based = document_version(document, version, "");
    if (*version && (!based || based->number != latest->number))
        reply_error(reply, 0, "InvalidDocumentVersion",
                    "The document version is not valid or does not exist.");
    else if (*name && document_version(document, "", name))
        reply_error(reply, 0, "DuplicateDocumentVersionName",
                    "The version name %s has already been used in this document.", name);
    else if (strcmp(latest->content, in_str(call, "Content")) == 0)
        reply_error(reply, 0, "DuplicateDocumentContent",
                    "The content of the document is the same as the latest version's.");
    else if (document->versions.len >= VERSIONS_MAX)
        reply_error(reply, 0, "DocumentVersionLimitExceeded",
                    "The document has reached its limit of %d versions.", VERSIONS_MAX);
    return !*reply->code;
}

void ssm_update_document(struct world *world, const struct call *call, struct reply *reply)
{
    struct document *document = find_own(world, call, reply);
    if (!document || !check_content(document->type, call, reply) ||
        !check_update(document, call, reply))
        return;
    const struct document_version *version =
        document_add_version(world, document, in_str(call, "Content"), in_str(call, "VersionName"));
    if (*in_str(call, "TargetType"))
        str_copy(document->target_type, in_str(call, "TargetType"));
    reply_description(world, reply, document, version);
}

void ssm_update_document_default_version(struct world *world, const struct call *call,
                                         struct reply *reply)
{
    struct document *document = find_own(world, call, reply);
    const struct document_version *version = document ? find_version(document, call, reply) : NULL;
    if (!version)
        return;
    document->default_version = version->number;
    cJSON_AddItemToObject(reply->output, "Description",
                          json_make("{Name:%s,DefaultVersion:%s,DefaultVersionName:%s}",
                                    document->name, in_str(call, "DocumentVersion"),
                                    version->name[0] ? version->name : NULL));
}

void ssm_delete_document(struct world *world, const struct call *call, struct reply *reply)
{
    struct document *document = find_own(world, call, reply);
    bool is_one = *in_str(call, "DocumentVersion") || *in_str(call, "VersionName");
    if (!document)
        return;
    struct document_version *version = is_one ? find_version(document, call, reply) : NULL;
    if (*reply->code)
        return;
    if (version && version->number == document->default_version && document->versions.len > 1)
        reply_error(reply, 0, "InvalidDocumentOperation",
                    "The default version of a document cannot be deleted.");
    else
        document_remove(world, document, version);
}
