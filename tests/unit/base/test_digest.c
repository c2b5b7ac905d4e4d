#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"

/* FIPS 180-4's examples. */
static void sha1_as_published(void **state)
{
    char hex[SHA1_HEX_SIZE];

    (void)state;
    sha1_hex(SV_NONE, hex);
    assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    sha1_hex(SV("abc"), hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* FIPS 180-4's examples. */
static void sha256_as_published(void **state)
{
    char hex[SHA256_HEX_SIZE];

    (void)state;
    sha256_hex(SV_NONE, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_hex(SV("abc"), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex(SV("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* In whatever pieces it comes, and asked for in between. */
static void sha256_in_pieces(void **state)
{
    const struct sv text = SV("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
    char whole[SHA256_HEX_SIZE], hex[SHA256_HEX_SIZE];

    (void)state;
    for (size_t cut = 0; cut <= text.len; cut++) {
        struct sha256_sum *sum = sha256_sum_new();
        sha256_sum_add(sum, (struct sv){text.ptr, cut});
        sha256_sum_hex(sum, hex);
        sha256_hex((struct sv){text.ptr, cut}, whole);
        assert_string_equal(hex, whole);
        sha256_sum_add(sum, (struct sv){text.ptr + cut, text.len - cut});
        sha256_sum_hex(sum, hex);
        sha256_hex(text, whole);
        assert_string_equal(hex, whole);
        sha256_sum_free(sum);
    }
}

/* RFC 4231, test cases 1, 2 and 6 (a key longer than a block), and nothing at all. */
static void hmac_as_published(void **state)
{
    uint8_t mac[SHA256_BYTES];
    char hex[SHA256_HEX_SIZE], key[131];

    (void)state;
    memset(key, 0x0b, 20);
    hmac_sha256((struct sv){key, 20}, SV("Hi There"), mac);
    hex_encode(mac, sizeof mac, hex);
    assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256(SV("Jefe"), SV("what do ya want for nothing?"), mac);
    hex_encode(mac, sizeof mac, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    hmac_sha256((struct sv){key, sizeof key},
                SV("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
    hex_encode(mac, sizeof mac, hex);
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_sha256(SV_NONE, SV_NONE, mac);
    hex_encode(mac, sizeof mac, hex);
    assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void hex_is_exact(void **state)
{
    uint8_t bytes[2] = {0xff, 0xff};

    (void)state;
    assert_true(hex_decode(SV("0aF9"), bytes, 2));
    assert_int_equal(bytes[0], 0x0a);
    assert_int_equal(bytes[1], 0xf9);
    assert_false(hex_decode(SV("0aF"), bytes, 2));
    assert_false(hex_decode(SV("0aF9c"), bytes, 2));
    assert_false(hex_decode(SV("0aF9cc"), bytes, 2));
    assert_false(hex_decode(SV("0ag9"), bytes, 2));
    assert_false(hex_decode(SV("0a 9"), bytes, 2));
    assert_true(hex_decode(SV_NONE, bytes, 0));
}

static void compares_bytes(void **state)
{
    (void)state;
    assert_true(bytes_equal("abc", "abc", 3));
    assert_false(bytes_equal("abc", "abd", 3));
    assert_true(bytes_equal("abc", "xyz", 0));
}

/* RFC 4648 section 10. */
static void base64_as_published(void **state)
{
    static const struct {
        const char *plain, *coded;
    } cases[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf coded = BUF_NONE;
        AUTO(buf_done) struct buf plain = BUF_NONE;
        base64_encode(&coded, sv_of(cases[i].plain));
        assert_string_equal(buf_cstr(&coded), cases[i].coded);
        assert_true(base64_decode(&plain, sv_of(cases[i].coded)));
        assert_string_equal(buf_cstr(&plain), cases[i].plain);
    }
}

static void base64_comes_back(void **state)
{
    unsigned char all[256 * 3];

    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)(i * 167);
    for (size_t len = 0; len <= sizeof all; len++) {
        AUTO(buf_done) struct buf coded = BUF_NONE;
        AUTO(buf_done) struct buf plain = BUF_NONE;
        struct sv data = {(char *)all, len};
        base64_encode(&coded, data);
        assert_true(base64_decode(&plain, buf_sv(&coded)));
        assert_true(sv_eq(buf_sv(&plain), data));
    }
}

static void base64_is_strict(void **state)
{
    static const char *const wrong[] = {
        "Zg",       "Zg=",  "Zg===", "Z===", "====", "Zg==Zg==", "Zm9v\n",   "Zm 9",       "Zm9-",
        "Zm9_Zm9v", "Zh==", "Zm9=",  "=Zm9", "Z=m9", "Zm=v",     "Zm9v====", "\xc3\xa9==",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        AUTO(buf_done) struct buf plain = BUF_NONE;
        if (base64_decode(&plain, sv_of(wrong[i])))
            fail_msg("accepted: %s", wrong[i]);
    }
    AUTO(buf_done) struct buf small = BUF_CAPPED(2);
    assert_false(base64_decode(&small, SV("Zm9v")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1_as_published),   cmocka_unit_test(sha256_as_published),
        cmocka_unit_test(sha256_in_pieces),    cmocka_unit_test(hmac_as_published),
        cmocka_unit_test(hex_is_exact),        cmocka_unit_test(compares_bytes),
        cmocka_unit_test(base64_as_published), cmocka_unit_test(base64_comes_back),
        cmocka_unit_test(base64_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
