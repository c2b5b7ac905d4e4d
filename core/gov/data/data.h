/* data: files that travel inside the program. */
#ifndef CORE_GOV_DATA_DATA_H
#define CORE_GOV_DATA_DATA_H

#include "core/base/str.h"

/* A document of Systems Manager that is ours: its name in AWS, its content as it was written. */
struct gov_document {
    const char *name;
    struct sv content;
};
/* gov_document_FILE: those of documents.def, each of which does one thing after somebody else has
 * approved it; what they are told stands in core/gov/proposal. Any runner; static. */
#define DOCUMENT(file, name) struct gov_document gov_document_##file(void);
#include "core/gov/data/documents.def"
#undef DOCUMENT

/* The policy for security groups, as the text of a CUSTOM_POLICY for AWS Config. Any runner;
 * static.
 */
struct sv gov_guard_rule(void);

#endif
