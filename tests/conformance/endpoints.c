/*
 * endpoints PATH: where services are, by the cases that the SDKs share. PATH is a file of cases
 * (endpoint-tests-1.json) in a folder that is called like the service, that folder, or one of such
 * folders. matrix FILE: evaluated rule sets, an entry for service, region, FIPS and dual-stack.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/aws/endpoint/endpoint.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/conformance/driver.h"

#define CASES_FILE      "endpoint-tests-1.json"
#define UNKNOWN_SERVICE "its folder is not called like a service that is known here"

/* What a case asks for, as the environment and an option would say it. */
struct inputs {
    const char *region;
    char url[256]; /* of the person's own endpoint; "": none */
    bool fips, dual_stack, global_sts;
};

static void set_switch(const char *variable, bool is_on, const char *on)
{
    if (is_on)
        setenv(variable, on, 1);
    else
        unsetenv(variable);
}

/* Through the environment, as in life. */
static enum err_code resolve(const struct aws_service *service, const struct inputs *in,
                             struct endpoint *endpoint, struct err *err)
{
    const struct shared_config none = {0};
    struct endpoint_rules rules;
    set_switch("AWS_USE_FIPS_ENDPOINT", in->fips, "true");
    set_switch("AWS_USE_DUALSTACK_ENDPOINT", in->dual_stack, "true");
    set_switch("AWS_STS_REGIONAL_ENDPOINTS", in->global_sts, "legacy");
    unsetenv("AWS_ENDPOINT_URL");
    enum err_code code = endpoint_rules_load(in->url, &none, NULL, &rules, err);
    if (code == OK)
        code = endpoint_resolve(&rules, service, in->region, endpoint, err);
    endpoint_rules_done(&rules);
    return code;
}

static bool same_url(const struct endpoint *endpoint, struct sv wanted)
{
    struct sv ours = sv_of(endpoint->url);
    if (ours.len > 0 && !sv_ends(wanted, SV("/")))
        ours.len--;
    return sv_eq(ours, wanted);
}

/* --- the cases of the SDKs -------------------------------------------------------------------- */

/* The name of a parameter that we have nothing for, NULL when there is none. */
static const char *unknown_param(const cJSON *params)
{
    static const char *const known[] = {"Region", "UseFIPS", "UseDualStack", "Endpoint",
                                        "UseGlobalEndpoint"};
    const cJSON *param = NULL;
    cJSON_ArrayForEach (param, params) {
        size_t i = 0;
        while (i < ARRAY_LEN(known) && strcmp(known[i], param->string) != 0)
            i++;
        if (i == ARRAY_LEN(known))
            return param->string;
    }
    return NULL;
}

static void judge(struct tally *tally, const char *id, const struct aws_service *service,
                  const struct inputs *in, const cJSON *expect)
{
    struct endpoint endpoint = {0};
    struct err err = ERR_NONE;
    enum err_code code = resolve(service, in, &endpoint, &err);
    if (json_get(expect, "error") != NULL) {
        if (code == ERR_CONFIG)
            case_ok(tally, id);
        else
            case_fail(tally, id, "%s instead of an error", endpoint.url);
        return;
    }
    const cJSON *wanted = json_get(expect, "endpoint");
    const cJSON *scheme = json_items(json_get(wanted, "properties"), "authSchemes");
    struct sv region = json_sv(scheme, "signingRegion"), name = json_sv(scheme, "signingName");
    if (code != OK)
        case_fail(tally, id, "%s", err.message);
    else if (!same_url(&endpoint, json_sv(wanted, "url")))
        case_fail(tally, id, "%s", endpoint.url);
    else if (region.len > 0 && !sv_eq_cstr(region, endpoint.region))
        case_fail(tally, id, "signed for %s", endpoint.region);
    else if (scheme != NULL && !sv_eq_cstr(json_sv(scheme, "name"), "sigv4"))
        case_fail(tally, id, "signed by Signature Version 4");
    else if (name.len > 0 && !sv_eq_cstr(name, service->endpoint_prefix))
        case_fail(tally, id, "signed for the service %s", service->endpoint_prefix);
    else
        case_ok(tally, id);
}

static void run_case(struct tally *tally, const struct aws_service *service, const cJSON *test)
{
    const cJSON *params = json_get(test, "params");
    AUTO_FREE char *name = sv_dup(json_sv(test, "documentation"));
    AUTO_FREE char *region = sv_dup(json_sv(params, "Region"));
    AUTO(buf_done) struct buf id = BUF_NONE;
    struct inputs in = {.region = region,
                        .fips = json_bool(params, "UseFIPS", false),
                        .dual_stack = json_bool(params, "UseDualStack", false),
                        .global_sts = json_bool(params, "UseGlobalEndpoint", false)};
    sv_copy(json_sv(params, "Endpoint"), in.url, sizeof in.url);
    buf_addf(&id, "%s: %s", service->id, name);
    if (unknown_param(params) != NULL)
        case_skip(tally, buf_cstr(&id), "asks for %s", unknown_param(params));
    else
        judge(tally, buf_cstr(&id), service, &in, json_get(test, "expect"));
}

/* "…/sts/endpoint-tests-1.json" is of sts. */
static struct sv folder_name(const char *path)
{
    struct sv rest = sv_of(path), folder = SV_NONE, part = SV_NONE;
    while (rest.ptr != NULL) {
        folder = part;
        part = sv_split(&rest, '/');
    }
    return folder;
}

static void run_file(struct tally *tally, const char *path, const struct aws_service *service)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *tree = NULL;
    struct err err;
    if (!case_read_file(tally, path, &text))
        return;
    if (json_parse(buf_sv(&text), path, &tree, &err) != OK || json_items(tree, "testCases") == NULL)
        case_fail(tally, path, "holds no testCases");
    for (const cJSON *test = json_items(tree, "testCases"); test != NULL; test = test->next)
        run_case(tally, service, test);
}

/* The cases in folder, or in the folders in it. */
static size_t run_folder(struct tally *tally, const char *folder, bool go_down)
{
    AUTO(buf_done) struct buf path = BUF_NONE;
    struct dirent **entries = NULL;
    size_t n_files = 0;
    buf_addf(&path, "%s/" CASES_FILE, folder);
    if (access(buf_cstr(&path), R_OK) == 0) {
        const struct aws_service *service = aws_service_find(folder_name(buf_cstr(&path)));
        if (service != NULL)
            run_file(tally, buf_cstr(&path), service);
        else
            case_skip(tally, buf_cstr(&path), "%s", UNKNOWN_SERVICE);
        return 1;
    }
    int n = go_down ? scandir(folder, &entries, NULL, alphasort) : 0;
    for (int i = 0; i < n; i++) {
        buf_clear(&path);
        buf_addf(&path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            n_files += run_folder(tally, buf_cstr(&path), false);
        free(entries[i]);
    }
    free(entries);
    return n_files;
}

void driver_endpoints(const char *path, struct tally *tally)
{
    const struct aws_service *service = aws_service_find(folder_name(path));
    bool is_file = sv_ends(sv_of(path), SV(".json"));
    if (is_file && service == NULL)
        case_fail(tally, path, "%s", UNKNOWN_SERVICE);
    else if (is_file)
        run_file(tally, path, service);
    else if (run_folder(tally, path, true) == 0)
        case_fail(tally, path, "holds no " CASES_FILE);
}

/* --- the matrix ------------------------------------------------------------------------------- */

/* What its rule set says of dual-stack leads to hosts that are not there. */
static bool is_exempt(const struct aws_service *service, struct sv key)
{
    return strcmp(service->id, "organizations") == 0 && sv_contains(key, SV("+dual"));
}

/* The entry of a bucket in S3 is compared without it. */
static void check_entry(struct tally *tally, const struct aws_service *service, const cJSON *entry)
{
    struct sv key = sv_of(entry->string), rest = key, url = json_sv(entry, "url");
    AUTO(buf_done) struct buf id = BUF_NONE;
    AUTO(buf_done) struct buf wanted = BUF_NONE;
    AUTO_FREE char *region = sv_dup(sv_split(&rest, '+'));
    struct inputs in = {.region = region,
                        .fips = sv_contains(key, SV("+fips")),
                        .dual_stack = sv_contains(key, SV("+dual"))};
    struct endpoint endpoint = {0};
    struct err err = ERR_NONE;
    buf_addf(&id, "%s %s", service->id, entry->string);
    if (sv_starts(url, SV("https://my-bucket.")))
        buf_addf(&wanted, "https://%.*s", (int)url.len - 18, url.ptr + 18);
    else
        buf_add(&wanted, url);
    enum err_code code = resolve(service, &in, &endpoint, &err);
    struct sv signing = json_sv(entry, "signingRegion");
    if (is_exempt(service, key))
        case_skip(tally, buf_cstr(&id), "has no dual-stack hosts");
    else if (json_get(entry, "error") != NULL ? code != ERR_CONFIG
                                              : !same_url(&endpoint, buf_sv(&wanted)))
        case_fail(tally, buf_cstr(&id), "%s%s", endpoint.url, err.message);
    else if (signing.len > 0 && !sv_eq_cstr(signing, endpoint.region))
        case_fail(tally, buf_cstr(&id), "signed for %s", endpoint.region);
    else
        case_ok(tally, buf_cstr(&id));
}

void driver_matrix(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *matrix = NULL;
    const cJSON *of_service = NULL, *entry = NULL;
    struct err err;
    if (!case_read_file(tally, path, &text))
        return;
    if (json_parse(buf_sv(&text), path, &matrix, &err) != OK)
        case_fail(tally, path, "%s", err.message);
    cJSON_ArrayForEach (of_service, matrix) {
        const struct aws_service *service = aws_service_find(sv_of(of_service->string));
        if (service == NULL)
            case_fail(tally, of_service->string, "is no service that is known here");
        else
            cJSON_ArrayForEach (entry, of_service)
                check_entry(tally, service, entry);
    }
}
