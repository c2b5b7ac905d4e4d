/* build_data: databases, tables, warehouses, search. */

#include "tests/sandbox/world/builders.h"

cJSON *build_db_instance(const struct resource *r)
{
    static const char *const classes[] = {"db.t4g.medium", "db.m6g.large", "db.r6g.xlarge"};
    static const struct {
        const char *engine, *version;
        int port;
    } engines[] = {
        {"postgres", "15.4", 5432}, {"mysql", "8.0.35", 3306}, {"postgres", "13.9", 5432}};
    size_t engine = choice(r, 1, sizeof engines / sizeof engines[0]);
    char group_id[RESOURCE_ID_SIZE];
    return json_make(
        "{configuration:{dBInstanceIdentifier:%s,dbiResourceId:%s,dBInstanceArn:%s,"
        "dBInstanceClass:%s,engine:%s,engineVersion:%s,dBInstanceStatus:'available',"
        "endpoint:{port:%d},allocatedStorage:%d,storageEncrypted:%b,publiclyAccessible:%b,"
        "multiAZ:%b,backupRetentionPeriod:%d,autoMinorVersionUpgrade:%b,deletionProtection:%b,"
        "instanceCreateTime:%t,vpcSecurityGroups:[{vpcSecurityGroupId:%s,status:'active'}]}}",
        r->name, r->id, r->arn, pick(r, 2, classes), engines[engine].engine,
        engines[engine].version, engines[engine].port, 20 << choice(r, 3, 5),
        chance_by_place(r, 4, 970, 850), chance_by_place(r, 5, 4, 30),
        chance_by_place(r, 6, 800, 100), chance_by_place(r, 7, 950, 600) ? 7 : 0,
        chance_by_place(r, 8, 880, 820), chance_by_place(r, 9, 800, 100), r->created_ms,
        pick_sibling(r, 10, EC2_SECURITY_GROUP, group_id));
}

/* Shared with everybody, with one other account, or with nobody. */
static cJSON *restore_attribute(const struct resource *r)
{
    cJSON *values = cJSON_CreateArray();
    if (chance_by_place(r, 2, 2, 8))
        cJSON_AddItemToArray(values, cJSON_CreateString("all"));
    else if (chance(r, 3, 80))
        cJSON_AddItemToArray(values, cJSON_CreateString(world_management_account(r->world)));
    return json_make("[{attributeName:'restore',attributeValues:%o}]", values);
}

cJSON *build_db_snapshot(const struct resource *r)
{
    char instance_id[RESOURCE_ID_SIZE];
    return json_make("{configuration:{dBSnapshotIdentifier:%s,dBSnapshotArn:%s,dbiResourceId:%s,"
                     "snapshotType:'manual',status:'available',encrypted:%b,"
                     "snapshotCreateTime:%t},"
                     "supplementaryConfiguration:{DBSnapshotAttributes:%o}}",
                     r->id, r->arn, pick_sibling(r, 4, RDS_INSTANCE, instance_id),
                     chance_by_place(r, 1, 960, 840), r->created_ms, restore_attribute(r));
}

cJSON *build_cluster_snapshot(const struct resource *r)
{
    return json_make("{configuration:{dBClusterSnapshotIdentifier:%s,dBClusterSnapshotArn:%s,"
                     "snapshotType:'manual',status:'available',storageEncrypted:%b,"
                     "snapshotCreateTime:%t},"
                     "supplementaryConfiguration:{DBClusterSnapshotAttributes:%o}}",
                     r->id, r->arn, chance_by_place(r, 1, 970, 860), r->created_ms,
                     restore_attribute(r));
}

cJSON *build_db_subnet_group(const struct resource *r)
{
    char vpc_id[RESOURCE_ID_SIZE];
    return json_make("{configuration:{dBSubnetGroupName:%s,dBSubnetGroupArn:%s,"
                     "subnetGroupStatus:'Complete',vpcId:%s}}",
                     r->id, r->arn, pick_sibling(r, 1, EC2_VPC, vpc_id));
}

cJSON *build_table(const struct resource *r)
{
    bool on_demand = chance(r, 1, 600);
    cJSON *doc = json_make(
        "{configuration:{tableName:%s,tableArn:%s,tableStatus:'ACTIVE',itemCount:%d,"
        "billingModeSummary:{billingMode:%s}},"
        "supplementaryConfiguration:{ContinuousBackups:{pointInTimeRecoveryDescription:"
        "{pointInTimeRecoveryStatus:%s}},AutoScaling:{enabled:%b}}}",
        r->id, r->arn, (int)choice(r, 2, 1000000), on_demand ? "PAY_PER_REQUEST" : "PROVISIONED",
        chance_by_place(r, 3, 850, 300) ? "ENABLED" : "DISABLED", !on_demand && chance(r, 4, 650));
    if (chance_by_place(r, 5, 600, 250))
        cJSON_AddItemToObject(cJSON_GetObjectItemCaseSensitive(doc, "configuration"),
                              "sseDescription", json_make("{status:'ENABLED',sseType:'KMS'}"));
    return doc;
}

cJSON *build_redshift(const struct resource *r)
{
    return json_make("{configuration:{clusterIdentifier:%s,nodeType:'ra3.xlplus',"
                     "numberOfNodes:2,encrypted:%b,publiclyAccessible:%b,"
                     "clusterParameterGroups:[{parameterGroupName:'default.redshift-1.0'}]},"
                     "supplementaryConfiguration:{Parameters:[{parameterName:'require_ssl',"
                     "parameterValue:%s}]}}",
                     r->id, chance(r, 1, 950), chance_by_place(r, 2, 10, 60),
                     chance_by_place(r, 3, 850, 500) ? "true" : "false");
}

cJSON *build_search_domain(const struct resource *r)
{
    return json_make("{configuration:{DomainName:%s,EngineVersion:'OpenSearch_2.11',"
                     "EncryptionAtRestOptions:{Enabled:%b},NodeToNodeEncryptionOptions:"
                     "{Enabled:%b},DomainEndpointOptions:{EnforceHTTPS:%b}}}",
                     r->name, chance(r, 1, 930), chance_by_place(r, 2, 900, 650),
                     chance(r, 3, 880));
}
