#include "rows_gen.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/mem.h"

const struct column gen_columns[GEN_COLUMNS] = {
    [GEN_ID] = {.id = "id", .title = "ID", .type = COL_IDENTITY, .flags = COL_KEY},
    [GEN_NAME] = {.id = "name", .title = "NAME", .type = COL_TEXT},
    [GEN_TYPE] = {.id = "type", .title = "TYPE", .type = COL_TEXT, .flags = COL_INTERNED},
    [GEN_ACCOUNT] = {.id = "account",
                     .title = "ACCOUNT",
                     .type = COL_IDENTITY,
                     .flags = COL_INTERNED | COL_WHEN_MANY},
    [GEN_REGION] = {.id = "region",
                    .title = "REGION",
                    .type = COL_IDENTITY,
                    .flags = COL_INTERNED | COL_WHEN_MANY},
    [GEN_STATUS] = {.id = "status", .title = "STATUS", .type = COL_STATUS, .flags = COL_INTERNED},
    [GEN_TIME] = {.id = "time", .title = "AGE", .type = COL_TIME},
};

static const char *const environments[] = {"prod", "dev", "test", "stage"};
static const char *const services[] = {
    "database", "web", "api",     "worker", "cache",   "payments", "shop",   "data-lake",
    "search",   "ci",  "batch",   "auth",   "billing", "queue",    "mail",   "Gateway",
    "reports",  "ml",  "metrics", "edge",   "backup",  "legacy",   "tenant", "Dashboard"};
static const char *const type_services[] = {"EC2", "RDS",    "S3",  "Lambda",   "IAM",
                                            "SSM", "Config", "ECS", "DynamoDB", "SNS"};
static const char *const type_kinds[] = {
    "Instance", "Volume",  "SecurityGroup", "Bucket",   "Function", "Role",       "Policy",
    "Subnet",   "Table",   "Topic",         "Snapshot", "Key",      "Parameter",  "Document",
    "Cluster",  "Service", "Task",          "Alarm",    "LogGroup", "Association"};
static const char *const regions[] = {
    "eu-west-1",      "us-east-1",      "eu-central-1", "us-west-2",    "ap-southeast-1",
    "ap-northeast-1", "eu-north-1",     "us-east-2",    "sa-east-1",    "ca-central-1",
    "eu-west-2",      "ap-southeast-2", "eu-south-1",   "af-south-1",   "me-south-1",
    "ap-south-1",     "eu-west-3",      "us-west-1",    "il-central-1", "ap-east-1"};
static const char *const statuses[] = {"COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE",
                                       "INSUFFICIENT_DATA"};

/* splitmix64: a good mix of one number, so that any row can be made alone. */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* 0..n-1, the small ones far more often: the product of three even chances. */
static size_t skewed(uint64_t *state, size_t n)
{
    *state = mix(*state);
    double a = (double)(*state & 0xfffff) / 0x100000;
    double b = (double)(*state >> 20 & 0xfffff) / 0x100000;
    double c = (double)(*state >> 40 & 0xfffff) / 0x100000;
    return (size_t)(a * b * c * (double)n);
}

void gen_row(size_t n, struct gen_row *row)
{
    uint64_t state = mix(n + 1);
    size_t environment = skewed(&state, ARRAY_LEN(environments));
    size_t service = skewed(&state, ARRAY_LEN(services));
    size_t type_service = skewed(&state, ARRAY_LEN(type_services));
    size_t type_kind = skewed(&state, ARRAY_LEN(type_kinds));
    size_t account = skewed(&state, 1000);
    /* a bijection of 32 bits makes ids unique and unordered */
    uint32_t serial = (uint32_t)n * UINT32_C(2654435761);
    snprintf(row->id, sizeof(row->id), "i-%08" PRIx32 "%08" PRIx32, serial, (uint32_t)mix(n));
    snprintf(row->name, sizeof(row->name), "%s-%s-%zu", environments[environment],
             services[service], (size_t)(mix(n ^ 0x5eed) % 10000));
    snprintf(row->type, sizeof(row->type), "AWS::%s::%s", type_services[type_service],
             type_kinds[type_kind]);
    snprintf(row->account, sizeof(row->account), "%012" PRIu64, mix(account) % 1000000000000);
    row->region = regions[skewed(&state, ARRAY_LEN(regions))];
    row->status = statuses[skewed(&state, ARRAY_LEN(statuses))];
    row->time_ms = INT64_C(1767225600000) - (int64_t)(mix(n * 3) % (UINT64_C(400) * 86400000));
}

void gen_line(size_t n, char *line)
{
    struct gen_row row;
    gen_row(n, &row);
    snprintf(line, GEN_LINE_SIZE, "%s %s %s %s %s %s %" PRId64, row.id, row.name, row.type,
             row.account, row.region, row.status, row.time_ms / 1000);
}
