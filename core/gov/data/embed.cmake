# Data that travels inside the program: data.c takes the files of this folder in as they are.
file(GLOB gov_data_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/core/gov/data/*.json
  ${CMAKE_SOURCE_DIR}/core/gov/data/*.guard)
set_source_files_properties(core/gov/data/data.c PROPERTIES
  COMPILE_DEFINITIONS GOV_DATA_DIR="${CMAKE_SOURCE_DIR}/core/gov/data"
  OBJECT_DEPENDS "${gov_data_files}")
