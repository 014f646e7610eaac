#include "cli/view/columns.hpp"

#include <numeric>

#include "tests/support/catch.hpp"

using pawl::cli::column;
using pawl::cli::fit_columns;
using pawl::cli::fit_middle;

TEST_CASE("columns that fit keep their widths", "[columns]") {
  CHECK(fit_columns({{36, 13, 8}, {10, 8, 4}, {20, 10, 4}}, 66) ==
        std::vector<std::size_t>{36, 10, 20});
}

TEST_CASE("columns are reduced from the last one on, and no further than needed", "[columns]") {
  CHECK(fit_columns({{36, 13, 8}, {10, 8, 4}, {20, 10, 4}}, 60) ==
        std::vector<std::size_t>{36, 10, 14});
  CHECK(fit_columns({{36, 13, 8}, {10, 8, 4}, {20, 10, 4}}, 40) ==
        std::vector<std::size_t>{22, 8, 10});
  CHECK(fit_columns({{36, 13, 8}, {10, 8, 4}, {20, 10, 4}}, 20) ==
        std::vector<std::size_t>{12, 4, 4});
  CHECK(fit_columns({{36, 13, 8}, {10, 8, 4}, {20, 10, 4}}, 3) ==
        std::vector<std::size_t>{8, 4, 4});
}

TEST_CASE("the widths never exceed the room unless all columns have their least width",
          "[columns]") {
  for (std::size_t room = 16; room < 80; ++room) {
    const auto widths = fit_columns({{36, 13, 8}, {10, 8, 4}, {20, 10, 4}}, room);
    CHECK(std::accumulate(widths.begin(), widths.end(), std::size_t{0}) <= room);
  }
}

TEST_CASE("an ID is truncated in its middle", "[columns]") {
  const std::string id = "019ad1f2-3c4d-7abc-8def-0123456789ab";
  CHECK(fit_middle(id, 36, "…") == id);
  CHECK(fit_middle(id, 13, "…") == "019ad1f2…89ab");
  CHECK(fit_middle(id, 13, "..") == "019ad1f..89ab");
  CHECK(fit_middle(id, 4, "…") == "019…");
  CHECK(fit_middle("漢字漢字漢字漢字", 16, "…") == "漢字漢字漢字漢字");
  CHECK(fit_middle("漢字漢字漢字漢字", 11, "…") == "漢字漢…漢字");
  CHECK(fit_middle("aé漢字漢字漢字é", 10, "…") == "aé漢字…字é");
}
