/* The published cases of AWS, when they are there, and what they leave out. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/sandbox/wire/signature.h"
#include "tests/unit/sandbox/helper_request.h"

static void vector_path(char *path, size_t size, const char *name, const char *file)
{
    const char *vectors = getenv("WATCHDECK_VECTORS");
    snprintf(path, size, "%s/sigv4/v4/%s%s%s", vectors ? vectors : SOURCE_DIR "/../shared/vectors",
             name, *file ? "/" : "", file);
}

static struct buf read_vector(const char *name, const char *form, const char *file)
{
    char path[4096], whole[128];
    struct buf text = BUF_NONE;
    struct err err = ERR_NONE;
    snprintf(whole, sizeof whole, "%s%s", form, file);
    vector_path(path, sizeof path, name, whole);
    assert_int_equal(os_read_file(path, 1 << 20, &text, &err), OK);
    return text;
}

/* One case in one form ("header-" or "query-"): each stage as the files have it. */
static void check_case(const char *name, const char *form)
{
    AUTO(buf_done) struct buf signed_request = read_vector(name, form, "signed-request.txt");
    AUTO(buf_done) struct buf canonical_file = read_vector(name, form, "canonical-request.txt");
    AUTO(buf_done) struct buf to_sign_file = read_vector(name, form, "string-to-sign.txt");
    AUTO(buf_done) struct buf signature_file = read_vector(name, form, "signature.txt");
    AUTO(buf_done) struct buf context_file = read_vector(name, "", "context.json");
    AUTO(buf_done) struct buf problem = BUF_NONE, canonical = BUF_NONE, to_sign = BUF_NONE;
    AUTO(json_free_at) cJSON *context = NULL;
    struct raw_request raw;
    struct signature signature;
    uint8_t key[SHA256_BYTES];
    char hex[SHA256_HEX_SIZE];

    assert_int_equal(json_parse(buf_sv(&context_file), "context", &context, NULL), OK);
    bool normalize = json_bool(context, "normalize", true);
    struct sv secret = json_sv(json_get(context, "credentials"), "secret_access_key");
    raw_request_parse(&raw, buf_sv(&signed_request));
    assert_int_equal(signature_parse(&raw.request, &signature, &problem), SIGNATURE_PARSED);
    signature_canonical(&raw.request, &signature, normalize, &canonical);
    assert_string_equal(buf_cstr(&canonical), buf_cstr(&canonical_file));
    signature_string_to_sign(&signature, buf_sv(&canonical), &to_sign);
    assert_string_equal(buf_cstr(&to_sign), buf_cstr(&to_sign_file));
    signature_key(secret, &signature, key);
    signature_compute(&raw.request, &signature, key, normalize, hex);
    assert_string_equal(hex, buf_cstr(&signature_file));
    assert_int_equal(signature.in_query, strcmp(form, "query-") == 0);
    signature_done(&signature);
    raw_request_done(&raw);
}

static void published_cases(void **state)
{
    char path[4096];
    struct dirent *entry;
    size_t count = 0;
    (void)state;
    vector_path(path, sizeof path, "", "");
    DIR *dir = opendir(path);
    if (!dir) {
        print_message("no vectors in %s (WATCHDECK_VECTORS names their folder)\n", path);
        skip();
        return;
    }
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        check_case(entry->d_name, "header-");
        /* A token that joins the query after signing is accepted by AWS IoT alone. */
        if (strcmp(entry->d_name, "post-sts-header-after") != 0)
            check_case(entry->d_name, "query-");
        count++;
    }
    closedir(dir);
    assert_true(count >= 38);
}

#define SIGNED "AWS4-HMAC-SHA256 Credential=AK/20150830/eu-west-1/ec2/aws4_request, "

static enum signature_state parse(const char *authorization, const char *date,
                                  struct signature *signature, struct buf *problem)
{
    static struct raw_request raw;
    raw_request_done(&raw);
    raw_request_init(&raw, "POST", "/", "");
    raw_request_header(&raw, "Host", "h");
    if (date)
        raw_request_header(&raw, "X-Amz-Date", date);
    raw_request_header(&raw, "Authorization", authorization);
    buf_clear(problem);
    return signature_parse(&raw.request, signature, problem);
}

static void reads_a_claim(void **state)
{
    AUTO(buf_done) struct buf problem = BUF_NONE;
    struct signature s;
    (void)state;
    assert_int_equal(parse(SIGNED "SignedHeaders=host;x-amz-date, Signature=00ff",
                           "20150830T123600Z", &s, &problem),
                     SIGNATURE_PARSED);
    assert_sv(s.access_key_id, "AK");
    assert_sv(s.scope, "20150830/eu-west-1/ec2/aws4_request");
    assert_sv(s.region, "eu-west-1");
    assert_sv(s.service, "ec2");
    assert_sv(s.terminator, "aws4_request");
    assert_sv(s.hex, "00ff");
    assert_int_equal(s.signed_at_ms, 1440938160000);
    assert_null(s.session_token.ptr);
    signature_done(&s);
}

static void names_what_is_missing(void **state)
{
    AUTO(buf_done) struct buf problem = BUF_NONE;
    struct signature s;
    (void)state;
    static const struct {
        const char *authorization, *date, *problem;
    } cases[] = {
        {"AWS4-HMAC-SHA256 SignedHeaders=host, Signature=00", "20150830T123600Z", "'Credential'"},
        {SIGNED "Signature=00", "20150830T123600Z", "'SignedHeaders'"},
        {SIGNED "SignedHeaders=host", "20150830T123600Z", "'Signature'"},
        {SIGNED "SignedHeaders=host, Signature=00", NULL, "'X-Amz-Date'"},
        {SIGNED "SignedHeaders=host, Signature=00", "2015-08-30", "'X-Amz-Date'"},
        {SIGNED "SignedHeaders=host, Signature=00", "20151330T123600Z", "'X-Amz-Date'"},
        {SIGNED "nonsense, SignedHeaders=host, Signature=00", "20150830T123600Z", "'nonsense'"},
        {"Basic dXNlcjpwYXNz", "20150830T123600Z", "algorithm"},
        {"AWS4-HMAC-SHA256", "20150830T123600Z", "'Credential'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(parse(cases[i].authorization, cases[i].date, &s, &problem),
                         SIGNATURE_INCOMPLETE);
        assert_non_null(strstr(buf_cstr(&problem), cases[i].problem));
        signature_done(&s);
    }
}

static void demands_coverage(void **state)
{
    struct raw_request raw;
    struct signature s = {.signed_headers = SV("host;x-amz-date")};
    (void)state;
    raw_request_init(&raw, "GET", "/", "");
    raw_request_header(&raw, "Host", "h");
    raw_request_header(&raw, "X-Amz-Date", "d");
    raw_request_header(&raw, "X-Amzn-Trace-Id", "not to be signed");
    assert_int_equal(signature_uncovered(&raw.request, &s).len, 0);
    raw_request_header(&raw, "X-Amz-Target", "a.b");
    assert_sv(signature_uncovered(&raw.request, &s), "X-Amz-Target");
    s.signed_headers = SV("x-amz-date;x-amz-target");
    assert_sv(signature_uncovered(&raw.request, &s), "host");
    raw_request_done(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_cases),
        cmocka_unit_test(reads_a_claim),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(demands_coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
