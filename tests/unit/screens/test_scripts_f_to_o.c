/* The scripts whose names begin with f to o: a program of its own, so that others run beside it. */
#include <stddef.h>

#include "tests/unit/screens/helper_scripts.h"

/* test_scripts_f_to_o [WORD]: only those with the word in their names. */
int main(int argc, char **argv)
{
    return scripts_run("[f-o]*", argc > 1 ? argv[1] : NULL);
}
