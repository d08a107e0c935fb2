# SPDX-License-Identifier: Apache-2.0
# Serves this project and, installed, everyone who writes a plugin.

# heddle_add_pattern(NAME SOURCE… [LIBRARIES LIBRARY…])
#
# Builds the pattern plugin NAME from its sources. Beside the sources stand NAME.json (the
# metadata that the class names in Q_PLUGIN_METADATA) and, if there are any, the lessons
# lesson*.md. The result is one folder, NAME/, that can be copied into a pattern folder as it is.
function(heddle_add_pattern name)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "LIBRARIES")
    set(metadata ${CMAKE_CURRENT_SOURCE_DIR}/${name}.json)
    if(NOT EXISTS ${metadata})
        message(FATAL_ERROR "heddle_add_pattern(${name}): ${metadata} is missing. "
                "A pattern needs its metadata beside its sources.")
    endif()
    if(NOT DEFINED HEDDLE_PATTERN_OUTPUT_DIR)
        set(HEDDLE_PATTERN_OUTPUT_DIR ${CMAKE_CURRENT_BINARY_DIR})
    endif()
    set(folder ${HEDDLE_PATTERN_OUTPUT_DIR}/${name})

    add_library(pattern-${name} MODULE ${ARG_UNPARSED_ARGUMENTS})
    set_target_properties(pattern-${name} PROPERTIES
        AUTOMOC ON
        PREFIX "" OUTPUT_NAME ${name}
        CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON
        LIBRARY_OUTPUT_DIRECTORY ${folder}
        AUTOMOC_MOC_OPTIONS "-I${CMAKE_CURRENT_SOURCE_DIR}")
    # moc copies the metadata into the library, so a changed file has to run it again.
    set_property(TARGET pattern-${name} APPEND PROPERTY AUTOMOC_DEPEND_FILTERS
        "Q_PLUGIN_METADATA" "Q_PLUGIN_METADATA[^\"]*\"[^\"]*\"[^\"]*\"([^\"]+)\"")
    set_property(SOURCE ${ARG_UNPARSED_ARGUMENTS} APPEND PROPERTY OBJECT_DEPENDS ${metadata})
    target_link_libraries(pattern-${name} PRIVATE Heddle::Engine ${ARG_LIBRARIES})

    file(GLOB lessons CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/lesson*.md)
    foreach(lesson IN LISTS lessons)
        get_filename_component(file ${lesson} NAME)
        configure_file(${lesson} ${folder}/${file} COPYONLY)
    endforeach()

    if(DEFINED HEDDLE_PATTERN_INSTALL_DIR)
        install(TARGETS pattern-${name} LIBRARY DESTINATION ${HEDDLE_PATTERN_INSTALL_DIR}/${name})
        install(FILES ${lessons} DESTINATION ${HEDDLE_PATTERN_INSTALL_DIR}/${name})
    endif()
endfunction()
