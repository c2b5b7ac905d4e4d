/* Every loadable list, from screens.def. */
#include "core/gov/gov.h"

#define SCREEN(name) &screen_##name,
const struct screen *const screens[] = {
#include "core/gov/screens/screens.def"
};
#undef SCREEN

const size_t n_screens = sizeof screens / sizeof screens[0];

const struct screen *screen_find(struct sv name)
{
    for (size_t i = 0; i < n_screens; i++)
        if (sv_eq_cstr(name, screens[i]->name))
            return screens[i];
    return NULL;
}
