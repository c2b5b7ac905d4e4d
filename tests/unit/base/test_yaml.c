/* YAML says what the JSON says, and no text in it can be read as anything else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/yaml.h"
#include "tests/unit/unit.h"

static void assert_yaml(const char *json, const char *yaml)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct err err = ERR_NONE;

    assert_int_equal(yaml_add_json(&out, sv_of(json), "test", &err), OK);
    assert_string_equal(buf_cstr(&out), yaml);
}

static void blocks_stand_two_blanks_further_in(void **state)
{
    static const struct {
        const char *json, *yaml;
    } cases[] = {
        {"{}", "{}\n"},
        {" [ ] ", "[]\n"},
        {"null", "null\n"},
        {"-1.50e3", "-1.50e3\n"},
        {"\"a\"", "a\n"},
        {"[1,true,\"x\",null]", "- 1\n- true\n- x\n- null\n"},
        {"{\"a\":12345678901234567890,\"b\":[],\"c\":{ }}",
         "a: 12345678901234567890\nb: []\nc: {}\n"},
        {"{\"a\":{\"b\":{\"c\":1},\"d\":2},\"e\":3}", "a:\n  b:\n    c: 1\n  d: 2\ne: 3\n"},
        {"{\"a\":[1,2],\"b\":3}", "a:\n  - 1\n  - 2\nb: 3\n"},
        {"[{\"a\":1,\"b\":[{\"c\":2}]},{\"a\":3}]", "- a: 1\n  b:\n    - c: 2\n- a: 3\n"},
        {"[[1,2],[[3]],[]]", "- - 1\n  - 2\n- - - 3\n- []\n"},
        {"{\"a b\":1,\"true\":2,\"\":3,\"x: y\":4}", "a b: 1\n\"true\": 2\n\"\": 3\n\"x: y\": 4\n"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_yaml(cases[i].json, cases[i].yaml);
}

static void texts_without_quotes_can_only_be_texts(void **state)
{
    static const char *const plain[] = {
        "sg-0ab1",
        "arn:aws:iam::123456789012:role/x",
        "/shop/db/host",
        "_x",
        "a b",
        "a#b",
        "a:b",
        "nullable",
        "yesterday",
        "it's",
        "a, b [c] {d}",
        "e5",
        "AWS::EC2::SecurityGroup",
    };
    static const char *const quoted[] = {
        "",    " a", "a ",  "null", "Null",       "NULL",  "true",         "False", "yes",
        "NO",  "on", "oFF", "y",    "N",          "~",     "012",          "0x1f",  "1e3",
        "-1",  "+1", ".5",  ".inf", "2026-11-29", "12:30", "333333333333", "a: b",  "a #b",
        "a:",  ":a", "#a",  "- a",  "-",          "---",   "...",          "? a",   "[a",
        "{a",  "]",  "}",   ",a",   "&a",         "*a",    "!a",           "|",     ">",
        "'a'", "%a", "@a",  "`a",   "=",          "<<",    "10.0.0.0/8",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(plain) + ARRAY_LEN(quoted); i++) {
        bool is_plain = i < ARRAY_LEN(plain);
        const char *text = is_plain ? plain[i] : quoted[i - ARRAY_LEN(plain)];
        AUTO(buf_done) struct buf json = BUF_NONE, yaml = BUF_NONE;

        buf_addf(&json, "\"%s\"", text);
        buf_addf(&yaml, is_plain ? "%s\n" : "\"%s\"\n", text);
        assert_yaml(buf_cstr(&json), buf_cstr(&yaml));
    }
}

static void what_a_terminal_would_obey_is_escaped(void **state)
{
    (void)state;
    assert_yaml("\"a\\\"b\\\\c\\/d\"", "a\"b\\c/d\n"); /* within a plain text they are nothing */
    assert_yaml("\"\\\"b\\\\c\"", "\"\\\"b\\\\c\"\n");
    assert_yaml("\"a\\nb\\tc\\r\\u001b[2J\\u007f\"", "\"a\\nb\\tc\\r\\u001b[2J\\u007f\"\n");
    assert_yaml("\"\\u0085\\u2028\\u202e\\ufeff\"", "\"\\u0085\\u2028\\u202e\\ufeff\"\n");
    assert_yaml("\"caf\\u00e9\"", "\"caf\xc3\xa9\"\n");
    assert_yaml("\"\\udb40\\udc01\"", "\"\\U000e0001\"\n"); /* a tag: nothing would be seen */
    assert_yaml("\"\xff\"", "\"\xef\xbf\xbd\"\n");
}

static void a_key_that_is_too_long_is_asked_for(void **state)
{
    char json[1200], yaml[1200], name[1002];

    (void)state;
    memset(name, 'k', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(json, sizeof json, "[{\"%s\":[1],\"a\":2}]", name);
    snprintf(yaml, sizeof yaml, "- ? %s\n  :\n    - 1\n  a: 2\n", name);
    assert_yaml(json, yaml);
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const texts[] = {"", "{", "[1,]", "{\"a\"}", "1 2", "\"\\ud800\""};
    AUTO(buf_done) struct buf out = BUF_NONE, deep = BUF_NONE;
    struct err err = ERR_NONE;

    (void)state;
    buf_add_cstr(&out, "as it was");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(yaml_add_json(&out, sv_of(texts[i]), "test", &err), ERR_PARSE);
    for (int i = 0; i <= JSON_DEPTH_MAX; i++)
        buf_add_char(&deep, '[');
    for (int i = 0; i <= JSON_DEPTH_MAX; i++)
        buf_add_char(&deep, ']');
    assert_int_equal(yaml_add_json(&out, buf_sv(&deep), "test", &err), ERR_PARSE);
    assert_string_equal(buf_cstr(&out), "as it was");
    struct sv fits = {deep.ptr + 1, deep.len - 2};
    assert_int_equal(yaml_add_json(&out, fits, "test", &err), OK);
}

/* --- what another reader makes of it --------------------------------------------------------- */

/* Each byte of ASCII alone, at both ends and within, as a value and as a key. */
static void add_each_byte(struct json_writer *w)
{
    static const char *const forms[] = {"%c", "%ca", "a%c", "a%cb", "a%c b", "a %cb", "%c b"};

    for (int c = 1; c < 0x80; c++) {
        jw_object(w);
        for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
            char text[8];
            snprintf(text, sizeof text, forms[i], c);
            jw_string_at(w, text, sv_of(text));
        }
        jw_object_end(w);
    }
}

static void add_odd_texts(struct json_writer *w)
{
    static const char *const texts[] = {
        "",
        "~",
        "null",
        "Null",
        "yes",
        "No",
        "ON",
        "off",
        "True",
        "y",
        "n",
        "0o17",
        "017",
        "0x1f",
        "1_0",
        "1e5",
        "1.5",
        ".nan",
        "-.inf",
        "=",
        "<<",
        "12:30:45",
        "2026-11-29",
        "2026-11-29T13:20:00Z",
        "--- a",
        "... ",
        "a\nb\n",
        "  a\n\n b",
        "a\r\nb",
        "\xc2\x85",
        "\xe2\x80\xa8",
        "\xef\xbb\xbf",
        "\xf0\x9f\x98\x80",
        "e\xcc\x81",
        "\xcc\x81",
        "\xf3\xa0\x80\x81",
        "{a: b}",
        "[a, b]",
        "a # b",
        "!!int 3",
        "*alias",
        "&anchor",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        jw_object(w);
        jw_string_at(w, texts[i], sv_of(texts[i]));
        jw_object_end(w);
    }
}

static void write_file(const char *path, struct sv text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

#define SAME                                                    \
    "import json, sys\n"                                        \
    "try:\n"                                                    \
    "    import yaml\n"                                         \
    "except ImportError:\n"                                     \
    "    sys.exit(77)\n"                                        \
    "a = yaml.safe_load(open('yaml', encoding='utf-8'))\n"      \
    "b = json.load(open('json', encoding='utf-8'))\n"           \
    "for x, y in zip(a, b):\n"                                  \
    "    if x != y: print('# read', repr(x), 'for', repr(y))\n" \
    "sys.exit(a != b)\n"

static void another_reader_reads_the_same(void **state)
{
    char folder[] = "/tmp/watchdeck-yaml-XXXXXX", command[128];
    AUTO(buf_done) struct buf json = BUF_NONE, yaml = BUF_NONE;
    struct json_writer w = {.out = &json};
    struct err err = ERR_NONE;

    (void)state;
    jw_array(&w);
    add_each_byte(&w);
    add_odd_texts(&w);
    jw_array_end(&w);
    json.len--; /* the bracket: what follows is written by hand */
    buf_addf(&json, ",[[1,[]],[{}],[[[2]]]],{\"a\":[{\"b\":[-3.25,0]},{}],\"%0*d\":[true,null]}]",
             1100, 7);
    assert_int_equal(yaml_add_json(&yaml, buf_sv(&json), "test", &err), OK);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    write_file("json", buf_sv(&json));
    write_file("yaml", buf_sv(&yaml));
    write_file("same.py", SV(SAME));
    int status = system("python3 same.py");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (WIFEXITED(status) && (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127)) {
        print_message("no python3-yaml here: nobody else has read it\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_stand_two_blanks_further_in),
        cmocka_unit_test(texts_without_quotes_can_only_be_texts),
        cmocka_unit_test(what_a_terminal_would_obey_is_escaped),
        cmocka_unit_test(a_key_that_is_too_long_is_asked_for),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(another_reader_reads_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
