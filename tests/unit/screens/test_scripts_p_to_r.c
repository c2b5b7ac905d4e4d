/* The scripts whose names begin with p to r: a program of its own, so that others run beside it. */
#include <stddef.h>

#include "tests/unit/screens/helper_scripts.h"

/* test_scripts_p_to_r [WORD]: only those with the word in their names. */
int main(int argc, char **argv)
{
    return scripts_run("[p-r]*", argc > 1 ? argv[1] : NULL);
}
