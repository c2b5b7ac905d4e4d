/* What a server offers, from its first bytes. */
#include <string.h>

#include "core/session/ssh/offer.h"
#include "tests/unit/unit.h"

static void add_u32(struct buf *out, size_t n)
{
    const char bytes[] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};

    buf_add(out, (struct sv){bytes, sizeof bytes});
}

static void add_list(struct buf *out, const char *names)
{
    struct sv text = sv_of(names);

    add_u32(out, text.len);
    buf_add(out, text);
}

/* A greeting, and a KEXINIT with these lists. */
static void make(struct buf *out, const char *const lists[OFFER_KINDS])
{
    AUTO(buf_done) struct buf payload = BUF_NONE;

    buf_add(&payload, SV("\x14"
                         "0123456789abcdef"));
    for (size_t i = 0; i < OFFER_KINDS; i++)
        add_list(&payload, lists[i]);
    buf_add_cstr(out, "a word before\r\nSSH-2.0-OpenSSH_9.2\r\n");
    add_u32(out, payload.len + 1);
    buf_add_char(out, 0);
    buf_add(out, buf_sv(&payload));
}

static const char *const lists[OFFER_KINDS] = {
    "curve25519-sha256",     "rsa-sha2-512,rsa-sha2-256",     "aes256-ctr",
    "aes256-ctr,aes128-ctr", "hmac-sha2-256-etm@openssh.com", ""};

static void what_is_offered_is_read(void **state)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct offer offer;
    struct err err;

    (void)state;
    make(&bytes, lists);
    assert_true(offer_read(buf_sv(&bytes), &offer));
    assert_true(offer_shares(&offer, OFFER_KEX, SV("x,curve25519-sha256")));
    assert_false(offer_shares(&offer, OFFER_HOST_KEY, SV("ssh-ed25519,rsa-sha2")));
    assert_true(offer_shares(&offer, OFFER_CRYPT_SC, SV("aes128-ctr")));
    assert_false(offer_shares(&offer, OFFER_MAC_CS, SV("hmac-sha2-256")));
    assert_int_equal(offer_refuse(&offer, OFFER_HOST_KEY, SV("ssh-ed25519"), &err),
                     ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "the node has only rsa-sha2-512,rsa-sha2-256"));
    assert_non_null(strstr(err.message, "ssh-keygen -A"));
    offer_refuse(&offer, OFFER_HOST_KEY,
                 SV("ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"),
                 &err);
    assert_non_null(
        strstr(err.message, "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,...; "));
}

/* Each beginning of it is no offer, and none is read beyond its end. */
static void no_part_of_it_is_enough(void **state)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct offer offer;

    (void)state;
    make(&bytes, lists);
    for (size_t n = 0; n < bytes.len; n++) {
        char *copy = mem_copy(bytes.ptr, n + 1);
        assert_false(offer_read((struct sv){copy, n}, &offer));
        mem_free(copy);
    }
    assert_false(offer_read(SV("HTTP/1.1 400 Bad Request\r\n\r\n"), &offer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_offered_is_read),
        cmocka_unit_test(no_part_of_it_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
