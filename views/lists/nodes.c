/* nodes: see core/gov/screens/screen_nodes.c. */
#include "views/list_view/list_view.h"

static const struct action actions[] = {
    {"shell", NULL, "a shell on it", "by Session Manager, in a tab", "ssm:StartSession"},
    {"forward", NULL, "a port forward", "a port of this machine leads to one of it, or behind it",
     "ssm:StartSession"},
    {"transfer", NULL, "copy a file", "to it, or from it, by SFTP", "ssm:StartSession"},
    {"describe", NULL, "describe it", "what is known of it", "ssm:DescribeInstanceInformation"},
    {"json", NULL, "show it as JSON", "as AWS says it", NULL},
    {"copy", "name", "copy its id", "to the clipboard", NULL},
    {"copy", "cli", "copy it as an AWS CLI command", "the call that reads it", NULL},
    {0},
};

static const struct list_def def = {
    .screen = &screen_nodes,
    .name_column = "node",
    .attention = "!patch:=COMPLIANT",
    .actions = actions,
};

const struct view_kind view_nodes =
    LIST_VIEW("nodes", "Nodes", "machines that report to Systems Manager, and their patches", "", 0,
              "list", &def);
