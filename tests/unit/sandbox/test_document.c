/* Documents of Systems Manager: versions, hashes, and contents that are refused. */
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/digest.h"
#include "tests/sandbox/automation/document.h"
#include "tests/unit/sandbox/helper_world.h"

#define STEP(name) \
    "{\"name\":\"" name "\",\"action\":\"aws:sleep\",\"inputs\":{\"Duration\":\"PT1S\"}}"
#define DOCUMENT(steps) "{\"schemaVersion\":\"0.3\",\"mainSteps\":[" steps "]}"

static struct world *world;
static struct from here;

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=4,regions=2,resources=100,seed=7");
    here = from_management(world);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

static cJSON *content_call(const char *name, const char *content)
{
    return json_make("{Name:%s,DocumentType:'Automation',Content:%s}", name, content);
}

static void create(const char *name, const char *content)
{
    cJSON *made = ask(world, here, "ssm.CreateDocument", content_call(name, content));
    if (!made)
        fail_msg("%s: %s", ask_code, ask_message);
    cJSON_Delete(made);
}

static void assert_described(const char *version, const char *number, const char *content)
{
    char hash[SHA256_HEX_SIZE];
    AUTO(json_free_at)
    cJSON *reply = ask(world, here, "ssm.DescribeDocument",
                       json_make("{Name:'Wait',DocumentVersion:%s}", version));
    sha256_hex(sv_of(content), hash);
    assert_string_equal(text_at(reply, "Document.DocumentVersion"), number);
    assert_string_equal(text_at(reply, "Document.Hash"), hash);
    assert_string_equal(text_at(reply, "Document.HashType"), "Sha256");
    AUTO(json_free_at)
    cJSON *got =
        ask(world, here, "ssm.GetDocument", json_make("{Name:'Wait',DocumentVersion:%s}", version));
    assert_string_equal(text_at(got, "Content"), content);
}

static void versions_are_kept(void **state)
{
    static const char one[] = DOCUMENT(STEP("one")), two[] = DOCUMENT(STEP("two"));
    (void)state;
    create("Wait", one);
    assert_refused(world, here, "ssm.CreateDocument", content_call("Wait", one),
                   "DocumentAlreadyExists");
    assert_refused(world, here, "ssm.UpdateDocument", json_make("{Name:'Wait',Content:%s}", one),
                   "DuplicateDocumentContent");
    cJSON_Delete(ask(world, here, "ssm.UpdateDocument",
                     json_make("{Name:'Wait',Content:%s,VersionName:'second',"
                               "DocumentVersion:'$LATEST'}",
                               two)));
    assert_described(NULL, "1", one); /* the default has not moved */
    assert_described("$LATEST", "2", two);
    assert_refused(world, here, "ssm.UpdateDocument",
                   json_make("{Name:'Wait',Content:%s,DocumentVersion:'1'}", one),
                   "InvalidDocumentVersion");
    cJSON_Delete(ask(world, here, "ssm.UpdateDocumentDefaultVersion",
                     json_make("{Name:'Wait',DocumentVersion:'2'}")));
    assert_described("$DEFAULT", "2", two);
    assert_described("1", "1", one);
    assert_refused(world, here, "ssm.DescribeDocument",
                   json_make("{Name:'Wait',DocumentVersion:'3'}"), "InvalidDocumentVersion");
    assert_refused(world, here, "ssm.DescribeDocument", json_make("{Name:'Other'}"),
                   "InvalidDocument");
    AUTO(json_free_at)
    cJSON *versions = ask_all(world, here, "ssm.ListDocumentVersions", json_make("{Name:'Wait'}"),
                              "DocumentVersions", NULL);
    assert_int_equal(cJSON_GetArraySize(versions), 2);
    assert_string_equal(text_at(versions->child, "VersionName"), "second");
}

static void deletes_versions_and_all(void **state)
{
    (void)state;
    create("Wait", DOCUMENT(STEP("one")));
    cJSON_Delete(ask(world, here, "ssm.UpdateDocument",
                     json_make("{Name:'Wait',Content:%s}", DOCUMENT(STEP("two")))));
    assert_refused(world, here, "ssm.DeleteDocument",
                   json_make("{Name:'Wait',DocumentVersion:'1'}"), "InvalidDocumentOperation");
    cJSON_Delete(
        ask(world, here, "ssm.DeleteDocument", json_make("{Name:'Wait',DocumentVersion:'2'}")));
    assert_described("$LATEST", "1", DOCUMENT(STEP("one")));
    cJSON_Delete(ask(world, here, "ssm.DeleteDocument", json_make("{Name:'Wait'}")));
    assert_refused(world, here, "ssm.GetDocument", json_make("{Name:'Wait'}"), "InvalidDocument");
}

static void refuses_what_is_no_session(void **state)
{
    static const struct {
        const char *inputs, *says;
    } cases[] = {
        {"\"idleTimeout\":\"20\"", "idleTimeout"},
        {"\"idleSessionTimeout\":20", "idleSessionTimeout"},
        {"\"idleSessionTimeout\":\"61\"", "idleSessionTimeout"},
        {"\"maxSessionDuration\":\"1441\"", "maxSessionDuration"},
        {"\"runAsEnabled\":\"yes\"", "runAsEnabled"},
        {"\"shellProfile\":{\"bash\":\"\"}", "bash"},
        {"\"idleSessionTimeout\":\"60\",\"maxSessionDuration\":\"\",\"kmsKeyId\":\"\"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf why = BUF_NONE, content = BUF_NONE;
        buf_addf(&content,
                 "{\"schemaVersion\":\"1.0\",\"sessionType\":\"Standard_Stream\",\"inputs\":{%s}}",
                 cases[i].inputs);
        assert_int_equal(document_check("Session", buf_cstr(&content), &why), !cases[i].says);
        if (cases[i].says && !strstr(buf_cstr(&why), cases[i].says))
            fail_msg("%s does not say %s", buf_cstr(&why), cases[i].says);
    }
    AUTO(buf_done) struct buf why = BUF_NONE;
    assert_false(
        document_check("Session", "{\"schemaVersion\":\"1.0\",\"sessionType\":\"Shell\"}", &why));
    assert_false(document_check(
        "Session", "{\"schemaVersion\":\"1.0\",\"sessionType\":\"Standard_Stream\"}", &why));
    assert_true(
        document_check("Session", "{\"schemaVersion\":\"1.0\",\"sessionType\":\"Port\"}", &why));
}

static void refuses_what_is_no_automation(void **state)
{
    static const char *const contents[] = {
        "schemaVersion: '0.3'",
        "[]",
        "{\"schemaVersion\":\"2.2\",\"mainSteps\":[" STEP("one") "]}",
        DOCUMENT(""),
        DOCUMENT(STEP("no")),
        DOCUMENT(STEP("one") "," STEP("one")),
        DOCUMENT("{\"name\":\"one\",\"action\":\"aws:dance\"}"),
        DOCUMENT("{\"name\":\"one\",\"action\":\"aws:approve\",\"inputs\":{}}"),
        DOCUMENT("{\"name\":\"one\",\"action\":\"aws:approve\",\"timeoutSeconds\":2592001,"
                 "\"inputs\":{\"Approvers\":[\"me\"]}}"),
        DOCUMENT("{\"name\":\"one\",\"action\":\"aws:sleep\",\"nextStep\":\"two\"}"),
        DOCUMENT("{\"name\":\"one\",\"action\":\"aws:sleep\",\"onFailure\":\"Retry\"}"),
        DOCUMENT("{\"name\":\"one\",\"action\":\"aws:branch\",\"inputs\":{\"Choices\":[{}]}}"),
        "{\"schemaVersion\":\"0.3\",\"parameters\":{\"A\":{\"type\":\"Colour\"}},\"mainSteps\":"
        "[" STEP("one") "]}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(contents); i++)
        assert_refused(world, here, "ssm.CreateDocument", content_call("Bad", contents[i]),
                       "InvalidDocumentContent");
    assert_refused(world, here, "ssm.CreateDocument",
                   content_call("AWS-Mine", DOCUMENT(STEP("one"))), "ValidationException");
}

static void aws_owns_some(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_owned_documents; i++) {
        AUTO(buf_done) struct buf why = BUF_NONE;
        AUTO(json_free_at)
        cJSON *reply = ask(world, here, "ssm.DescribeDocument",
                           json_make("{Name:%s}", owned_documents[i].name));
        assert_string_equal(text_at(reply, "Document.Owner"), "Amazon");
        if (!document_check(text_at(reply, "Document.DocumentType"), owned_documents[i].content,
                            &why))
            fail_msg("%s: %s", owned_documents[i].name, buf_cstr(&why));
        assert_refused(world, here, "ssm.DeleteDocument",
                       json_make("{Name:%s}", owned_documents[i].name), "InvalidDocumentOperation");
    }
    create("Mine", DOCUMENT(STEP("one")));
    AUTO(json_free_at)
    cJSON *mine = ask_all(world, here, "ssm.ListDocuments",
                          json_make("{Filters:[{Key:'Owner',Values:['Self']}]}"),
                          "DocumentIdentifiers", NULL);
    assert_int_equal(cJSON_GetArraySize(mine), 1);
    AUTO(json_free_at)
    cJSON *all = ask_all(world, here, "ssm.ListDocuments", json_make("{MaxResults:2}"),
                         "DocumentIdentifiers", NULL);
    assert_int_equal(cJSON_GetArraySize(all), (int)n_owned_documents + 1);
    assert_refused(world, here, "ssm.ListDocuments",
                   json_make("{Filters:[{Key:'Colour',Values:['red']}]}"), "InvalidFilterKey");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(versions_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(deletes_versions_and_all, begin, end),
        cmocka_unit_test(refuses_what_is_no_session),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_automation, begin, end),
        cmocka_unit_test_setup_teardown(aws_owns_some, begin, end),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
