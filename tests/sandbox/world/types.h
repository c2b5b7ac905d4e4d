/*
 * types: the resource types that the world stores, one line each.
 *
 * X(NAME, AWS::Name, share, home share, builder)
 *
 * share: how much of a cell's resources are of that type, relative to the others; home share: the
 * same for global types, which AWS Config records in the home region only. Types with neither
 * follow from the network (world_cells.c). builder: build_... of builders.h makes its document.
 */
#ifndef SANDBOX_TYPES_H
#define SANDBOX_TYPES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOURCE_TYPES(X)                                                           \
    X(EC2_VPC, "AWS::EC2::VPC", 0, 0, vpc)                                          \
    X(EC2_SUBNET, "AWS::EC2::Subnet", 0, 0, subnet)                                 \
    X(EC2_SECURITY_GROUP, "AWS::EC2::SecurityGroup", 150, 0, security_group)        \
    X(EC2_NETWORK_ACL, "AWS::EC2::NetworkAcl", 0, 0, network_acl)                   \
    X(EC2_INTERNET_GATEWAY, "AWS::EC2::InternetGateway", 0, 0, internet_gateway)    \
    X(EC2_ROUTE_TABLE, "AWS::EC2::RouteTable", 0, 0, route_table)                   \
    X(EC2_INSTANCE, "AWS::EC2::Instance", 80, 0, instance)                          \
    X(EC2_VOLUME, "AWS::EC2::Volume", 110, 0, volume)                               \
    X(EC2_NETWORK_INTERFACE, "AWS::EC2::NetworkInterface", 140, 0, interface)       \
    X(EC2_EIP, "AWS::EC2::EIP", 14, 0, eip)                                         \
    X(S3_BUCKET, "AWS::S3::Bucket", 50, 0, bucket)                                  \
    X(IAM_USER, "AWS::IAM::User", 0, 60, user)                                      \
    X(IAM_ROLE, "AWS::IAM::Role", 0, 150, role)                                     \
    X(IAM_POLICY, "AWS::IAM::Policy", 0, 70, policy)                                \
    X(RDS_INSTANCE, "AWS::RDS::DBInstance", 14, 0, db_instance)                     \
    X(RDS_SNAPSHOT, "AWS::RDS::DBSnapshot", 26, 0, db_snapshot)                     \
    X(RDS_CLUSTER_SNAPSHOT, "AWS::RDS::DBClusterSnapshot", 6, 0, cluster_snapshot)  \
    X(RDS_SUBNET_GROUP, "AWS::RDS::DBSubnetGroup", 5, 0, db_subnet_group)           \
    X(KMS_KEY, "AWS::KMS::Key", 22, 0, key)                                         \
    X(LAMBDA_FUNCTION, "AWS::Lambda::Function", 85, 0, function)                    \
    X(DYNAMODB_TABLE, "AWS::DynamoDB::Table", 26, 0, table)                         \
    X(ELB_LOAD_BALANCER, "AWS::ElasticLoadBalancing::LoadBalancer", 4, 0, elb)      \
    X(ELBV2_LOAD_BALANCER, "AWS::ElasticLoadBalancingV2::LoadBalancer", 12, 0, alb) \
    X(AUTOSCALING_GROUP, "AWS::AutoScaling::AutoScalingGroup", 9, 0, scaling_group) \
    X(SNS_TOPIC, "AWS::SNS::Topic", 22, 0, topic)                                   \
    X(CLOUDTRAIL_TRAIL, "AWS::CloudTrail::Trail", 0, 8, trail)                      \
    X(CLOUDWATCH_ALARM, "AWS::CloudWatch::Alarm", 120, 0, alarm)                    \
    X(EFS_FILE_SYSTEM, "AWS::EFS::FileSystem", 5, 0, file_system)                   \
    X(SECRETS_SECRET, "AWS::SecretsManager::Secret", 28, 0, secret)                 \
    X(ACM_CERTIFICATE, "AWS::ACM::Certificate", 10, 0, certificate)                 \
    X(REDSHIFT_CLUSTER, "AWS::Redshift::Cluster", 3, 0, redshift)                   \
    X(OPENSEARCH_DOMAIN, "AWS::OpenSearch::Domain", 4, 0, search_domain)            \
    X(ECR_REPOSITORY, "AWS::ECR::Repository", 14, 0, repository)                    \
    X(BACKUP_VAULT, "AWS::Backup::BackupVault", 4, 0, vault)                        \
    X(BACKUP_RECOVERY_POINT, "AWS::Backup::RecoveryPoint", 24, 0, recovery_point)   \
    X(CODEBUILD_PROJECT, "AWS::CodeBuild::Project", 9, 0, project)                  \
    X(CLOUDFORMATION_STACK, "AWS::CloudFormation::Stack", 38, 0, stack)             \
    X(SSM_DOCUMENT, "AWS::SSM::Document", 5, 0, document)                           \
    X(SSM_INVENTORY, "AWS::SSM::ManagedInstanceInventory", 64, 0, inventory)        \
    X(SSM_PATCH, "AWS::SSM::PatchCompliance", 60, 0, patch_compliance)              \
    X(SSM_ASSOCIATION, "AWS::SSM::AssociationCompliance", 60, 0, association)

enum resource_type {
#define TYPE_ENUM(name, ...) name,
    RESOURCE_TYPES(TYPE_ENUM)
#undef TYPE_ENUM
    /* Periodic rules look at these, but AWS Config records neither: they do not count. */
    ACCOUNT_SETTINGS,
    LOGS_LOG_GROUP,
    N_TYPES,
    N_STORED_TYPES = ACCOUNT_SETTINGS,
    /* These have ids of their own, but are no resources to AWS Config. */
    SECURITY_GROUP_RULE = N_TYPES,
    PREFIX_LIST
};

struct type_info {
    const char *name; /* "AWS::EC2::VPC" */
    uint16_t share, home_share;
};

extern const struct type_info type_infos[N_TYPES];

/* N_TYPES when AWS Config records no such type here. */
enum resource_type type_by_name(const char *name);
/* The same, with those that only rules look at. */
enum resource_type rule_type_by_name(const char *name);

#endif
