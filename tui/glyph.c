#include "tui/glyph.h"

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/vec.h"

#define CLUSTER_BIT 0x80000000u

static struct {
    struct map numbers;
    VEC(char *) texts;
} clusters;

uint32_t glyph_of(struct sv cluster)
{
    uint32_t codepoint;

    if (utf8_decode(cluster, &codepoint) == cluster.len)
        return codepoint;
    const union map_value *known = map_get(&clusters.numbers, cluster);
    if (known != NULL)
        return CLUSTER_BIT | (uint32_t)known->u64;
    if (clusters.texts.len == GLYPH_CLUSTERS_MAX)
        return codepoint; /* without its marks */
    uint32_t number = (uint32_t)clusters.texts.len;
    vec_push(&clusters.texts, sv_dup(cluster));
    map_put(&clusters.numbers, cluster, NULL)->u64 = number;
    return CLUSTER_BIT | number;
}

size_t glyph_bytes(uint32_t glyph, char bytes[TEXT_CLUSTER_BYTES])
{
    size_t len;

    if (glyph & CLUSTER_BIT) {
        struct sv text = sv_of(clusters.texts.ptr[glyph & ~CLUSTER_BIT]);
        sv_copy(text, bytes, TEXT_CLUSTER_BYTES);
        return text.len;
    }
    len = utf8_encode(glyph, bytes);
    bytes[len] = '\0';
    return len;
}

size_t glyph_codepoints(uint32_t glyph, uint32_t codepoints[TEXT_MARKS_MAX + 1])
{
    size_t n = 0;

    if ((glyph & CLUSTER_BIT) == 0) {
        codepoints[0] = glyph;
        return 1;
    }
    struct sv rest = sv_of(clusters.texts.ptr[glyph & ~CLUSTER_BIT]);
    for (size_t used; n <= TEXT_MARKS_MAX && (used = utf8_decode(rest, &codepoints[n])) != 0; n++)
        rest = (struct sv){rest.ptr + used, rest.len - used};
    return n;
}
