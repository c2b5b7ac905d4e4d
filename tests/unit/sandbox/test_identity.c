/* One-time codes by the vectors of their RFCs; web identity tokens that are ours, and others. */
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/identity/mfa.h"
#include "tests/sandbox/identity/web_identity.h"

#define NOW_MS INT64_C(1111111111000)

/* The secret of RFC 6238, appendix B. */
static struct mfa_device rfc_device(void)
{
    struct mfa_device device = {.serial = "arn:aws:iam::123456789012:mfa/rfc"};
    memcpy(device.secret, "12345678901234567890", MFA_SECRET_BYTES);
    return device;
}

static void codes_are_those_of_the_rfc(void **state)
{
    static const struct {
        int64_t at_s;
        const char *code;
    } vectors[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                   {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    const struct mfa_device device = rfc_device();
    char code[MFA_CODE_SIZE], base32[MFA_BASE32_SIZE];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        mfa_code(&device, vectors[i].at_s / 30, code);
        assert_string_equal(code, vectors[i].code);
    }
    mfa_secret(&device, base32);
    assert_string_equal(base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

static void no_code_is_accepted_twice(void **state)
{
    struct mfa_device device = rfc_device();
    char code[MFA_CODE_SIZE], old[MFA_CODE_SIZE];
    (void)state;
    mfa_code(&device, NOW_MS / 30000 - 2, old);
    assert_false(mfa_accept(&device, NOW_MS, old));
    assert_true(mfa_accept(&device, NOW_MS, "050471"));
    assert_false(mfa_accept(&device, NOW_MS, "050471"));
    mfa_code(&device, NOW_MS / 30000 - 1, old); /* older than the last one accepted */
    assert_false(mfa_accept(&device, NOW_MS, old));
    assert_true(mfa_next(&device, NOW_MS, code));
    assert_true(mfa_accept(&device, NOW_MS, code));
    assert_false(mfa_next(&device, NOW_MS, code));
    assert_true(mfa_next(&device, NOW_MS + 30000, code));
}

static void tokens_are_ours_or_not(void **state)
{
    const struct web_identity made = {.subject = "pod", .audience = "me", .expires_at_s = 77};
    AUTO(buf_done) struct buf token = BUF_NONE;
    struct web_identity read = {0};
    (void)state;
    web_identity_write(&token, &made);
    assert_int_equal(web_identity_read(buf_sv(&token), &read), WEB_IDENTITY_OK);
    assert_string_equal(read.subject, "pod");
    assert_string_equal(read.audience, "me");
    assert_int_equal(read.expires_at_s, 77);
    token.ptr[token.len - 2] ^= 1;
    assert_int_equal(web_identity_read(buf_sv(&token), &read), WEB_IDENTITY_FORGED);
    /* {"iss":"x"} */
    assert_int_equal(web_identity_read(SV("e30.eyJpc3MiOiJ4In0.c2ln"), &read),
                     WEB_IDENTITY_FOREIGN);
    assert_int_equal(web_identity_read(SV("e30.e30"), &read), WEB_IDENTITY_NO_JWT);
    assert_int_equal(web_identity_read(SV("e30.!.x"), &read), WEB_IDENTITY_NO_JWT);
    assert_int_equal(web_identity_read(SV(""), &read), WEB_IDENTITY_NO_JWT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_rfc),
        cmocka_unit_test(no_code_is_accepted_twice),
        cmocka_unit_test(tokens_are_ours_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
