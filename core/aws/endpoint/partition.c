#include "core/aws/endpoint/partition.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/nearest.h"

#define REGION_SIZE 40

#define PARTITION(id_, global_, suffix_, dual_, forms_, regions_) \
    {.id = (id_),                                                 \
     .global_region = (global_),                                  \
     .suffix = (suffix_),                                         \
     .dual_suffix = (dual_),                                      \
     .forms = (forms_),                                           \
     .regions = (regions_)},
static const struct aws_partition partitions[] = {
#include "core/aws/endpoint/partitions.def"
};
#undef PARTITION

static bool lists(const struct aws_partition *partition, struct sv region)
{
    char word[REGION_SIZE];
    if (region.len + 3 > sizeof word)
        return false;
    snprintf(word, sizeof word, " " SV_FMT " ", SV_ARG(region));
    return strstr(partition->regions, word) != NULL;
}

/* Takes what matches off the end of *text, and the hyphen before it; false when there is none. */
static bool take_tail(struct sv *text, int (*is_part)(int c))
{
    size_t len = text->len;
    while (len > 0 && is_part((unsigned char)text->ptr[len - 1]))
        len--;
    if (len == text->len || len == 0 || text->ptr[len - 1] != '-')
        return false;
    text->len = len - 1;
    return true;
}

static int is_word_part(int c)
{
    return isalnum(c) || c == '_';
}

/* "us-gov-west-1" is of the form "us-gov", and of no other. */
static bool has_form(const struct aws_partition *partition, struct sv region)
{
    struct sv forms = sv_of(partition->forms);
    if (!take_tail(&region, isdigit) || !take_tail(&region, is_word_part))
        return false;
    while (forms.ptr != NULL) {
        if (sv_eq(sv_split(&forms, ' '), region))
            return true;
    }
    return false;
}

static const struct aws_partition *
find(bool (*owns)(const struct aws_partition *partition, struct sv region), struct sv region)
{
    for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
        if (owns(&partitions[i], region))
            return &partitions[i];
    }
    return NULL;
}

const struct aws_partition *partition_of(struct sv region)
{
    const struct aws_partition *found = find(lists, region);
    if (found == NULL)
        found = find(has_form, region);
    return found != NULL ? found : &partitions[0];
}

bool partition_knows(struct sv region)
{
    return find(lists, region) != NULL;
}

void partition_suggest(struct sv region, struct buf *out)
{
    struct nearest nearest;
    char word[REGION_SIZE], best[REGION_SIZE];
    nearest_init(&nearest, region);
    for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
        struct sv rest = sv_of(partitions[i].regions);
        while (rest.ptr != NULL) {
            sv_copy(sv_split(&rest, ' '), word, sizeof word);
            nearest_offer(&nearest, word);
            if (nearest.best != word)
                continue;
            str_copy(best, word);
            nearest.best = best;
        }
    }
    nearest_hint(&nearest, out);
}

bool partition_region_is_pseudo(struct sv region)
{
    return sv_starts(region, SV("aws-")) && sv_ends(region, SV("-global"));
}
