/*
 * preferences_change: plan->state is {is_there, version, latest, content, hash, wanted,
 * wanted_hash, version_after}: the first five as it was, content and hash where it was there;
 * wanted: the content that is to hold, absent when the document is to go; version_after: the
 * default version by then.
 */
#include "core/gov/preferences/preferences_change.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/gov/preferences/preference.h"
#include "core/gov/systems_manager/automation.h"

/* --- plans ----------------------------------------------------------------------------------- */

static void add_text(cJSON *object, const char *member, struct sv text)
{
    AUTO_FREE char *copy = sv_dup(text);
    cJSON_AddStringToObject(object, member, copy);
}

static cJSON *name_params(void)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "Name", PREFERENCES_DOCUMENT);
    return params;
}

static cJSON *content_params(struct sv content, const char *member, const char *value)
{
    cJSON *params = name_params();
    add_text(params, "Content", content);
    cJSON_AddStringToObject(params, "DocumentFormat", "JSON");
    cJSON_AddStringToObject(params, member, value);
    return params;
}

static cJSON *version_params(int64_t version)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    cJSON *params = name_params();
    buf_addf(&text, "%lld", (long long)version);
    cJSON_AddStringToObject(params, "DocumentVersion", buf_cstr(&text));
    return params;
}

typedef void add_call_fn(struct change_plan *plan, enum aws_op_id op, cJSON *take_params);

/* A version with that content behind the latest, which then is the default one. */
static void add_update(struct change_plan *plan, add_call_fn *add, struct sv content,
                       int64_t latest)
{
    add(plan, OP_ssm_UpdateDocument, content_params(content, "DocumentVersion", "$LATEST"));
    add(plan, OP_ssm_UpdateDocumentDefaultVersion, version_params(latest + 1));
}

/* Returns the default version that comes of it. */
static int64_t add_calls(struct change_plan *plan, const struct preferences_document *before,
                         struct sv wanted)
{
    if (!wanted.ptr) {
        change_plan_add_call(plan, OP_ssm_DeleteDocument, name_params());
        change_plan_add_inverse(plan, OP_ssm_CreateDocument,
                                content_params(before->content, "DocumentType", "Session"));
        return 0;
    }
    if (!before->is_there) {
        change_plan_add_call(plan, OP_ssm_CreateDocument,
                             content_params(wanted, "DocumentType", "Session"));
        change_plan_add_inverse(plan, OP_ssm_DeleteDocument, name_params());
        return 1;
    }
    if (before->latest_is_wanted) {
        change_plan_add_call(plan, OP_ssm_UpdateDocumentDefaultVersion,
                             version_params(before->latest));
        change_plan_add_inverse(plan, OP_ssm_UpdateDocumentDefaultVersion,
                                version_params(before->version));
        return before->latest;
    }
    add_update(plan, change_plan_add_call, wanted, before->latest);
    add_update(plan, change_plan_add_inverse, before->content, before->latest + 1);
    return before->latest + 1;
}

static void add_content(cJSON *state, const char *member, const char *hash_member, struct sv text)
{
    char hash[SHA256_HEX_SIZE];
    automation_content_hash(text, hash, NULL);
    add_text(state, member, text);
    cJSON_AddStringToObject(state, hash_member, hash);
}

struct change_plan *preferences_plan_new(const struct preferences_document *before,
                                         struct sv wanted)
{
    struct change_plan *plan = change_plan_new(&change_preferences);
    cJSON *state = plan->state = cJSON_CreateObject();
    cJSON_AddBoolToObject(state, "is_there", before->is_there);
    cJSON_AddNumberToObject(state, "version", (double)before->version);
    cJSON_AddNumberToObject(state, "latest", (double)before->latest);
    if (before->is_there)
        add_content(state, "content", "hash", before->content);
    if (wanted.ptr)
        add_content(state, "wanted", "wanted_hash", wanted);
    cJSON_AddNumberToObject(state, "version_after", (double)add_calls(plan, before, wanted));
    plan->reversible = REVERSIBLE;
    return plan;
}

/* --- accepting, undoing ---------------------------------------------------------------------- */

/* The default is set by its number: it must be that of the version which was just made. */
static enum err_code accept_reply(struct change_plan *plan, size_t call, const cJSON *reply,
                                  struct err *err)
{
    struct sv made = json_string(json_path(reply, "DocumentDescription.DocumentVersion"));
    int64_t version = 0, wanted = json_i64(plan->state, "version_after", 0);
    if (plan->calls.ptr[call].op != OP_ssm_UpdateDocument)
        return OK;
    if (sv_to_i64(made, &version) && version == wanted)
        return OK;
    return err_set(err, ERR_AWS, "ssm:UpdateDocument",
                   "AWS has made version " SV_FMT " and not %lld; the default version stays",
                   SV_ARG(made), (long long)wanted);
}

static struct change_plan *undo(const struct change_plan *done, struct err *err)
{
    const cJSON *state = done->state;
    bool was_there = json_bool(state, "is_there", false);
    int64_t after = json_i64(state, "version_after", 0), latest = json_i64(state, "latest", 0);
    struct preferences_document now = {
        .is_there = json_get(state, "wanted") != NULL,
        .version = after,
        .latest = after > latest ? after : latest,
        .content = json_sv(state, "wanted"),
    };
    if (done->calls_done < done->calls.len) {
        err_set(err, ERR_NOT_FOUND, "undo",
                "the default version was never another one; there is nothing to put back");
        return NULL;
    }
    struct change_plan *plan =
        preferences_plan_new(&now, was_there ? json_sv(state, "content") : SV_NONE);
    str_copy(plan->severity, done->severity);
    plan->title = mem_strdup(was_there ? "Put back the earlier session preferences"
                                       : "Delete the session preferences again");
    plan->why = mem_strdup("undoes what was approved");
    for (size_t i = 0; i < done->diff.len; i++) {
        char kind = done->diff.ptr[i].kind;
        change_plan_diff(plan,
                         kind == '-'   ? '+'
                         : kind == '+' ? '-'
                                       : kind,
                         "%s", done->diff.ptr[i].text);
    }
    change_plan_evidence(plan, "every shell that begins afterwards is as it was before");
    return plan;
}

/* --- looking --------------------------------------------------------------------------------- */

struct look {
    struct aws_client *client;
    struct scope *scope; /* a reference */
    struct aws_target target;
    cJSON *state; /* a copy of the plan's */
    bool is_there;
    int64_t version, latest;
    char hash[SHA256_HEX_SIZE];
    change_looked_fn *looked;
    void *arg;
};

static void tell(struct look *look, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = look->looked;
    void *arg = look->arg;
    struct err err = *why;
    json_free(look->state);
    scope_unref(look->scope);
    mem_free(look);
    looked(arg, stand, &err);
}

static void drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "ssm:GetDocument", "nobody waits for it any more");
    tell(arg, STAND_UNREADABLE, &err);
}

static bool is_as_planned(const struct look *look)
{
    if (look->is_there != json_bool(look->state, "is_there", false))
        return false;
    return !look->is_there || (look->version == json_i64(look->state, "version", 0) &&
                               look->latest == json_i64(look->state, "latest", 0) &&
                               sv_eq_cstr(json_sv(look->state, "hash"), look->hash));
}

static bool is_as_wanted(const struct look *look)
{
    struct sv wanted = json_sv(look->state, "wanted_hash");
    return look->is_there ? sv_eq_cstr(wanted, look->hash) : !wanted.ptr;
}

static void decide(struct look *look)
{
    struct err err;
    err_set(&err, ERR_STALE, "look",
            "the session preferences were changed since the plan was made");
    if (is_as_wanted(look))
        tell(look, STAND_AFTER, &ERR_NONE);
    else if (is_as_planned(look))
        tell(look, STAND_BEFORE, &ERR_NONE);
    else
        tell(look, STAND_OTHER, &err);
}

static void content_page(void *arg, struct aws_page *page)
{
    struct look *look = arg;
    automation_content_hash(json_sv(page->body, "Content"), look->hash, NULL);
}

static void content_done(void *arg, const struct aws_request *request,
                         const struct aws_outcome *outcome)
{
    (void)request;
    if (outcome->err.code == OK)
        decide(arg);
    else
        tell(arg, STAND_UNREADABLE, &outcome->err);
}

static void document_page(void *arg, struct aws_page *page)
{
    struct look *look = arg;
    const cJSON *document = json_get(page->body, "Document");
    look->is_there = true;
    look->version = json_i64(document, "DefaultVersion", 0);
    look->latest = json_i64(document, "LatestVersion", 0);
}

static void document_done(void *arg, const struct aws_request *request,
                          const struct aws_outcome *outcome)
{
    struct look *look = arg;
    (void)request;
    if (strcmp(outcome->err.aws_code, "InvalidDocument") == 0) {
        decide(look);
    } else if (outcome->err.code != OK) {
        tell(look, STAND_UNREADABLE, &outcome->err);
    } else {
        struct aws_request content = {
            .op = OP_ssm_GetDocument, .target = look->target, .params = preferences_get_params("")};
        client_read(look->client, look->scope, &content, content_page, content_done, drop, look);
    }
}

static void look_at(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                    change_looked_fn *looked, void *arg)
{
    struct look *look = mem_new(struct look);
    struct aws_request request = {
        .op = OP_ssm_DescribeDocument, .target = plan->target, .params = name_params()};
    *look = (struct look){.client = client,
                          .scope = scope_ref(scope),
                          .target = plan->target,
                          .state = cJSON_Duplicate(plan->state, true),
                          .looked = looked,
                          .arg = arg};
    client_read(client, scope, &request, document_page, document_done, drop, look);
}

const struct change_kind change_preferences = {
    .name = "session-preferences", .look = look_at, .accept = accept_reply, .undo = undo};
