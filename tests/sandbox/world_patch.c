#include "tests/sandbox/world.h"

enum err_code world_patch(struct world *world, struct sv patch, struct err *err)
{
    (void)world;
    (void)patch;
    return err_set(err, ERR_UNSUPPORTED, "world", "the world cannot be patched yet");
}
