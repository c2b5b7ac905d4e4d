/* shell: the screen of the shells, as far as others have to know of it. */
#ifndef VIEWS_SHELL_H
#define VIEWS_SHELL_H

struct app;

/* The size that the terminal of a shell has on that screen when it is opened now. */
void shell_view_size(struct app *app, int *rows, int *cols);

#endif
