#include "core/store/audit_record.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define PREV    "\"prev_sha256\":\""
#define SHA     ",\"sha256\":\""
#define MAC     ",\"mac\":\""

#define HEX_LEN ((size_t)SHA256_HEX_SIZE - 1)
/* Of a line: what follows the hashed bytes, and where in front of it the previous hash stands. */
#define SEAL_LEN (sizeof SHA + HEX_LEN + sizeof MAC + HEX_LEN + 1)
#define PREV_LEN (sizeof PREV + HEX_LEN)

const struct audit_link audit_link_none = {
    .sha256 = "0000000000000000000000000000000000000000000000000000000000000000"};

/* --- hashes ------------------------------------------------------------------------------- */

/* hashed is the line up to ,"sha256": */
static void hash_body(struct sv hashed, char hex[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf body = BUF_NONE;

    buf_add(&body, hashed);
    buf_add_char(&body, '}');
    sha256_hex(buf_sv(&body), hex);
}

static void mac_of(const struct secret *key, const char *sha, char hex[SHA256_HEX_SIZE])
{
    uint8_t mac[SHA256_BYTES];

    hmac_sha256(secret_bytes(key), sv_of(sha), mac);
    hex_encode(mac, sizeof mac, hex);
}

/* --- writing ------------------------------------------------------------------------------ */

static bool is_ours(const char *name)
{
    return sv_has_word(SV("seq ts prev_sha256 sha256 mac"), sv_of(name));
}

void audit_record_beginning(struct buf *out, uint64_t seq)
{
    buf_addf(out, "{\"seq\":%llu,\"ts\":\"", (unsigned long long)seq);
}

static void seal(struct buf *line, const struct secret *key, struct audit_link *link)
{
    char mac[SHA256_HEX_SIZE];

    hash_body(buf_sv(line), link->sha256);
    mac_of(key, link->sha256, mac);
    buf_addf(line, SHA "%s\"" MAC "%s\"}\n", link->sha256, mac);
}

enum err_code audit_record_write(struct buf *line, const struct secret *key, int64_t at_ms,
                                 const cJSON *fields, struct audit_link *last, struct err *err)
{
    AUTO(buf_done) struct buf record = BUF_CAPPED(AUDIT_RECORD_BYTES_MAX);
    struct json_writer w = {.out = &record, .need_comma = true};
    struct audit_link link = {.seq = last->seq + 1};
    char iso[CLOCK_ISO_SIZE];

    clock_iso8601(at_ms, true, iso);
    audit_record_beginning(&record, link.seq);
    buf_addf(&record, "%s\"", iso);
    for (const cJSON *field = fields != NULL ? fields->child : NULL; field; field = field->next) {
        if (is_ours(field->string))
            return err_set(err, ERR_INTERNAL, "audit", "a field must not be called %s",
                           field->string);
        buf_add_char(&record, ',');
        w.need_comma = false;
        jw_key(&w, field->string);
        jw_tree(&w, field);
    }
    buf_addf(&record, "," PREV "%s\"", last->sha256);
    seal(&record, key, &link);
    if (buf_err(&record) != OK)
        return err_set(err, ERR_TOO_BIG, "audit", "the record is longer than %zu bytes",
                       AUDIT_RECORD_BYTES_MAX);
    buf_add(line, buf_sv(&record));
    *last = link;
    return OK;
}

/* --- reading ------------------------------------------------------------------------------ */

/* Takes literal off the front of *rest. */
static bool take(struct sv *rest, struct sv literal)
{
    if (!sv_starts(*rest, literal))
        return false;
    rest->ptr += literal.len;
    rest->len -= literal.len;
    return true;
}

static bool is_lower_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Takes a hash and the quote behind it. */
static bool take_hex(struct sv *rest, char hex[SHA256_HEX_SIZE])
{
    struct sv digits = {rest->ptr, 0};

    while (digits.len < rest->len && is_lower_hex(digits.ptr[digits.len]))
        digits.len++;
    if (digits.len != HEX_LEN || !take(rest, digits) || !take(rest, SV("\"")))
        return false;
    sv_copy(digits, hex, SHA256_HEX_SIZE);
    return true;
}

/* The number without leading zeros, so that it can be written in one way only. */
static bool take_seq(struct sv *rest, uint64_t *seq)
{
    size_t digits = 0;
    int64_t value;

    while (digits < rest->len && rest->ptr[digits] >= '0' && rest->ptr[digits] <= '9')
        digits++;
    struct sv number = {rest->ptr, digits};
    if (!sv_to_i64(number, &value) || (digits > 1 && number.ptr[0] == '0'))
        return false;
    *seq = (uint64_t)value;
    rest->ptr += digits;
    rest->len -= digits;
    return true;
}

static uint64_t claimed_seq(struct sv line)
{
    uint64_t seq = 0;
    return take(&line, SV("{\"seq\":")) && take_seq(&line, &seq) && take(&line, SV(",\"ts\":\""))
               ? seq
               : 0;
}

/* Splits the end of a line into its three hashes. */
static bool read_seal(struct sv line, struct audit_record *record, char mac[SHA256_HEX_SIZE])
{
    if (line.len < PREV_LEN + SEAL_LEN)
        return false;
    struct sv rest = {line.ptr + line.len - SEAL_LEN - PREV_LEN, PREV_LEN + SEAL_LEN};
    return take(&rest, SV(PREV)) && take_hex(&rest, record->prev_sha256) && take(&rest, SV(SHA)) &&
           take_hex(&rest, record->sha256) && take(&rest, SV(MAC)) && take_hex(&rest, mac) &&
           sv_eq(rest, SV("}"));
}

void audit_record_read(struct sv line, const struct secret *key, struct audit_record *record)
{
    char mac[SHA256_HEX_SIZE], expected[SHA256_HEX_SIZE];

    *record = (struct audit_record){.trust = AUDIT_BROKEN, .seq = claimed_seq(line)};
    if (!read_seal(line, record, mac) || record->seq == 0)
        return;
    hash_body((struct sv){line.ptr, line.len - SEAL_LEN}, expected);
    if (strcmp(expected, record->sha256) != 0)
        return;
    record->trust = AUDIT_GENUINE;
    if (key == NULL)
        return;
    mac_of(key, record->sha256, expected);
    if (!bytes_equal(expected, mac, HEX_LEN))
        record->trust = AUDIT_FORGED;
}

/* --- head and key ------------------------------------------------------------------------- */

void audit_head_write(struct buf *out, const struct secret *key, const struct audit_link *last)
{
    char mac[SHA256_HEX_SIZE];

    mac_of(key, last->sha256, mac);
    buf_addf(out, "{\"seq\":%llu" SHA "%s\"" MAC "%s\"}\n", (unsigned long long)last->seq,
             last->sha256, mac);
}

bool audit_head_read(struct sv text, const struct secret *key, struct audit_link *last)
{
    char mac[SHA256_HEX_SIZE], expected[SHA256_HEX_SIZE];

    if (!take(&text, SV("{\"seq\":")) || !take_seq(&text, &last->seq) || !take(&text, SV(SHA)) ||
        !take_hex(&text, last->sha256) || !take(&text, SV(MAC)) || !take_hex(&text, mac) ||
        !sv_eq(text, SV("}\n")))
        return false;
    if (key == NULL)
        return true;
    mac_of(key, last->sha256, expected);
    return bytes_equal(expected, mac, HEX_LEN);
}

struct secret *audit_key_read(struct sv text)
{
    uint8_t bytes[SHA256_BYTES];

    if (text.len != HEX_LEN + 1 || text.ptr[HEX_LEN] != '\n' ||
        !hex_decode((struct sv){text.ptr, HEX_LEN}, bytes, sizeof bytes))
        return NULL;
    struct secret *key = secret_new((struct sv){(const char *)bytes, sizeof bytes});
    secret_wipe(bytes, sizeof bytes);
    return key;
}

struct secret *audit_key_make(struct buf *out)
{
    uint8_t bytes[SHA256_BYTES];
    char hex[SHA256_HEX_SIZE];

    os_random(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, hex);
    buf_addf(out, "%s\n", hex);
    struct secret *key = secret_new((struct sv){(const char *)bytes, sizeof bytes});
    secret_wipe(bytes, sizeof bytes);
    secret_wipe(hex, sizeof hex);
    return key;
}
