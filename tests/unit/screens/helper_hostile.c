#include "tests/unit/screens/helper_hostile.h"

#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "tests/unit/unit.h"

#define FILE_BYTES      ((size_t)16 << 20)
#define ACCOUNT         "111111111111"

#define HOSTILE_REGIONS 24 /* those that are short enough count as regions, and are gaps */

/* --- the strings ---------------------------------------------------------------------------- */

static bool is_xml_char(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) ||
           (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

static void classify(struct hostile *hostile, size_t index)
{
    struct sv rest = buf_sv(&hostile->all.ptr[index]);
    bool json = true, has_nul = false, xml = true;
    uint32_t codepoint;

    for (size_t n; (n = utf8_decode(rest, &codepoint)) > 0;) {
        rest = (struct sv){rest.ptr + n, rest.len - n};
        json = json && codepoint != UINT32_MAX;
        has_nul |= codepoint == 0;
        xml = xml && json && is_xml_char(codepoint);
    }
    if (json && has_nul)
        vec_push(&hostile->nul, index);
    else if (json)
        vec_push(&hostile->json, index);
    if (xml)
        vec_push(&hostile->xml, index);
}

bool hostile_read(struct hostile *hostile, const char *path)
{
    AUTO(buf_done) struct buf file = BUF_CAPPED(FILE_BYTES);

    *hostile = (struct hostile){.lock = PTHREAD_MUTEX_INITIALIZER};
    if (os_read_file(path, FILE_BYTES, &file, NULL) != OK)
        return false;
    for (struct sv rest = buf_sv(&file); rest.len > 0;) {
        AUTO(json_free_at) cJSON *line = NULL;
        struct buf text = BUF_NONE;

        assert_int_equal(json_parse(sv_split(&rest, '\n'), "case", &line, NULL), OK);
        assert_true(base64_decode(&text, json_sv(line, "b64")));
        vec_push(&hostile->all, text);
        classify(hostile, hostile->all.len - 1);
    }
    return true;
}

void hostile_done(struct hostile *hostile)
{
    for (size_t i = 0; i < hostile->all.len; i++)
        buf_done(&hostile->all.ptr[i]);
    for (size_t i = 0; i < hostile->made.len; i++)
        buf_done(&hostile->made.ptr[i].body);
    vec_free(&hostile->made);
    vec_free(&hostile->all);
    vec_free(&hostile->nul);
    vec_free(&hostile->json);
    vec_free(&hostile->xml);
}

/* --- putting them into replies -------------------------------------------------------------- */

/* Every other one with its controls as they are wherever JSON allows that, the rest escaped. */
static void add_json(struct buf *out, struct sv text, bool escaped)
{
    struct json_writer w = {.out = out};

    if (escaped) {
        jw_string(&w, text);
        return;
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\')
            buf_addf(out, "\\u%04x", c);
        else
            buf_add_char(out, (char)c);
    }
    buf_add_char(out, '"');
}

static void add_xml(struct buf *out, struct sv text, bool escaped)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '<' || c == '&' || c == '>' || c == '\r' || (escaped && c < 0x20))
            buf_addf(out, "&#%d;", c);
        else
            buf_add_char(out, (char)c);
    }
}

/* The item'th string that travels so in a reply that is read. */
static struct sv text_at(const struct hostile *hostile, bool xml, size_t item)
{
    size_t n = xml ? hostile->xml.len : hostile->json.len;
    size_t index = xml ? hostile->xml.ptr[item % n] : hostile->json.ptr[item % n];

    return buf_sv(&hostile->all.ptr[index]);
}

/* The item'th use of a pattern: H is the text, N its number in twelve digits. */
static void expand(struct buf *out, const char *pattern, struct sv text, bool xml, size_t item)
{

    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '@' && pattern[1] == 'N')
            buf_addf(out, "%012zu", item);
        else if (*pattern == '@' && xml)
            add_xml(out, text, item % 2 == 1);
        else if (*pattern == '@')
            add_json(out, text, item % 2 == 1);
        else
            buf_add_char(out, *pattern);
        pattern += *pattern == '@'; /* "@H", "@N" */
    }
}

#define ALL ((size_t)-1)
#define OUS ((size_t)-2) /* as many as the test asks for */

/* What an operation answers: before, item once for each string (at most n_max), after. In what
 * stands before and after, @H is the first string. */
struct reply {
    const char *operation;
    const char *key; /* the request has it; NULL: any */
    const char *before, *item, *after;
    size_t n_max;
};

#define SG_OF(id) "<groupId>" id "</groupId>"
#define TAG       "<item><key>@H</key><value>@H</value></item>"
#define GROUP(id, tags)                                                            \
    "<item>" SG_OF(id) "<groupName>@H</groupName><groupDescription>@H"             \
                       "</groupDescription><vpcId>@H</vpcId><ownerId>@H</ownerId>" \
                       "<tagSet>" tags "</tagSet>"
#define RULE(tags)                                                                            \
    "<item>" SG_OF("sg-0@N") "<securityGroupRuleId>sgr-0@N</securityGroupRuleId>"             \
                             "<groupOwnerId>" ACCOUNT "</groupOwnerId><isEgress>false"        \
                             "</isEgress><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort>" \
                             "<toPort>22</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4><description>" \
                             "@H</description><tagSet>" tags "</tagSet></item>"

static const struct reply json_replies[] = {
    {"DescribeOrganization", NULL,
     "{\"Organization\":{\"MasterAccountId\":\"" ACCOUNT "\",\"Id\":@H", "", "}}", 0},
    {"ListRoots", NULL, "{\"Roots\":[{\"Id\":\"r-1\",\"Name\":@H}]}", "", "", 0},
    {"ListOrganizationalUnitsForParent", "\"r-1\"", "{\"OrganizationalUnits\":[",
     "{\"Id\":\"ou-@N\",\"Name\":@H}", "]}", OUS},
    {"ListOrganizationalUnitsForParent", NULL, "{\"OrganizationalUnits\":[", "", "]}", 0},
    {"ListAccountsForParent", "\"r-1\"",
     "{\"Accounts\":[{\"Id\":\"" ACCOUNT "\",\"Name\":@H,\"State\":\"ACTIVE\"},",
     "{\"Id\":\"@N\",\"Name\":@H,\"Email\":@H,\"State\":\"SUSPENDED\"}", "]}", ALL},
    {"ListAccountsForParent", NULL, "{\"Accounts\":[", "", "]}", 0},
    {"ListTagsForResource", NULL, "{\"Tags\":[", "{\"Key\":@H,\"Value\":@H}", "]}", ALL},
    {"DescribeConfigurationRecorderStatus", NULL, "{\"ConfigurationRecordersStatus\":[",
     "{\"name\":@H,\"recording\":true,\"lastStatus\":\"Failure\",\"lastErrorCode\":@H,"
     "\"lastErrorMessage\":@H}",
     "]}", 1},
    {"DescribeConfigurationRecorders", NULL, "{\"ConfigurationRecorders\":[",
     "{\"name\":@H,\"roleARN\":@H,\"recordingMode\":{\"recordingFrequency\":@H}}", "]}", 1},
    {"DescribeDeliveryChannelStatus", NULL, "{\"DeliveryChannelsStatus\":[",
     "{\"name\":@H,\"configStreamDeliveryInfo\":{\"lastStatus\":@H}}", "]}", 1},
    {"DescribeConfigRules", NULL, "{\"ConfigRules\":[",
     "{\"ConfigRuleName\":@H,\"ConfigRuleArn\":@H,\"ConfigRuleId\":@H,\"Description\":@H,"
     "\"Source\":{\"Owner\":@H,\"SourceIdentifier\":@H},\"InputParameters\":@H,"
     "\"ConfigRuleState\":@H,\"CreatedBy\":@H}",
     "]}", ALL},
    {"DescribeComplianceByConfigRule", NULL, "{\"ComplianceByConfigRules\":[",
     "{\"ConfigRuleName\":@H,\"Compliance\":{\"ComplianceType\":\"NON_COMPLIANT\","
     "\"ComplianceContributorCount\":{\"CappedCount\":3,\"CapExceeded\":false}}}",
     "]}", ALL},
    {"DescribeConfigRuleEvaluationStatus", NULL, "{\"ConfigRulesEvaluationStatus\":[",
     "{\"ConfigRuleName\":@H,\"LastErrorCode\":@H,\"LastErrorMessage\":@H}", "]}", ALL},
    {"GetComplianceDetailsByConfigRule", NULL, "{\"EvaluationResults\":[",
     "{\"EvaluationResultIdentifier\":{\"EvaluationResultQualifier\":{\"ConfigRuleName\":@H,"
     "\"ResourceType\":@H,\"ResourceId\":@H}},\"ComplianceType\":@H,\"Annotation\":@H}",
     "]}", ALL},
    {"GetComplianceDetailsByResource", NULL, "{\"EvaluationResults\":[",
     "{\"EvaluationResultIdentifier\":{\"EvaluationResultQualifier\":{\"ConfigRuleName\":@H,"
     "\"ResourceType\":@H,\"ResourceId\":@H}},\"ComplianceType\":@H,\"Annotation\":@H}",
     "]}", ALL},
    {"GetDiscoveredResourceCounts", NULL,
     "{\"resourceCounts\":[{\"resourceType\":"
     "\"AWS::S3::Bucket\",\"count\":9},",
     "{\"resourceType\":@H,\"count\":1}", "]}", 4},
    {"ListDiscoveredResources", NULL, "{\"resourceIdentifiers\":[",
     "{\"resourceType\":\"AWS::S3::Bucket\",\"resourceId\":@H,\"resourceName\":@H}", "]}", ALL},
    {"DescribeComplianceByResource", NULL, "{\"ComplianceByResources\":[",
     "{\"ResourceType\":@H,\"ResourceId\":@H,\"Compliance\":{\"ComplianceType\":@H}}", "]}", ALL},
    {"DescribeConfigurationAggregators", NULL, "{\"ConfigurationAggregators\":[",
     "{\"ConfigurationAggregatorName\":@H,\"ConfigurationAggregatorArn\":@H}", "]}", 2},
    {"DescribeConfigurationAggregatorSourcesStatus", NULL, "{\"AggregatedSourceStatusList\":[",
     "{\"SourceId\":\"@N\",\"AwsRegion\":@H,\"SourceType\":\"ACCOUNT\","
     "\"LastUpdateStatus\":\"FAILED\",\"LastErrorCode\":@H,\"LastErrorMessage\":@H}",
     "]}", ALL},
    {"BatchGetResourceConfig", NULL, "{\"baseConfigurationItems\":[",
     "{\"resourceId\":@H,\"resourceName\":@H,\"arn\":@H,\"configuration\":@H,"
     "\"supplementaryConfiguration\":{\"a\":@H}}",
     "]}", 8},
    {"GetResourceConfigHistory", NULL,
     "{\"configurationItems\":[{\"tags\":{\"key\":@H},"
     "\"relationships\":[",
     "{\"resourceType\":@H,\"resourceId\":@H,\"relationshipName\":@H}", "]}]}", ALL},
    {NULL, NULL, NULL, NULL, NULL, 0},
};

static const struct reply xml_replies[] = {
    {"GetCallerIdentity", NULL,
     "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>" ACCOUNT "</Account>"
     "<Arn>arn:aws:iam::" ACCOUNT ":user/@H</Arn><UserId>@H</UserId></GetCallerIdentityResult>"
     "</GetCallerIdentityResponse>",
     "", "", 0},
    {"DescribeSecurityGroups", "sg-",
     "<DescribeSecurityGroupsResponse><securityGroupInfo>" GROUP("sg-0000000000000", ""), "",
     "</item></securityGroupInfo></DescribeSecurityGroupsResponse>", 0},
    {"DescribeSecurityGroups", NULL, "<DescribeSecurityGroupsResponse><securityGroupInfo>",
     GROUP("sg-0@N", TAG) "</item>", "</securityGroupInfo></DescribeSecurityGroupsResponse>", ALL},
    {"DescribeSecurityGroupRules", NULL,
     "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>", RULE(TAG),
     "</securityGroupRuleSet></DescribeSecurityGroupRulesResponse>", ALL},
    {"DescribeNetworkInterfaces", NULL, "<DescribeNetworkInterfacesResponse><networkInterfaceSet>",
     "<item><networkInterfaceId>@H</networkInterfaceId><description>@H</description>"
     "<privateIpAddress>@H</privateIpAddress><groupSet><item>" SG_OF(
         "sg-0@N") "</item></groupSet>"
                   "<association><publicIp>@H</publicIp></association></item>",
     "</networkInterfaceSet></DescribeNetworkInterfacesResponse>", ALL},
    {"DescribeInstances", NULL, "<DescribeInstancesResponse><reservationSet><item><instancesSet>",
     "<item><instanceId>@H</instanceId><tagSet><item><key>Name</key><value>@H</value></item>"
     "</tagSet></item>",
     "</instancesSet></item></reservationSet></DescribeInstancesResponse>", ALL},
    {NULL, NULL, NULL, NULL, NULL, 0},
};

static struct hostile_made make_reply(const struct reply *reply, const struct hostile_aws *aws,
                                      bool xml)
{
    const struct hostile *hostile = aws->hostile;
    size_t n = xml ? hostile->xml.len : hostile->json.len;
    size_t n_max = reply->n_max == OUS ? aws->n_ous : reply->n_max;
    struct hostile_made made = {reply, aws->n_ous, n < n_max ? n : n_max, BUF_CAPPED(FILE_BYTES)};

    expand(&made.body, reply->before, text_at(hostile, xml, 7), xml, 7);
    for (size_t i = 0; i < made.n_items; i++) {
        if (i > 0 && !xml)
            buf_add_char(&made.body, ',');
        expand(&made.body, reply->item, text_at(hostile, xml, i), xml, i);
    }
    expand(&made.body, reply->after, text_at(hostile, xml, 7), xml, 7);
    return made;
}

/* A reply is made once and given often. It does not change any more, wherever it lies. */
static struct hostile_made reply_of(const struct reply *reply, struct hostile_aws *aws, bool xml)
{
    struct hostile *hostile = aws->hostile;
    size_t i = 0;

    pthread_mutex_lock(&hostile->lock);
    while (i < hostile->made.len &&
           (hostile->made.ptr[i].reply != reply || hostile->made.ptr[i].n_ous != aws->n_ous))
        i++;
    if (i == hostile->made.len)
        vec_push(&hostile->made, make_reply(reply, aws, xml));
    struct hostile_made made = hostile->made.ptr[i];
    pthread_mutex_unlock(&hostile->lock);
    return made;
}

/* --- answering ------------------------------------------------------------------------------ */

static struct sv operation_of(const struct server_request *request, bool *xml)
{
    struct sv target = server_header(request, "X-Amz-Target"), form = request->body;

    *xml = target.len == 0;
    if (!*xml) {
        sv_split(&target, '.');
        return target;
    }
    while (form.len > 0) {
        struct sv value = sv_split(&form, '&');
        if (sv_eq_cstr(sv_split(&value, '='), "Action"))
            return value;
    }
    return SV_NONE;
}

static void answer_ok(const struct server_request *request, const struct buf *body, bool xml)
{
    server_reply(request, 200,
                 xml ? "Content-Type: text/xml\r\n"
                     : "Content-Type: application/x-amz-json-1.1\r\n",
                 buf_sv(body));
}

static void answer_named(struct hostile_aws *aws, const struct server_request *request,
                         struct sv operation, bool xml)
{
    atomic_size_t *n_named = xml ? &aws->n_named_xml : &aws->n_named_json;

    for (const struct reply *r = xml ? xml_replies : json_replies; r->operation != NULL; r++) {
        if (!sv_eq_cstr(operation, r->operation) ||
            (r->key != NULL && !sv_contains(request->body, sv_of(r->key))))
            continue;
        struct hostile_made made = reply_of(r, aws, xml);
        answer_ok(request, &made.body, xml);
        for (size_t n = atomic_load(n_named);
             n < made.n_items && !atomic_compare_exchange_weak(n_named, &n, made.n_items);)
            continue;
        return;
    }
    atomic_fetch_add(&aws->n_other, 1);
    server_reply(request, 400, "Content-Type: application/x-amz-json-1.1\r\n",
                 SV("{\"__type\":\"NotImplemented\"}"));
}

static void answer_regions(const struct hostile_aws *aws, const struct server_request *request)
{
    AUTO(buf_done) struct buf body = BUF_NONE;

    buf_add_cstr(&body, "<DescribeRegionsResponse><regionInfo>");
    for (int i = 0; i < aws->n_regions; i++)
        buf_addf(&body, "<item><regionName>region-%d</regionName></item>", i);
    for (size_t i = 0; aws->way == HOSTILE_NAMES && i < HOSTILE_REGIONS; i++)
        expand(&body, "<item><regionName>@H</regionName></item>",
               text_at(aws->hostile, true, i * 5), true, i * 5);
    buf_add_cstr(&body, "<item><regionName>us-east-1</regionName></item></regionInfo>"
                        "</DescribeRegionsResponse>");
    answer_ok(request, &body, true);
}

static void answer_error(struct hostile_aws *aws, const struct server_request *request, bool xml)
{
    AUTO(buf_done) struct buf body = BUF_NONE;
    const struct hostile *hostile = aws->hostile;
    size_t item = atomic_fetch_add(xml ? &aws->n_xml : &aws->n_json, 1);
    size_t in_turn = item % (hostile->json.len + hostile->nul.len);
    struct sv text = text_at(hostile, xml, item);

    if (!xml && in_turn < hostile->json.len)
        text = text_at(hostile, false, in_turn);
    else if (!xml)
        text = buf_sv(&hostile->all.ptr[hostile->nul.ptr[in_turn - hostile->json.len]]);

    expand(&body,
           xml ? "<Response><Errors><Error><Code>@H</Code><Message>@H</Message></Error></Errors>"
                 "<RequestID>@H</RequestID></Response>"
               : "{\"__type\":@H,\"message\":@H}",
           text, xml, item);
    server_reply(request, 400,
                 xml ? "Content-Type: text/xml\r\n"
                     : "Content-Type: application/x-amz-json-1.1\r\n",
                 buf_sv(&body));
}

/* The bytes as they are, in one of six places. */
static void answer_bytes(struct hostile_aws *aws, const struct server_request *request)
{
    static const char *const forms[] = {
        "HTTP/1.1 400 X\r\nContent-Length: 5\r\nx-amzn-RequestId: @\r\nx-amzn-ErrorType: @\r\n\r\n"
        "{...}",
        "HTTP/1.1 400 @\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 400 X\r\nConnection: close\r\n\r\n@",
        "HTTP/1.1 200 X\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\r\n"
        "{\"ConfigRules\":[{\"ConfigRuleName\":\"@\"}]}",
        "HTTP/1.1 200 X\r\nConnection: close\r\nContent-Type: text/xml\r\n\r\n<R><a>@</a></R>",
        "HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: http://127.0.0.1/@\r\n\r\n",
    };
    AUTO(buf_done) struct buf reply = BUF_NONE;
    size_t item = atomic_fetch_add(&aws->n_bytes, 1);
    const struct buf *text = &aws->hostile->all.ptr[item % aws->hostile->all.len];

    for (const char *form = forms[item % ARRAY_LEN(forms)]; *form != '\0'; form++) {
        if (*form == '@')
            buf_add(&reply, buf_sv(text));
        else
            buf_add_char(&reply, *form);
    }
    server_write(request, buf_sv(&reply));
}

enum server_next hostile_answer(void *hostile_aws, const struct server_request *request)
{
    struct hostile_aws *aws = hostile_aws;
    bool xml;
    struct sv operation = operation_of(request, &xml);
    bool is_estate = sv_eq_cstr(operation, "GetCallerIdentity") ||
                     sv_contains(request->head, SV("AWSOrganizations"));

    if (sv_eq_cstr(operation, "DescribeRegions"))
        answer_regions(aws, request);
    else if (aws->way == HOSTILE_NAMES || is_estate)
        answer_named(aws, request, operation, xml);
    else if (aws->way == HOSTILE_ERRORS)
        answer_error(aws, request, xml);
    else
        answer_bytes(aws, request);
    return aws->way == HOSTILE_BYTES && !is_estate ? SERVER_CLOSE : SERVER_KEEP;
}
