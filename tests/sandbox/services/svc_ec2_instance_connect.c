/*
 * svc_ec2_instance_connect: a public key for a node, good for a minute. Where --session has
 * keys=DIR, DIR/USER then holds the keys of that user as an AuthorizedKeysFile of sshd does, each
 * with its end.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/world/world_doc.h"

#define KEY_LIFE_MS    60000
#define KEYS_BYTES_MAX ((size_t)64 << 10)

/* The user ends up in a file's name here, in a line of a program's on a node. */
static bool is_user(const char *user)
{
    if (!isalnum((unsigned char)*user) && *user != '_')
        return false;
    for (const char *c = user; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("@._$-", *c))
            return false;
    return true;
}

/* "ssh-ed25519 BASE64 COMMENT", or ssh-rsa: the service takes these two. */
static bool is_key(struct sv line)
{
    AUTO(buf_done) struct buf blob = BUF_NONE;
    struct sv kind = sv_split(&line, ' '), base64 = sv_split(&line, ' ');
    bool is_known = sv_eq_cstr(kind, "ssh-ed25519") || sv_eq_cstr(kind, "ssh-rsa");
    return is_known && memchr(line.ptr ? line.ptr : "", '\n', line.len) == NULL &&
           base64_decode(&blob, base64) && blob.len > 4 + kind.len &&
           (size_t)(unsigned char)blob.ptr[3] == kind.len &&
           memcmp(blob.ptr + 4, kind.ptr, kind.len) == 0;
}

/* sshd itself looks at the end of a key. */
static bool keep_key(const struct call *call, const char *dir)
{
    AUTO(buf_done) struct buf keys = BUF_NONE;
    char path[400], until[32];
    time_t end_s = (time_t)((call->wall_ms + KEY_LIFE_MS) / 1000);
    struct tm tm;
    snprintf(path, sizeof path, "%s/%s", dir, in_str(call, "InstanceOSUser"));
    os_read_file(path, KEYS_BYTES_MAX, &keys, NULL);
    strftime(until, sizeof until, "%Y%m%d%H%M%S", localtime_r(&end_s, &tm));
    buf_addf(&keys, "expiry-time=\"%s\" " SV_FMT "\n", until,
             SV_ARG(sv_trim(sv_of(in_str(call, "SSHPublicKey")))));
    return os_write_atomically(path, buf_sv(&keys), 0644, NULL) == OK;
}

static bool check_input(const struct call *call, struct reply *reply)
{
    if (!is_user(in_str(call, "InstanceOSUser")))
        reply_error(reply, 400, "ValidationException",
                    "1 validation error detected: Value at 'instanceOSUser' failed to satisfy "
                    "constraint: Member must satisfy regular expression pattern");
    else if (!is_key(sv_trim(sv_of(in_str(call, "SSHPublicKey")))))
        reply_error(reply, 0, "InvalidArgsException", "Invalid SSH public key");
    return *reply->code == '\0';
}

static bool check_instance(struct world *world, const struct call *call, struct reply *reply)
{
    const struct cell *cell = world_cell(world, call->account_id, call->region);
    const char *id = in_str(call, "InstanceId");
    struct ref ref;
    bool is_there = cell && resource_find(world, cell_number(world, cell), EC2_INSTANCE, id, &ref);
    AUTO(json_free_at) cJSON *doc = is_there ? doc_live(world, ref) : NULL;
    const cJSON *state = json_path(json_get(doc, "configuration"), "state.name");
    if (!doc)
        reply_error(reply, 0, "EC2InstanceNotFoundException", "Instance not found");
    else if (!cJSON_IsString(state) || strcmp(state->valuestring, "running") != 0)
        reply_error(reply, 0, "EC2InstanceStateInvalidException",
                    "Unable to connect to an instance that is not running");
    return *reply->code == '\0';
}

static void send_key(struct world *world, const struct call *call, struct reply *reply)
{
    const char *dir = broker_options(call->broker)->keys_dir;
    if (!check_input(call, reply) || !check_instance(world, call, reply))
        return;
    if (*dir && !keep_key(call, dir)) {
        reply_error(reply, 0, "ServiceException", "the key could not be kept in %.300s", dir);
        return;
    }
    cJSON_AddBoolToObject(reply->output, "Success", true);
    cJSON_AddStringToObject(reply->output, "RequestId", "4e5f3e2a-0000-4000-8000-000000000000");
}

static const struct route routes[] = {
    {"SendSSHPublicKey", send_key},
};

const struct service_routes service_ec2_instance_connect = {"ec2-instance-connect", routes,
                                                            ARRAY_LEN(routes), NULL};
