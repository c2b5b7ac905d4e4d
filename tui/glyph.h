/*
 * glyph: a character with its marks as one number, so that cells are small and compare as bytes.
 *
 * A code point is its own number; what has more than one is numbered once for the whole process and
 * kept as long as it runs, at most GLYPH_CLUSTERS_MAX of them: later ones lose their marks. UI
 * runner only.
 */
#ifndef TUI_GLYPH_H
#define TUI_GLYPH_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/base/text.h"

#define GLYPH_CLUSTERS_MAX 65536

/* The number of a cluster as the text door hands it out (not empty, valid UTF-8). */
uint32_t glyph_of(struct sv cluster);
/* Its UTF-8, NUL-terminated; returns the length. */
size_t glyph_bytes(uint32_t glyph, char bytes[TEXT_CLUSTER_BYTES]);
/* Its code points, a base and its marks; returns how many. */
size_t glyph_codepoints(uint32_t glyph, uint32_t codepoints[TEXT_MARKS_MAX + 1]);

#endif
