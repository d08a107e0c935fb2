// SPDX-License-Identifier: Apache-2.0
#pragma once

// Symbol visibility of the two shared libraries. The recorder knows no Qt, so Q_DECL_EXPORT is
// not available here.
#if defined(_WIN32)
#    define HEDDLE_SYMBOL_EXPORT __declspec(dllexport)
#    define HEDDLE_SYMBOL_IMPORT __declspec(dllimport)
#else
#    define HEDDLE_SYMBOL_EXPORT __attribute__((visibility("default")))
#    define HEDDLE_SYMBOL_IMPORT __attribute__((visibility("default")))
#endif

#if defined(HEDDLE_ENGINE_LIBRARY)
#    define HEDDLE_ENGINE_EXPORT HEDDLE_SYMBOL_EXPORT
#else
#    define HEDDLE_ENGINE_EXPORT HEDDLE_SYMBOL_IMPORT
#endif

#if defined(HEDDLE_TIMELINE_LIBRARY)
#    define HEDDLE_TIMELINE_EXPORT HEDDLE_SYMBOL_EXPORT
#else
#    define HEDDLE_TIMELINE_EXPORT HEDDLE_SYMBOL_IMPORT
#endif
