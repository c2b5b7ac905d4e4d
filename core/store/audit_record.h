/*
 * audit_record: one line of the trail and its two companions, the key and the head.
 *
 * A line ends in ,"prev_sha256":"<64>","sha256":"<64>","mac":"<64>"} with lower-case hex. sha256 is
 * over the line's own bytes up to ,"sha256" and a closing brace, that is, over the line as JSON
 * without its last two members; mac is HMAC-SHA-256 over the 64 hex digits of sha256. Bytes are
 * compared, not parsed values: there is no second way to write a record.
 */
#ifndef CORE_STORE_AUDIT_RECORD_H
#define CORE_STORE_AUDIT_RECORD_H

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/secret.h"

/* Larger records are refused: a trail is for reading. */
#define AUDIT_RECORD_BYTES_MAX ((size_t)256 << 10)

/* What the next record is chained to. Before the first one: seq 0, sha256 of 64 zeros. */
struct audit_link {
    uint64_t seq;
    char sha256[SHA256_HEX_SIZE];
};
extern const struct audit_link audit_link_none;

enum audit_trust {
    AUDIT_GENUINE, /* hash and MAC are right (without a key: the hash is) */
    AUDIT_FORGED,  /* the hash is right, the MAC is not */
    AUDIT_BROKEN,  /* neither */
};

struct audit_record {
    enum audit_trust trust;
    uint64_t seq; /* as the line claims; 0 when it cannot be read */
    char prev_sha256[SHA256_HEX_SIZE], sha256[SHA256_HEX_SIZE]; /* "" when they cannot be read */
};

/*
 * Appends to line the record of fields (an object) that follows last, LF included, and makes *last
 * its link. ERR_TOO_BIG, ERR_INTERNAL when fields has a member of the chain's own.
 */
enum err_code audit_record_write(struct buf *line, const struct secret *key, int64_t at_ms,
                                 const cJSON *fields, struct audit_link *last, struct err *err);
/* key NULL: MACs are not looked at. */
void audit_record_read(struct sv line, const struct secret *key, struct audit_record *record);
/* Where the line of record seq begins: {"seq":12,"ts":" */
void audit_record_beginning(struct buf *out, uint64_t seq);

/* The head: {"seq":N,"sha256":"<64>","mac":"<64>"} of the last record, and LF. */
void audit_head_write(struct buf *out, const struct secret *key, const struct audit_link *last);
/* False when it is not exactly that; the MAC is not looked at when key is NULL. */
bool audit_head_read(struct sv text, const struct secret *key, struct audit_link *last);

/* The key file: 64 hex digits and LF. NULL when it is not that. */
struct secret *audit_key_read(struct sv text);
/* A new key; its file's text is appended to out. Wipe that. */
struct secret *audit_key_make(struct buf *out);

#endif
