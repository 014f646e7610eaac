#include "cli/layered_layout.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/catch.hpp"

using namespace pawl::cli;

namespace {

bool boxes_overlap(const drawn_point& a, const drawn_point& b) {
  return std::abs(a.x - b.x) < drawn_node_width && std::abs(a.y - b.y) < drawn_node_height;
}

void check_layout(const layered_layout& layout) {
  for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
    const drawn_point& at = layout.nodes[i];
    CHECK(at.x >= drawn_node_width / 2);
    CHECK(at.y >= drawn_node_height / 2);
    CHECK(at.x <= layout.width - drawn_node_width / 2);
    CHECK(at.y <= layout.height - drawn_node_height / 2);
    for (std::size_t k = 0; k < i; ++k) CHECK_FALSE(boxes_overlap(at, layout.nodes[k]));
  }
  for (const auto& each : layout.edges) CHECK(each.points.size() >= 2);
}

}  // namespace

TEST_CASE("nodes in sequence stand in a straight line", "[layered_layout]") {
  const auto layout = lay_out_in_layers(4, {{0, 1, 0}, {1, 2, 40}, {2, 3, 0}});
  check_layout(layout);
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(layout.nodes[i].x == Approx(layout.nodes[0].x));
    CHECK(layout.nodes[i].y > layout.nodes[i - 1].y);
  }
  CHECK_FALSE(layout.edges[0].label);
  REQUIRE(layout.edges[1].label);
  CHECK(layout.edges[1].label->y > layout.nodes[1].y);
  CHECK(layout.edges[1].label->y < layout.nodes[2].y);
}

TEST_CASE("branches stand side by side and do not cross", "[layered_layout]") {
  // 0 forks to 1, 2 and 3, listed crosswise; 4 joins them.
  const auto layout = lay_out_in_layers(
      7, {{0, 3, 0}, {0, 1, 0}, {1, 6, 0}, {3, 5, 0}, {5, 4, 0}, {6, 4, 0}, {0, 2, 0}, {2, 4, 0}});
  check_layout(layout);
  CHECK(layout.nodes[1].y == layout.nodes[3].y);
  CHECK((layout.nodes[1].x < layout.nodes[3].x) == (layout.nodes[6].x < layout.nodes[5].x));
  CHECK(layout.nodes[4].y > layout.nodes[5].y);
}

TEST_CASE("loops lead back up, from border to border", "[layered_layout]") {
  const auto layout = lay_out_in_layers(3, {{0, 1, 0}, {1, 2, 0}, {2, 0, 60}, {1, 1, 20}});
  check_layout(layout);
  CHECK(layout.nodes[0].y < layout.nodes[1].y);
  CHECK(layout.nodes[1].y < layout.nodes[2].y);
  const auto& back = layout.edges[2].points;
  CHECK(back.front().y > back.back().y);
  CHECK(back.back().y >= layout.nodes[0].y);
  CHECK(layout.edges[2].label);
  CHECK(layout.edges[3].points.front().x == Approx(layout.nodes[1].x + drawn_node_width / 2));
}

TEST_CASE("any graph is laid out, and always in the same way", "[layered_layout]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  std::mt19937 rng{seed};
  const std::size_t nodes = rng() % 30;
  std::vector<layered_edge> edges;
  for (std::size_t i = 0; nodes > 0 && i < 2 * nodes; ++i)
    edges.push_back({rng() % nodes, rng() % nodes, static_cast<double>(rng() % 3 * 30)});
  const auto layout = lay_out_in_layers(nodes, edges);
  check_layout(layout);
  const auto again = lay_out_in_layers(nodes, edges);
  for (std::size_t i = 0; i < nodes; ++i) CHECK(again.nodes[i].x == layout.nodes[i].x);
}
