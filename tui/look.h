/*
 * look: colours and attributes that no theme has chosen, as styles: what the programs in a shell
 * ask for. Each look is numbered once for the whole process; UI runner only.
 */
#ifndef TUI_LOOK_H
#define TUI_LOOK_H

#include <stdint.h>

#include "tui/theme.h"

#define LOOKS_MAX 32768 /* later ones lose their background, then their colours */

/* The style of look (colours of 256, or COLOR_NONE); ROLE_TEXT for one without any. */
style_t look_style(struct look look);
/* The look of such a style. */
struct look look_of_style(style_t style);
/* It with overlays (enum overlay) laid over it, as a style. */
style_t look_lay(style_t style, style_t overlays);
/* The look on a terminal with n_colors (256, 16, 8; less: attributes alone). */
struct look look_at_depth(struct look look, int n_colors);
/* The colour of the 256 that is nearest to an RGB one. */
int16_t color_nearest(uint8_t red, uint8_t green, uint8_t blue);

#endif
