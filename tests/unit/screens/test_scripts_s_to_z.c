/* The scripts whose names begin with s to z: a program of its own, so that others run beside it. */
#include <stddef.h>

#include "tests/unit/screens/helper_scripts.h"

/* test_scripts_s_to_z [WORD]: only those with the word in their names. */
int main(int argc, char **argv)
{
    return scripts_run("[s-z]*", argc > 1 ? argv[1] : NULL);
}
