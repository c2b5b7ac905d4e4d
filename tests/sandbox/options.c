#include "tests/sandbox/options.h"

#include <getopt.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"

#define CLOCK_SPEED_MAX 100000

const char options_help[] =
    "usage: watchdeck-sandbox [OPTION...]\n"
    "\n"
    "An AWS organization on loopback. Prints one line of JSON when it is ready: endpoint, keys,\n"
    "management account, region, control URL and principals.\n"
    "\n"
    "  --listen ADDRESS:PORT  where to listen; port 0 takes any (127.0.0.1:0)\n"
    "  --world KEY=VALUE,...  accounts, regions, resources (in all), seed, start\n"
    "                         (accounts=24,regions=4,resources=3000,waiting=3,seed=7)\n"
    "  --latency-ms N         how long every answer takes (0)\n"
    "  --tls DIR              speak TLS; the authority's certificate goes to DIR/ca.pem\n"
    "  --clock manual|N       the world's clock stands still until it is advanced, or runs N "
    "times\n"
    "                         as fast as ours; sessions and tokens last as long as ever\n"
    "  --requests FILE        append each request to FILE, as a line of JSON\n"
    "  --secrets FILE         append each secret that is handed out to FILE, likewise\n"
    "  --fault SPEC           KIND[:KEY=VALUE,...][;...]: throttle, error, loop, blank, twice,\n"
    "                         strange, wrong, body, huge, length, redirect, reset, close, stall,\n"
    "                         slow, expired, revoked, skew; of messages of sessions: lose, "
    "double,\n"
    "                         late, digest, pause, vanish, bye, drop; keys of all: rate=0..1, "
    "account,\n"
    "                         service, operation,\n"
    "                         after, first (see tests/sandbox/faults/fault.h)\n"
    "  --imds WORD,...        the metadata service of an instance on a port of its own: on, v1 or\n"
    "                         v2 (that version alone), norole, slow=MS, lasts=S\n"
    "  --container WORD,...   the credentials endpoints of a container: on, slow=MS, lasts=S\n"
    "  --proxy USER:PASSWORD[,WORD...]\n"
    "                         a CONNECT proxy that takes every host of AWS for the sandbox: "
    "refuse,\n"
    "                         html, die, silent, cut=BYTES; digest: Basic will not do\n"
    "  --session KEY=VALUE,...\n"
    "                         sessions of nodes: prompt=MS (1000) until a terminal is read, "
    "pace=N\n"
    "                         (0) messages a second of agents, limit=N (1000) of clients, token=S\n"
    "                         (60), bye=S (3600) of a connection, idle=MIN (20), max=MIN (0),\n"
    "                         agent=VERSION, kms=KEY, late=MS (0) until a handshake is asked for,\n"
    "                         challenge=required, resend=all, port=FROM:TO,\n"
    "                         keys=DIR: where an sshd looks for those of EC2 Instance Connect,\n"
    "                         runas=USER: what every caller's tag SSMSessionRunAs says\n"
    "  --parent-fd N          end when descriptor N, a pipe or a socket, ends\n"
    "  --rules                list the managed rules that have an evaluator\n"
    "  --operations           list the operations that are served, as service:Operation\n"
    "  --help, --version\n"
    "\n"
    "Control: POST {control}/clock {\"advance_s\":N}, POST {control}/world with a JSON patch\n"
    "(RFC 6902), GET {control}/state.\n";

static enum err_code wrong(struct err *err, const char *option, const char *expected)
{
    return err_set(err, ERR_USAGE, option, "expected %s", expected);
}

static bool parse_number(const char *text, int64_t max, int64_t *number)
{
    return sv_to_i64(sv_of(text), number) && *number >= 0 && *number <= max;
}

/* 127.0.0.1:8080, localhost:0, [::1]:0 */
static enum err_code set_listen(struct options *o, const char *value, struct err *err)
{
    const char *colon = strrchr(value, ':');
    int64_t port;
    if (!colon || !parse_number(colon + 1, 65535, &port))
        return wrong(err, "--listen", "ADDRESS:PORT");
    struct sv host = {value, (size_t)(colon - value)};
    if (sv_starts(host, SV("[")) && sv_ends(host, SV("]")))
        host = (struct sv){host.ptr + 1, host.len - 2};
    sv_copy(sv_eq_cstr(host, "localhost") ? SV("127.0.0.1") : host, o->address, sizeof o->address);
    o->port = (uint16_t)port;
    if (strcmp(o->address, "127.0.0.1") != 0 && strcmp(o->address, "::1") != 0)
        return wrong(err, "--listen", "the loopback interface, as 127.0.0.1:0 or [::1]:0");
    return OK;
}

static enum err_code set_world(struct options *o, const char *value, struct err *err)
{
    return world_spec_parse(sv_of(value), &o->world, err);
}

static enum err_code set_latency(struct options *o, const char *value, struct err *err)
{
    int64_t number;
    if (!parse_number(value, 600000, &number))
        return wrong(err, "--latency-ms", "milliseconds, 0 to 600000");
    o->latency_ms = (int)number;
    return OK;
}

static enum err_code set_tls(struct options *o, const char *value, struct err *err)
{
    if (!*value)
        return wrong(err, "--tls", "a folder");
    o->tls_dir = value;
    return OK;
}

static enum err_code set_clock(struct options *o, const char *value, struct err *err)
{
    int64_t speed = 0;
    o->world.clock_manual = strcmp(value, "manual") == 0;
    if (!o->world.clock_manual && !(parse_number(value, CLOCK_SPEED_MAX, &speed) && speed > 0))
        return wrong(err, "--clock", "manual, or how many times as fast it is to run");
    o->world.clock_speed = (unsigned)speed;
    return OK;
}

static enum err_code set_requests(struct options *o, const char *value, struct err *err)
{
    if (!*value)
        return wrong(err, "--requests", "a file");
    o->requests_path = value;
    return OK;
}

static enum err_code set_secrets(struct options *o, const char *value, struct err *err)
{
    if (!*value)
        return wrong(err, "--secrets", "a file");
    o->secrets_path = value;
    return OK;
}

static enum err_code set_fault(struct options *o, const char *value, struct err *err)
{
    (void)err; /* faults_new reads it, once there is a world to know its seed */
    o->faults = value;
    return OK;
}

static enum err_code set_imds(struct options *o, const char *value, struct err *err)
{
    return imds_options_parse(sv_of(value), &o->imds)
               ? OK
               : wrong(err, "--imds",
                       "on, v1 or v2, norole, slow=MS, lasts=S, with commas between");
}

static enum err_code set_container(struct options *o, const char *value, struct err *err)
{
    return container_options_parse(sv_of(value), &o->container)
               ? OK
               : wrong(err, "--container", "on, slow=MS, lasts=S, with commas between");
}

static enum err_code set_proxy(struct options *o, const char *value, struct err *err)
{
    return proxy_options_parse(sv_of(value), &o->proxy)
               ? OK
               : wrong(err, "--proxy",
                       "USER:PASSWORD, then digest, refuse, html, die, silent or cut=BYTES");
}

static enum err_code set_session(struct options *o, const char *value, struct err *err)
{
    return session_options_parse(sv_of(value), &o->session)
               ? OK
               : wrong(err, "--session",
                       "prompt=MS, late=MS, pace=N, limit=N, token=S, bye=S, idle=MIN, max=MIN, "
                       "agent=VERSION, kms=KEY, challenge=required, resend=all, port=FROM:TO, "
                       "keys=DIR or runas=USER, "
                       "with commas between");
}

static enum err_code set_parent(struct options *o, const char *value, struct err *err)
{
    int64_t number;
    if (!parse_number(value, 1 << 20, &number))
        return wrong(err, "--parent-fd", "the number of a descriptor");
    o->parent_fd = (int)number;
    return OK;
}

static const struct {
    const char *name;
    enum err_code (*set)(struct options *o, const char *value, struct err *err);
    enum options_task task; /* without set */
} table[] = {
    {"listen", set_listen, TASK_SERVE},      {"world", set_world, TASK_SERVE},
    {"latency-ms", set_latency, TASK_SERVE}, {"tls", set_tls, TASK_SERVE},
    {"clock", set_clock, TASK_SERVE},        {"requests", set_requests, TASK_SERVE},
    {"secrets", set_secrets, TASK_SERVE},    {"fault", set_fault, TASK_SERVE},
    {"imds", set_imds, TASK_SERVE},          {"container", set_container, TASK_SERVE},
    {"proxy", set_proxy, TASK_SERVE},        {"session", set_session, TASK_SERVE},
    {"parent-fd", set_parent, TASK_SERVE},   {"rules", NULL, TASK_RULES},
    {"operations", NULL, TASK_OPERATIONS},   {"help", NULL, TASK_HELP},
    {"version", NULL, TASK_VERSION},
};

static void make_long_options(struct option *list)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        list[i] = (struct option){table[i].name, table[i].set ? required_argument : no_argument,
                                  NULL, (int)i};
    list[ARRAY_LEN(table)] = (struct option){0};
}

enum err_code options_parse(int argc, char **argv, struct options *options, struct err *err)
{
    struct option list[ARRAY_LEN(table) + 1];
    int i;
    *options = (struct options){.address = "127.0.0.1",
                                .world = WORLD_SPEC_DEFAULT,
                                .faults = "",
                                .parent_fd = -1,
                                .session = SESSION_OPTIONS_DEFAULT};
    make_long_options(list);
    optind = 0;
    opterr = 0;
    while ((i = getopt_long(argc, argv, "+:", list, NULL)) != -1) {
        if (i == ':')
            return err_set(err, ERR_USAGE, argv[optind - 1], "the option needs a value");
        if (i == '?')
            return err_set(err, ERR_USAGE, argv[optind - 1], "there is no such option");
        if (!table[i].set) {
            options->task = table[i].task;
            continue;
        }
        enum err_code code = table[i].set(options, optarg, err);
        if (code != OK)
            return code;
    }
    if (optind < argc)
        return err_set(err, ERR_USAGE, argv[optind], "no arguments are expected");
    return OK;
}

void options_done(struct options *options)
{
    proxy_options_done(&options->proxy);
}
