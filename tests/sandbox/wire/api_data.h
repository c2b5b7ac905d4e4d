/* api_data: the embedded text of api/NAME.json for each line of services.def. */
#ifndef SANDBOX_API_DATA_H
#define SANDBOX_API_DATA_H

#include <stddef.h>

struct api_text {
    const char *service;
    const char *begin, *end;
};

extern const struct api_text api_texts[];
extern const size_t n_api_texts;

#endif
