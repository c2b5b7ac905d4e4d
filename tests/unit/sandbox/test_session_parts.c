/* What sessions are made of, without sockets: order and repetition, frames, documents, options. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/json.h"
#include "tests/sandbox/session/carrier.h"
#include "tests/sandbox/session/homes.h"
#include "tests/sandbox/session/session_document.h"
#include "tests/sandbox/session/session_options.h"
#include "tests/sandbox/session/ws.h"

/* --- a carrier -------------------------------------------------------------------------------- */

/* What went out and what was taken: "ack 3", "out 0 hello", each on a line. */
struct bench {
    struct carrier carrier;
    struct buf out, taken;
    bool is_busy; /* takes nothing */
};

static void emit(void *arg, struct sv bytes)
{
    struct bench *bench = arg;
    struct packet packet;
    struct ack ack;
    assert_true(packet_read(bytes, &packet));
    assert_true(packet_is_sound(&packet));
    if (ack_read(packet.payload, &ack))
        buf_addf(&bench->out, "ack %d;", (int)ack.sequence);
    else
        buf_addf(&bench->out, "%d " SV_FMT ";", (int)packet.sequence, SV_ARG(packet.payload));
}

static bool take(void *arg, const struct packet *packet)
{
    struct bench *bench = arg;
    if (bench->is_busy)
        return false;
    buf_add(&bench->taken, packet->payload);
    return true;
}

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){0};
    carrier_init(&bench->carrier, bench);
    bench->carrier.emit = emit;
    bench->carrier.take = take;
    bench->carrier.is_paused = false;
}

static void bench_done(struct bench *bench)
{
    carrier_done(&bench->carrier);
    buf_done(&bench->out);
    buf_done(&bench->taken);
}

static void hear(struct bench *bench, const char *type, int64_t sequence, const char *payload,
                 int64_t now_ms)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct packet packet = {.header_len = 116,
                            .schema = 1,
                            .created_ms = 1,
                            .sequence = sequence,
                            .payload_type = 1,
                            .payload = sv_of(payload)};
    str_copy(packet.type, type);
    os_uuid4(packet.id);
    packet_write(&bytes, &packet);
    assert_true(packet_read(buf_sv(&bytes), &packet));
    carrier_receive(&bench->carrier, &packet, now_ms);
}

static void hear_ack(struct bench *bench, int64_t sequence, int64_t now_ms)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct packet of = {.type = MESSAGE_OUTPUT, .sequence = sequence};
    ack_write(&text, &of);
    hear(bench, MESSAGE_ACK, 0, buf_cstr(&text), now_ms);
}

static void assert_out(struct bench *bench, const char *expected)
{
    assert_string_equal(buf_cstr(&bench->out), expected);
    buf_clear(&bench->out);
}

static void puts_what_comes_into_order(void **state)
{
    AUTO(bench_done) struct bench bench;
    (void)state;
    bench_init(&bench);
    hear(&bench, MESSAGE_INPUT, 2, "c", 0);
    hear(&bench, MESSAGE_INPUT, 1, "b", 0);
    assert_string_equal(buf_cstr(&bench.taken), "");
    hear(&bench, MESSAGE_INPUT, 0, "a", 0);
    assert_string_equal(buf_cstr(&bench.taken), "abc");
    assert_out(&bench, "ack 2;ack 1;ack 0;");
    hear(&bench, MESSAGE_INPUT, 1, "b", 0);
    assert_out(&bench, "ack 1;"); /* once more, as the first one may be lost */
    assert_string_equal(buf_cstr(&bench.taken), "abc");
}

static void acknowledges_nothing_that_cannot_be_taken(void **state)
{
    AUTO(bench_done) struct bench bench;
    (void)state;
    bench_init(&bench);
    bench.is_busy = true;
    hear(&bench, MESSAGE_INPUT, 0, "a", 0);
    hear(&bench, MESSAGE_INPUT, 1, "b", 0);
    assert_out(&bench, "ack 1;"); /* it is held */
    bench.is_busy = false;
    hear(&bench, MESSAGE_INPUT, 0, "a", 0);
    assert_out(&bench, "ack 0;");
    assert_string_equal(buf_cstr(&bench.taken), "ab");
    assert_int_equal(carrier_due_ms(&bench.carrier), -1);
}

static void sends_the_oldest_again_until_it_is_acknowledged(void **state)
{
    AUTO(bench_done) struct bench bench;
    (void)state;
    bench_init(&bench);
    carrier_send(&bench.carrier, PAYLOAD_OUTPUT, SV("a"), 1000);
    carrier_send(&bench.carrier, PAYLOAD_OUTPUT, SV("b"), 1000);
    assert_out(&bench, "0 a;1 b;");
    carrier_turn(&bench.carrier, 1200);
    assert_out(&bench, "");
    carrier_turn(&bench.carrier, 1301);
    assert_out(&bench, "0 a;");
    carrier_turn(&bench.carrier, 1450);
    assert_out(&bench, "");
    hear_ack(&bench, 1, 1460);
    assert_int_equal(carrier_unacked(&bench.carrier), 2); /* the first one is waited for */
    carrier_turn(&bench.carrier, 1900);
    assert_out(&bench, "0 a;");
    hear_ack(&bench, 0, 1910);
    assert_int_equal(carrier_unacked(&bench.carrier), 0);
    assert_int_equal(carrier_due_ms(&bench.carrier), -1);
    carrier_turn(&bench.carrier, 9000);
    assert_out(&bench, "");
}

static void sends_all_again_when_it_is_told_to(void **state)
{
    AUTO(bench_done) struct bench bench;
    (void)state;
    bench_init(&bench);
    bench.carrier.resends_all = true;
    for (int i = 0; i < 3; i++)
        carrier_send(&bench.carrier, PAYLOAD_OUTPUT, SV("x"), 0);
    hear_ack(&bench, 1, 5);
    buf_clear(&bench.out);
    carrier_turn(&bench.carrier, 500);
    assert_out(&bench, "0 x;2 x;");
}

static void says_nothing_while_nobody_is_there(void **state)
{
    AUTO(bench_done) struct bench bench;
    (void)state;
    bench_init(&bench);
    carrier_send(&bench.carrier, PAYLOAD_OUTPUT, SV("a"), 0);
    bench.carrier.is_paused = true;
    carrier_send(&bench.carrier, PAYLOAD_OUTPUT, SV("b"), 0);
    carrier_turn(&bench.carrier, 5000);
    assert_out(&bench, "0 a;");
    bench.carrier.is_paused = false;
    carrier_turn(&bench.carrier, 5200);
    assert_out(&bench, "0 a;1 b;");
}

static void keeps_its_pace(void **state)
{
    AUTO(bench_done) struct bench bench;
    (void)state;
    bench_init(&bench);
    bench.carrier.pace = 100;
    for (int i = 0; i < 50; i++)
        carrier_send(&bench.carrier, PAYLOAD_OUTPUT, SV("x"), 0);
    assert_int_equal(bench.carrier.n_on_way, 0);
    carrier_turn(&bench.carrier, 100);
    assert_int_equal(bench.carrier.n_on_way, 10);
    carrier_turn(&bench.carrier, 150);
    assert_int_equal(bench.carrier.n_on_way, 15);
}

/* --- frames ----------------------------------------------------------------------------------- */

static void reads_what_clients_mask(void **state)
{
    static const char hello[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; /* RFC 6455 5.7 */
    struct ws_reader reader = {0};
    struct ws_item item;
    (void)state;
    for (size_t i = 0; i + 1 < sizeof hello; i++) {
        assert_int_equal(ws_next(&reader, &item), WS_MORE);
        ws_feed(&reader, (struct sv){hello + i, 1});
    }
    assert_int_equal(ws_next(&reader, &item), WS_MESSAGE);
    assert_int_equal(item.kind, WS_TEXT);
    assert_sv(item.data, "Hello");
    ws_feed(&reader, SV("\x81\x05Hello"));
    assert_int_equal(ws_next(&reader, &item), WS_FAILED);
    assert_int_equal(item.status, WS_PROTOCOL);
    ws_reader_done(&reader);
}

static void proves_the_handshake(void **state)
{
    AUTO(buf_done) struct buf accept = BUF_NONE;
    (void)state;
    assert_true(ws_accept(SV("dGhlIHNhbXBsZSBub25jZQ=="), &accept)); /* RFC 6455 1.3 */
    assert_string_equal(buf_cstr(&accept), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_false(ws_accept(SV("c2hvcnQ="), &accept));
    assert_false(ws_accept(SV("not base64 at all!!!"), &accept));
}

/* --- documents and options -------------------------------------------------------------------- */

static bool read_document(const char *content, const char *parameters, struct session_shape *shape,
                          struct buf *why)
{
    AUTO(json_free_at) cJSON *tree = NULL, *given = NULL;
    assert_int_equal(json_parse(sv_of(content), "content", &tree, NULL), OK);
    if (parameters)
        assert_int_equal(json_parse(sv_of(parameters), "parameters", &given, NULL), OK);
    buf_clear(why);
    return session_document_read(tree, given, shape, why);
}

static void fills_documents(void **state)
{
    static const char port[] =
        "{'schemaVersion':'1.0','sessionType':'Port','parameters':{'portNumber':{'type':'String',"
        "'allowedPattern':'^[0-9]{1,4}$','default':'80'},'host':{'type':'String'}},'properties':{"
        "'portNumber':'{{ portNumber }}','type':'LocalPortForwarding','host':'{{host}}.internal'}}";
    AUTO(session_shape_done) struct session_shape shape = {0};
    AUTO(buf_done) struct buf why = BUF_NONE;
    char content[sizeof port];
    (void)state;
    for (size_t i = 0; i < sizeof port; i++)
        content[i] = (char)(port[i] == '\'' ? '"' : port[i]);
    assert_true(read_document(content, "{\"host\":[\"db\"]}", &shape, &why));
    assert_int_equal(shape.type, SESSION_PORT);
    AUTO_FREE char *text = json_print(shape.properties);
    assert_string_equal(
        text, "{\"portNumber\":\"80\",\"type\":\"LocalPortForwarding\",\"host\":\"db.internal\"}");
    session_shape_done(&shape);
    assert_false(read_document(content, NULL, &shape, &why));
    assert_string_equal(buf_cstr(&why), "The parameter host has to be given.");
    assert_false(read_document(content, "{\"host\":[\"a\",\"b\"]}", &shape, &why));
    assert_string_equal(buf_cstr(&why), "The parameter host takes one value.");
    assert_false(read_document(content, "{\"host\":[\"a\"],\"portNumber\":[\"x\"]}", &shape, &why));
    assert_string_equal(buf_cstr(&why),
                        "The value of the parameter portNumber is not allowed by the document.");
    assert_false(read_document(content, "{\"host\":[\"a\"],\"colour\":[\"x\"]}", &shape, &why));
    assert_string_equal(buf_cstr(&why), "The parameter colour is not one of the document's.");
}

static void reads_preferences(void **state)
{
    AUTO(session_shape_done) struct session_shape shape = {0};
    AUTO(buf_done) struct buf why = BUF_NONE;
    (void)state;
    assert_true(read_document(session_document_default, NULL, &shape, &why));
    assert_int_equal(shape.type, SESSION_SHELL);
    session_shape_done(&shape);
    assert_true(read_document("{\"sessionType\":\"Standard_Stream\",\"inputs\":{\"kmsKeyId\":\"k\","
                              "\"idleSessionTimeout\":\"5\",\"maxSessionDuration\":\"60\","
                              "\"s3BucketName\":\"b\",\"shellProfile\":{\"linux\":\"cd /\"}}}",
                              NULL, &shape, &why));
    assert_string_equal(shape.kms_key_id, "k");
    assert_int_equal(shape.idle_min * 1000 + shape.max_min, 5060);
    assert_string_equal(shape.bucket, "b");
    assert_sv(json_sv(shape.properties, "profile"), "cd /");
    session_shape_done(&shape);
    assert_false(read_document("{\"schemaVersion\":\"0.3\"}", NULL, &shape, &why));
}

static void reads_options(void **state)
{
    struct session_options options = SESSION_OPTIONS_DEFAULT;
    (void)state;
    assert_true(session_options_parse(
        SV("prompt=0,agent=3.0.196.0,port=22:40022,port=80:8080,resend=all"), &options));
    assert_int_equal(options.prompt_ms, 0);
    assert_int_equal(options.n_ports, 2);
    assert_int_equal(options.ports[1].to, 8080);
    assert_true(options.resends_all);
    assert_int_equal(options.token_s, 60);
    static const char *const wrong[] = {"",         "prompt",    "prompt=-1", "prompt=x",
                                        "idle=61",  "port=22",   "port=0:1",  "resend=some",
                                        "colour=1", "prompt=1,", "challenge="};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(session_options_parse(sv_of(wrong[i]), &options));
    assert_string_equal(options.version, "3.0.196.0");
}

/* --- folders ---------------------------------------------------------------------------------- */

/* A folder of another run, last changed at that time. */
static void make_old(const char *base, const char *name, time_t changed_s, char path[300])
{
    const struct timespec times[2] = {{.tv_sec = changed_s}, {.tv_sec = changed_s}};
    char inside[320];
    snprintf(path, 300, "%s/watchdeck-nodes-%s", base, name);
    snprintf(inside, sizeof inside, "%s/i-1", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(mkdir(inside, 0700), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void sweeps_what_killed_runs_have_left(void **state)
{
    char base[] = "/tmp/watchdeck-homes-XXXXXX", killed[300], young[300], used[300], path[300];
    struct homes homes = {0};
    (void)state;
    assert_non_null(mkdtemp(base));
    setenv("TMPDIR", base, 1);
    make_old(base, "killed", 1, killed);
    make_old(base, "young", time(NULL), young);
    make_old(base, "used", 1, used);
    int fd = open(used, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(homes_of_node(&homes, "i-2", path, sizeof path, NULL), OK);
    assert_true(is_there(path) && is_there(young) && is_there(used));
    assert_false(is_there(killed));
    homes_done(&homes);
    assert_false(is_there(path));
    close(fd);
    make_old(base, "killed", 1, killed);
    assert_int_equal(utimensat(AT_FDCWD, young, (struct timespec[2]){{1, 0}, {1, 0}}, 0), 0);
    assert_int_equal(homes_of_node(&homes, "i-2", path, sizeof path, NULL), OK);
    assert_false(is_there(killed) || is_there(young) || is_there(used));
    homes_done(&homes);
    assert_int_equal(rmdir(base), 0);
    unsetenv("TMPDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_what_comes_into_order),
        cmocka_unit_test(acknowledges_nothing_that_cannot_be_taken),
        cmocka_unit_test(sends_the_oldest_again_until_it_is_acknowledged),
        cmocka_unit_test(sends_all_again_when_it_is_told_to),
        cmocka_unit_test(says_nothing_while_nobody_is_there),
        cmocka_unit_test(keeps_its_pace),
        cmocka_unit_test(reads_what_clients_mask),
        cmocka_unit_test(proves_the_handshake),
        cmocka_unit_test(fills_documents),
        cmocka_unit_test(reads_preferences),
        cmocka_unit_test(reads_options),
        cmocka_unit_test(sweeps_what_killed_runs_have_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
