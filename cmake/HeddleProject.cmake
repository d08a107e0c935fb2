# SPDX-License-Identifier: Apache-2.0
# What every target of this project shares: language, warnings, sanitizers, output folders,
# and headers that are included the same way from the build tree and from an installation.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};$ORIGIN")
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
endif()

# Programs find their plugins relative to themselves, in the build tree as in an installation.
set(HEDDLE_PATTERN_OUTPUT_DIR ${CMAKE_BINARY_DIR}/lib/heddle/patterns)
set(HEDDLE_PATTERN_INSTALL_DIR ${CMAKE_INSTALL_LIBDIR}/heddle/patterns)

find_program(HEDDLE_CCACHE ccache)
if(HEDDLE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Precompiled headers and other build folders must still hit the cache.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${HEDDLE_CCACHE})
endif()
find_program(HEDDLE_MOLD mold)
if(HEDDLE_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_link_options(-fuse-ld=mold)
endif()

add_compile_definitions(QT_NO_KEYWORDS QT_NO_CAST_FROM_BYTEARRAY QT_NO_URL_CAST_FROM_STRING
                        QT_NO_NARROWING_CONVERSIONS_IN_CONNECT)
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    add_compile_options(-Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # GCC 12 sees overflows in atomics that are reached through arrays of pointers.
        add_compile_options(-Wno-stringop-overflow)
    endif()
    if(HEDDLE_WARNINGS_AS_ERRORS)
        add_compile_options(-Werror)
    endif()
endif()
if(HEDDLE_SANITIZE)
    add_compile_options(-fsanitize=${HEDDLE_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${HEDDLE_SANITIZE})
    if(HEDDLE_SANITIZE MATCHES "thread")
        # The sanitizer does not model std::atomic_thread_fence; the code uses none.
        add_compile_options(-Wno-tsan)
    endif()
endif()

# heddle_public_headers(ROOM HEADER…)
# Makes <heddle/ROOM/HEADER> and the short <heddle/HEADER> work in the build tree, and
# installs both.
function(heddle_public_headers room)
    foreach(header IN LISTS ARGN)
        get_filename_component(name ${header} NAME)
        set(forward ${CMAKE_BINARY_DIR}/include/heddle/${room}/${name})
        file(CONFIGURE OUTPUT ${forward}
             CONTENT "#include \"${CMAKE_CURRENT_SOURCE_DIR}/${header}\"\n" @ONLY)
        set(short ${CMAKE_BINARY_DIR}/include/heddle/${name})
        file(CONFIGURE OUTPUT ${short} CONTENT "#include <heddle/${room}/${name}>\n" @ONLY)
        install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/heddle/${room} COMPONENT development)
        install(FILES ${short} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/heddle COMPONENT development)
    endforeach()
endfunction()

# heddle_add_room(TARGET ROOM [PUBLIC_HEADERS …] [SOURCES …])
# Adds the files of one folder of engine/ to the library TARGET.
function(heddle_add_room target room)
    cmake_parse_arguments(PARSE_ARGV 2 ARG "" "" "PUBLIC_HEADERS;SOURCES")
    heddle_public_headers(${room} ${ARG_PUBLIC_HEADERS})
    list(TRANSFORM ARG_PUBLIC_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    target_sources(${target} PRIVATE ${ARG_PUBLIC_HEADERS} ${ARG_SOURCES})
    set_property(TARGET ${target} APPEND PROPERTY HEDDLE_PUBLIC_HEADERS ${ARG_PUBLIC_HEADERS})
endfunction()
