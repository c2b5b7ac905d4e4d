#include "tests/sandbox/automation/remediation.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/world/evaluation.h"
#include "tests/sandbox/world/template.h"

/* The remedies that the world begins with. */
static const struct {
    const char *rule, *document, *parameter, *resource_type;
    bool development_only;
} table[] = {
    {"restricted-ssh", "AWS-DisableIncomingSSHOnPort22", "SecurityGroupIds",
     "AWS::EC2::SecurityGroup", false},
    {"restricted-common-ports", "AWSConfigRemediation-RemoveUnrestrictedSourceIngressRules",
     "SecurityGroupId", "AWS::EC2::SecurityGroup", true},
    {"ec2-imdsv2-check", "AWSConfigRemediation-EnforceEC2InstanceIMDSv2", "InstanceId",
     "AWS::EC2::Instance", true},
    {"s3-bucket-level-public-access-prohibited",
     "AWSConfigRemediation-ConfigureS3BucketPublicAccessBlock", "BucketName", "AWS::S3::Bucket",
     false},
};

static cJSON *make_configuration(struct world *world, uint32_t cell, size_t i)
{
    char role[160], arn[256];
    const char *account_id = cell_account(world, cell)->id;
    cJSON *parameters = cJSON_CreateObject();
    snprintf(role, sizeof role, "arn:aws:iam::%s:role/" ROLE_AUTOMATION, account_id);
    snprintf(arn, sizeof arn, "arn:aws:config:%s:%s:remediation-configuration/%s/%s",
             cell_region(world, cell), account_id, table[i].rule, table[i].document);
    cJSON_AddItemToObject(parameters, table[i].parameter,
                          json_make("{ResourceValue:{Value:'RESOURCE_ID'}}"));
    cJSON_AddItemToObject(parameters, "AutomationAssumeRole",
                          json_make("{StaticValue:{Values:[%s]}}", role));
    return json_make("{ConfigRuleName:%s,TargetType:'SSM_DOCUMENT',TargetId:%s,TargetVersion:'1',"
                     "Parameters:%o,ResourceType:%s,Automatic:false,Arn:%s}",
                     table[i].rule, table[i].document, parameters, table[i].resource_type, arn);
}

struct remediations *remediations_of(struct world *world)
{
    if (world->remediations)
        return world->remediations;
    world->remediations = mem_new(struct remediations);
    world->remediations->is_begun = mem_alloc(world->n_cells * sizeof(bool));
    return world->remediations;
}

/* Adds what the cell begins with, when somebody asks for the first time. */
static void begin_cell(struct world *world, uint32_t cell)
{
    bool *is_begun = &remediations_of(world)->is_begun[cell];
    if (*is_begun)
        return;
    *is_begun = true;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        bool fits =
            !table[i].development_only || ou_is_development(cell_account(world, cell)->home_ou);
        if (fits && evaluation_rule(world, cell, table[i].rule))
            remedy_put(world, cell, table[i].rule, make_configuration(world, cell, i));
    }
}

void remediations_free(struct world *world)
{
    struct remediations *all = world->remediations;
    if (!all)
        return;
    for (size_t i = 0; i < all->remedies.len; i++)
        cJSON_Delete(all->remedies.ptr[i].configuration);
    for (size_t i = 0; i < all->exceptions.len; i++)
        mem_free(all->exceptions.ptr[i].message);
    mem_free(all->is_begun);
    vec_free(&all->remedies);
    vec_free(&all->runs);
    vec_free(&all->exceptions);
    mem_free(all);
    world->remediations = NULL;
}

/* --- remedies -----------------------------------------------------------------------------------
 */

struct remedy *remedy_find(struct world *world, uint32_t cell, const char *rule)
{
    struct remediations *all = remediations_of(world);
    begin_cell(world, cell);
    for (size_t i = 0; i < all->remedies.len; i++) {
        struct remedy *it = &all->remedies.ptr[i];
        if (it->cell == cell && strcmp(it->rule, rule) == 0)
            return it;
    }
    return NULL;
}

void remedy_put(struct world *world, uint32_t cell, const char *rule, cJSON *take_configuration)
{
    struct remedy *known = remedy_find(world, cell, rule);
    if (known) {
        cJSON_Delete(known->configuration);
        known->configuration = take_configuration;
        return;
    }
    struct remedy remedy = {.cell = cell, .configuration = take_configuration};
    str_copy(remedy.rule, rule);
    vec_push(&remediations_of(world)->remedies, remedy);
}

void remedy_remove(struct world *world, struct remedy *remedy)
{
    struct remediations *all = remediations_of(world);
    size_t n = 0;
    for (size_t i = 0; i < all->runs.len; i++) {
        const struct remedy_key *key = &all->runs.ptr[i].key;
        if (key->cell != remedy->cell || strcmp(key->rule, remedy->rule) != 0)
            all->runs.ptr[n++] = all->runs.ptr[i];
    }
    all->runs.len = n;
    cJSON_Delete(remedy->configuration);
    *remedy = vec_last(&all->remedies);
    all->remedies.len--;
}

/* --- resources ----------------------------------------------------------------------------------
 */

bool remedy_key_equal(const struct remedy_key *a, const struct remedy_key *b)
{
    return a->cell == b->cell && strcmp(a->rule, b->rule) == 0 && strcmp(a->type, b->type) == 0 &&
           strcmp(a->id, b->id) == 0;
}

struct remedy_run *remedy_last_run(struct world *world, const struct remedy_key *key)
{
    struct remediations *all = remediations_of(world);
    for (size_t i = all->runs.len; i-- > 0;)
        if (remedy_key_equal(&all->runs.ptr[i].key, key))
            return &all->runs.ptr[i];
    return NULL;
}

static struct remedy_exception *find_exception(struct world *world, const struct remedy_key *key)
{
    struct remediations *all = remediations_of(world);
    for (size_t i = 0; i < all->exceptions.len; i++)
        if (remedy_key_equal(&all->exceptions.ptr[i].key, key))
            return &all->exceptions.ptr[i];
    return NULL;
}

struct remedy_exception *remedy_exception_find(struct world *world, const struct remedy_key *key,
                                               int64_t now_ms)
{
    struct remedy_exception *found = find_exception(world, key);
    return found && (!found->expires_ms || found->expires_ms > now_ms) ? found : NULL;
}

void remedy_except(struct world *world, const struct remedy_key *key, const char *message,
                   int64_t expires_ms)
{
    struct remedy_exception *known = find_exception(world, key);
    if (known)
        remedy_exception_remove(world, known);
    struct remedy_exception made = {
        .key = *key, .message = *message ? mem_strdup(message) : NULL, .expires_ms = expires_ms};
    vec_push(&remediations_of(world)->exceptions, made);
}

void remedy_exception_remove(struct world *world, struct remedy_exception *exception)
{
    struct remediations *all = remediations_of(world);
    size_t i = (size_t)(exception - all->exceptions.ptr);
    mem_free(exception->message);
    memmove(exception, exception + 1, (all->exceptions.len - i - 1) * sizeof *exception);
    all->exceptions.len--;
}
