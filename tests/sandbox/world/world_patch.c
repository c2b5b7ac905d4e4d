/*
 * world_patch: edits from outside, by JSON patch.
 *
 * The view of the world is a tree as described in README.md. It is never made as a whole: the
 * parts that a patch points to are loaded into a sparse tree, the patch is applied to that, and
 * the parts that differ afterwards are checked and then stored, all or none.
 */
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/evaluation.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/json_patch.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/template.h"
#include "tests/sandbox/world/world_doc.h"

#define WHERE      "world"
#define TOKEN_SIZE 512
#define STEPS_MAX  5

enum part_kind { PART_ACCOUNT, PART_RECORDER, PART_RESOURCE };

/* How many steps lead to a part: /accounts/ID, /recorders/ID/REGION, /resources/ID/REGION/TYPE/ID
 */
static const struct {
    const char *name;
    size_t n_steps;
} kinds[] = {[PART_ACCOUNT] = {"accounts", 2},
             [PART_RECORDER] = {"recorders", 3},
             [PART_RESOURCE] = {"resources", 5}};

struct part {
    enum part_kind kind;
    char steps[STEPS_MAX][TOKEN_SIZE];
    cJSON *before; /* NULL: was not there */
    struct account *account;
    struct cell *cell;
    enum resource_type type;
    struct ref ref; /* of a resource that was or is there */
    bool known;
};

struct patching {
    struct world *world;
    struct err *err;
    cJSON *view;
    VEC(struct part) parts;
};

static const char *const role_words[] = {[ROLE_OK] = "ok",
                                         [ROLE_MISSING] = "missing",
                                         [ROLE_DENIED] = "denied",
                                         [ROLE_POWERLESS] = "powerless"};
static const char *const recorder_words[] = {[RECORDER_ON] = "on",
                                             [RECORDER_STOPPED] = "stopped",
                                             [RECORDER_FAILING] = "failing",
                                             [RECORDER_MISSING] = "missing"};

/* --- loading -------------------------------------------------------------------------------- */

static cJSON *load_account(const struct account *account)
{
    return json_make("{name:%s,email:%s,state:%s,ou:%s,invited:%b,role_access:%s,tags:%o}",
                     account->name, account->email, account->state, world_ou_name(account->ou),
                     account->invited, role_words[account->role_access],
                     cJSON_Duplicate(account->tags, true));
}

static cJSON *load_resource(struct world *world, struct part *part)
{
    part->known = resource_find(world, cell_number(world, part->cell), part->type, part->steps[4],
                                &part->ref);
    return part->known ? doc_live(world, part->ref) : NULL;
}

static enum err_code no_such_part(struct patching *p, const char *what, const char *which)
{
    return err_set(p->err, ERR_NOT_FOUND, WHERE, "there is no %s %s", what, which);
}

static enum err_code load_part(struct patching *p, struct part *part)
{
    struct world *world = p->world;
    const char *id = part->steps[1], *region = part->steps[2];
    part->account = (struct account *)world_account(world, id);
    if (!part->account)
        return no_such_part(p, "account", id);
    if (part->kind == PART_ACCOUNT) {
        part->before = load_account(part->account);
        return OK;
    }
    part->cell = world_cell(world, id, region);
    if (!part->cell)
        return no_such_part(p, "region", region);
    if (part->kind == PART_RECORDER) {
        part->before = json_make("{state:%s}", recorder_words[part->cell->recorder]);
        return OK;
    }
    part->type = rule_type_by_name(part->steps[3]);
    if (part->type == N_TYPES)
        return no_such_part(p, "resource type", part->steps[3]);
    part->before = load_resource(world, part);
    return OK;
}

/* Puts the part into the view, with everything that leads to it. */
static void show_part(struct patching *p, const struct part *part)
{
    cJSON *at = p->view;
    size_t n = kinds[part->kind].n_steps;
    for (size_t i = 0; i + 1 < n; i++) {
        cJSON *below = cJSON_GetObjectItemCaseSensitive(at, part->steps[i]);
        at = below ? below : cJSON_AddObjectToObject(at, part->steps[i]);
    }
    if (part->before)
        cJSON_AddItemToObject(at, part->steps[n - 1], cJSON_Duplicate(part->before, true));
}

static bool same_part(const struct part *a, const struct part *b)
{
    if (a->kind != b->kind)
        return false;
    for (size_t i = 0; i < kinds[a->kind].n_steps; i++)
        if (strcmp(a->steps[i], b->steps[i]) != 0)
            return false;
    return true;
}

static bool is_loaded(const struct patching *p, const struct part *part)
{
    for (size_t i = 0; i < p->parts.len; i++)
        if (same_part(&p->parts.ptr[i], part))
            return true;
    return false;
}

static bool read_kind(const char *name, enum part_kind *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (enum part_kind)i;
            return true;
        }
    return false;
}

static enum err_code load_pointer(struct patching *p, const cJSON *pointer)
{
    struct part part = {0};
    struct sv rest = json_string(pointer);
    if (!pointer)
        return OK; /* json_patch_apply complains about what is missing */
    bool ok = json_pointer_token(&rest, part.steps[0], TOKEN_SIZE) &&
              read_kind(part.steps[0], &part.kind);
    for (size_t i = 1; ok && i < kinds[part.kind].n_steps; i++)
        ok = json_pointer_token(&rest, part.steps[i], TOKEN_SIZE);
    if (!ok)
        return err_set(p->err, ERR_NOT_FOUND, WHERE,
                       "a path leads to /accounts/ID, /recorders/ID/REGION or "
                       "/resources/ID/REGION/TYPE/ID, not to " SV_FMT,
                       SV_ARG(json_string(pointer)));
    if (is_loaded(p, &part))
        return OK;
    enum err_code code = load_part(p, &part);
    if (code)
        return code;
    show_part(p, &part);
    vec_push(&p->parts, part);
    return OK;
}

static enum err_code load_parts(struct patching *p, const cJSON *patch)
{
    const cJSON *operation;
    cJSON_ArrayForEach (operation, patch) {
        enum err_code code = load_pointer(p, json_get(operation, "path"));
        if (!code)
            code = load_pointer(p, json_get(operation, "from"));
        if (code)
            return code;
    }
    return OK;
}

/* --- checking ------------------------------------------------------------------------------- */

static const cJSON *part_after(const struct patching *p, const struct part *part)
{
    const cJSON *at = p->view;
    for (size_t i = 0; i < kinds[part->kind].n_steps; i++)
        at = json_get(at, part->steps[i]);
    return at;
}

static enum err_code refuse(struct patching *p, const struct part *part, const char *why)
{
    return err_set(p->err, ERR_REFUSED, WHERE, "%s %s: %s", kinds[part->kind].name,
                   part->steps[kinds[part->kind].n_steps - 1], why);
}

/* The number of a word; n when it is none of them. */
static size_t word_index(const cJSON *word, const char *const words[], size_t n)
{
    size_t i = 0;
    while (i < n && !sv_eq_cstr(json_string(word), words[i]))
        i++;
    return i;
}

static bool are_tags(const cJSON *tags)
{
    const cJSON *tag;
    cJSON_ArrayForEach (tag, tags) {
        if (!cJSON_IsString(tag))
            return false;
    }
    return cJSON_IsObject(tags);
}

static enum ou ou_by_name(const cJSON *name)
{
    int ou = 0;
    while (ou < N_OUS && !sv_eq_cstr(json_string(name), world_ou_name((enum ou)ou)))
        ou++;
    return (enum ou)ou;
}

static enum err_code check_account(struct patching *p, const struct part *part, const cJSON *after)
{
    static const char *const states[] = {"PENDING_ACTIVATION", "ACTIVE", "SUSPENDED",
                                         "PENDING_CLOSURE", "CLOSED"};
    if (!cJSON_IsObject(after))
        return refuse(p, part, "an account cannot be removed");
    if (json_sv(after, "name").len == 0 || json_sv(after, "email").len == 0)
        return refuse(p, part, "name and email must be texts");
    if (word_index(json_get(after, "state"), states, ARRAY_LEN(states)) == ARRAY_LEN(states))
        return refuse(p, part, "no such state");
    if (ou_by_name(json_get(after, "ou")) == N_OUS)
        return refuse(p, part, "no such ou");
    if (word_index(json_get(after, "role_access"), role_words, ARRAY_LEN(role_words)) ==
        ARRAY_LEN(role_words))
        return refuse(p, part, "role_access must be ok, missing, denied or powerless");
    if (!are_tags(json_get(after, "tags")))
        return refuse(p, part, "tags must be an object of texts");
    return OK;
}

static enum err_code check_recorder(struct patching *p, const struct part *part, const cJSON *after)
{
    if (word_index(json_get(after, "state"), recorder_words, ARRAY_LEN(recorder_words)) ==
        ARRAY_LEN(recorder_words))
        return refuse(p, part, "state must be on, stopped, failing or missing");
    return OK;
}

/* A text, or nothing. */
static bool may_be_text(const cJSON *value)
{
    return !value || cJSON_IsString(value);
}

static bool is_rule(const cJSON *rule)
{
    static const char *const sources[] = {"cidrIpv4", "cidrIpv6", "prefixListId",
                                          "referencedGroupInfo.groupId"};
    size_t n_sources = 0;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        n_sources += json_string(json_path(rule, sources[i])).len > 0;
    for (const cJSON *tag = json_items(rule, "tags"); tag; tag = tag->next)
        if (json_sv(tag, "key").len == 0 || !may_be_text(json_get(tag, "value")))
            return false;
    return cJSON_IsObject(rule) && n_sources == 1 && json_sv(rule, "ipProtocol").len > 0 &&
           cJSON_IsNumber(json_get(rule, "fromPort")) && cJSON_IsNumber(json_get(rule, "toPort")) &&
           may_be_text(json_get(rule, "securityGroupRuleId")) &&
           may_be_text(json_get(rule, "description"));
}

static enum err_code check_resource(struct patching *p, const struct part *part, const cJSON *after)
{
    if (!after)
        return OK; /* deleted */
    if (!cJSON_IsObject(json_get(after, "configuration")))
        return refuse(p, part, "it must have a configuration");
    if (!are_tags(json_get(after, "tags")))
        return refuse(p, part, "tags must be an object of texts");
    if (part->type != EC2_SECURITY_GROUP)
        return OK;
    const cJSON *rules = json_get(after, "rules"), *rule;
    if (!cJSON_IsArray(rules))
        return refuse(p, part, "a security group must have rules");
    cJSON_ArrayForEach (rule, rules) {
        if (!is_rule(rule))
            return refuse(p, part,
                          "a rule must have ipProtocol, fromPort, toPort and exactly one of "
                          "cidrIpv4, cidrIpv6, prefixListId and referencedGroupInfo.groupId");
    }
    return OK;
}

/* --- storing -------------------------------------------------------------------------------- */

static void replace_text(char **text, const cJSON *value)
{
    mem_free(*text);
    *text = mem_strdup(value->valuestring);
}

static void store_account(struct patching *p, const struct part *part, const cJSON *after)
{
    struct account *account = part->account;
    (void)p;
    replace_text(&account->name, json_get(after, "name"));
    replace_text(&account->email, json_get(after, "email"));
    str_copy(account->state, json_get(after, "state")->valuestring);
    account->ou = ou_by_name(json_get(after, "ou"));
    account->invited = json_bool(after, "invited", false);
    account->role_access = (enum role_access)word_index(json_get(after, "role_access"), role_words,
                                                        ARRAY_LEN(role_words));
    cJSON_Delete(account->tags);
    account->tags = cJSON_Duplicate(json_get(after, "tags"), true);
}

static const char *const recorder_calls[] = {
    [RECORDER_ON] = "StartConfigurationRecorder",
    [RECORDER_STOPPED] = "StopConfigurationRecorder",
    [RECORDER_FAILING] = "PutDeliveryChannel",
    [RECORDER_MISSING] = "DeleteConfigurationRecorder",
};

static void store_recorder(struct patching *p, const struct part *part, const cJSON *after)
{
    struct cell *cell = part->cell;
    enum recorder_state state = (enum recorder_state)word_index(
        json_get(after, "state"), recorder_words, ARRAY_LEN(recorder_words));
    if (cell->recorder == RECORDER_MISSING)
        cell->recorder_started_ms = world_now_ms(p->world);
    world_note_recorder(p->world, cell, recorder_calls[state]);
    cell->recorder = state;
    cell->recorder_since_ms = world_now_ms(p->world);
    evaluations_forget(p->world, cell_number(p->world, cell));
}

/* New rules get their ids here. */
static void number_rules(struct world *world, struct ref group, cJSON *doc)
{
    cJSON *rule;
    int number = (int)json_i64(doc, "nextRule", 0);
    cJSON_ArrayForEach (rule, json_get(doc, "rules")) {
        char id[RESOURCE_ID_SIZE];
        if (json_get(rule, "securityGroupRuleId"))
            continue;
        security_group_rule_id(world, group, number++, id);
        cJSON_AddStringToObject(rule, "securityGroupRuleId", id);
    }
    cJSON_DeleteItemFromObjectCaseSensitive(doc, "nextRule");
    cJSON_AddNumberToObject(doc, "nextRule", number);
}

static void store_resource(struct patching *p, const struct part *part, const cJSON *after)
{
    struct world *world = p->world;
    cJSON *doc = after ? cJSON_Duplicate(after, true) : NULL;
    struct ref ref = part->ref;
    uint32_t cell = cell_number(world, part->cell);
    if (!part->known)
        ref = (struct ref){part->type, cell, resource_count(world, cell, part->type)};
    if (doc && part->type == EC2_SECURITY_GROUP)
        number_rules(world, ref, doc);
    world_note_edit(world, ref, part->steps[4], part->before, after);
    if (part->known)
        doc_change(world, ref, doc);
    else
        doc_add(world, cell, part->type, part->steps[4], doc);
}

/* --- a patch -------------------------------------------------------------------------------- */

static const struct {
    enum err_code (*check)(struct patching *p, const struct part *part, const cJSON *after);
    void (*store)(struct patching *p, const struct part *part, const cJSON *after);
} handlers[] = {[PART_ACCOUNT] = {check_account, store_account},
                [PART_RECORDER] = {check_recorder, store_recorder},
                [PART_RESOURCE] = {check_resource, store_resource}};

static bool differs(const struct part *part, const cJSON *after)
{
    return (!part->before) != (!after) || (after && !cJSON_Compare(part->before, after, true));
}

static enum err_code store_parts(struct patching *p)
{
    for (size_t i = 0; i < p->parts.len; i++) {
        const struct part *part = &p->parts.ptr[i];
        const cJSON *after = part_after(p, part);
        enum err_code code = differs(part, after) ? handlers[part->kind].check(p, part, after) : OK;
        if (code)
            return code;
    }
    for (size_t i = 0; i < p->parts.len; i++) {
        const struct part *part = &p->parts.ptr[i];
        const cJSON *after = part_after(p, part);
        if (differs(part, after))
            handlers[part->kind].store(p, part, after);
    }
    return OK;
}

enum err_code world_patch(struct world *world, struct sv text, struct err *err)
{
    cJSON *patch;
    enum err_code code = json_parse(text, "patch", &patch, err);
    if (code)
        return code;
    struct patching p = {.world = world, .err = err, .view = cJSON_CreateObject()};
    code = load_parts(&p, patch);
    if (!code)
        code = json_patch_apply(&p.view, patch, err);
    if (!code)
        code = store_parts(&p);
    for (size_t i = 0; i < p.parts.len; i++)
        cJSON_Delete(p.parts.ptr[i].before);
    vec_free(&p.parts);
    json_free(patch);
    cJSON_Delete(p.view);
    return code;
}
