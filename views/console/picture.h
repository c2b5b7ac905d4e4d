/*
 * picture: what is on the screen as an SVG file, for the README. Same cells, same theme as on a
 * terminal with 256 colours.
 */
#ifndef VIEWS_PICTURE_H
#define VIEWS_PICTURE_H

#include "tui/canvas.h"

/* Writes canvas to path. ERR_IO and friends when that cannot be done. */
enum err_code picture_write(const struct canvas *canvas, const struct theme *theme,
                            const char *path, struct err *err);

#endif
