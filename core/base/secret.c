#include "core/base/secret.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/mem.h"

struct secret {
    atomic_uint refs;
    size_t mapped_bytes;
    size_t len;
    char bytes[];
};

static size_t whole_pages(size_t size_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size_bytes + page - 1) / page * page;
}

struct secret *secret_new(struct sv bytes)
{
    size_t mapped_bytes = whole_pages(sizeof(struct secret) + bytes.len);
    struct secret *secret =
        mmap(NULL, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        mem_exhausted("memory");
    /* Best effort each: RLIMIT_MEMLOCK may be small, and a secret is needed all the same. */
    mlock(secret, mapped_bytes);
    madvise(secret, mapped_bytes, MADV_DONTDUMP);
    madvise(secret, mapped_bytes, MADV_WIPEONFORK);

    atomic_init(&secret->refs, 1);
    secret->mapped_bytes = mapped_bytes;
    secret->len = bytes.len;
    if (bytes.len != 0)
        memcpy(secret->bytes, bytes.ptr, bytes.len);
    return secret;
}

struct secret *secret_ref(struct secret *secret)
{
    if (secret != NULL)
        atomic_fetch_add(&secret->refs, 1);
    return secret;
}

void secret_unref(struct secret *secret)
{
    if (secret == NULL || atomic_fetch_sub(&secret->refs, 1) != 1)
        return;
    size_t mapped_bytes = secret->mapped_bytes;
    secret_wipe(secret, mapped_bytes);
    munmap(secret, mapped_bytes);
}

struct sv secret_bytes(const struct secret *secret)
{
    return secret != NULL ? (struct sv){secret->bytes, secret->len} : SV_NONE;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    struct sv x = secret_bytes(a), y = secret_bytes(b);
    return (a == NULL) == (b == NULL) && x.len == y.len && bytes_equal(x.ptr, y.ptr, x.len);
}

void secret_wipe(void *bytes, size_t len)
{
    if (len != 0)
        explicit_bzero(bytes, len);
}
