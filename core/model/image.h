/*
 * image: the rows of a table as bytes, and back. For a cache on this machine and this version of
 * the program: whoever keeps an image keeps image_layout with it.
 *
 * Column after column, so that what is stored once in the table is stored once here. Columns with
 * COL_SECRET are left out: their cells are absent when the image is read.
 */
#ifndef CORE_MODEL_IMAGE_H
#define CORE_MODEL_IMAGE_H

#include "core/model/table.h"

/* A number that changes when rows written for these columns can no longer be read as theirs. */
uint64_t image_layout(const struct column *columns, size_t n_columns);

/* Appends the published rows. ERR_TOO_BIG when the cap of out is reached. Any runner. */
enum err_code image_write(const struct table *table, struct buf *out);

/* The rows, published; NULL for bytes that image_write cannot have made. Rows whose key has come
 * before are left out, as anywhere. columns must outlive the table. Any runner. */
struct table *image_read(struct sv image, const struct column *columns, size_t n_columns);

#endif
