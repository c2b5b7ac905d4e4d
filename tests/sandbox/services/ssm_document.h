/*
 * ssm_document: the handlers of Systems Manager's documents, and what they share with those of
 * executions.
 */
#ifndef SANDBOX_SSM_DOCUMENT_H
#define SANDBOX_SSM_DOCUMENT_H

#include "tests/sandbox/automation/document.h"
#include "tests/sandbox/wire/handler.h"

handler_fn ssm_create_document, ssm_update_document, ssm_update_document_default_version,
    ssm_describe_document, ssm_get_document, ssm_list_documents, ssm_list_document_versions,
    ssm_delete_document;

/* The number of the cell that a call is about. */
uint32_t ssm_cell(struct world *world, const struct call *call);

#endif
