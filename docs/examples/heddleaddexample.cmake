# SPDX-License-Identifier: Apache-2.0

# heddle_add_example(NAME)
# Builds the example in the folder NAME, whose program is called example-NAME, and adds two tests:
# it runs in this build, and it builds and runs against an installation.
function(heddle_add_example name)
    add_subdirectory(${name})
    set_property(GLOBAL APPEND PROPERTY HEDDLE_EXAMPLES ${name})
    set_target_properties(example-${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/examples)
    add_test(NAME example_${name} COMMAND example-${name})
    add_test(NAME example_${name}_installed COMMAND ${CMAKE_COMMAND}
        -DBUILD=${CMAKE_BINARY_DIR} -DWORK=${CMAKE_CURRENT_BINARY_DIR}/installed/${name}
        -DGENERATOR=${CMAKE_GENERATOR} -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/${name} -DNAME=${name}
        -P ${CMAKE_CURRENT_SOURCE_DIR}/installedexample.cmake)
    set_tests_properties(example_${name} example_${name}_installed PROPERTIES
        LABELS examples TIMEOUT 120 ENVIRONMENT "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8")
    set_tests_properties(example_${name}_installed PROPERTIES TIMEOUT 300)
endfunction()
