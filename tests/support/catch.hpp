#pragma once

// Catch2 for tests: Debian 12 ships version 2, Debian 13 version 3, whose headers moved. Both are
// used through what they share.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define PAWL_CATCH_MAJOR 3
#else
#include <catch2/catch.hpp>
#define PAWL_CATCH_MAJOR 2
#endif
