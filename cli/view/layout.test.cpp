#include "cli/view/layout.hpp"

#include <string>

#include "tests/support/catch.hpp"

using pawl::cli::lay_out;
using pawl::flow::definition;

namespace {

/// A flow with edges such as "a-b b-c"; nodes are in order of appearance.
definition flow_of(const std::string& edges) {
  definition flow;
  const auto add = [&](const std::string& id) {
    for (const auto& node : flow.nodes)
      if (node.id == id) return;
    auto& node = flow.nodes.emplace_back();
    node.id = id;
    node.type = "task";
  };
  for (std::size_t begin = 0; begin < edges.size();) {
    const auto end = std::min(edges.find(' ', begin), edges.size());
    const std::string edge = edges.substr(begin, end - begin);
    const auto dash = edge.find('-');
    add(edge.substr(0, dash));
    if (dash != edge.npos) {
      add(edge.substr(dash + 1));
      flow.edges.push_back({edge.substr(0, dash), edge.substr(dash + 1), std::nullopt, ""});
    }
    begin = end + 1;
  }
  return flow;
}

std::string drawn(const std::string& edges) {
  const auto flow = flow_of(edges);
  std::string picture;
  for (const auto& line : lay_out(flow)) {
    for (std::size_t i = 0; i < line.more.size(); ++i) {
      const bool last = i + 1 == line.more.size();
      picture += last && line.head ? "+" : line.more[i] ? "|" : ".";
    }
    picture += flow.nodes[line.node].id + " ";
  }
  return picture;
}

}  // namespace

TEST_CASE("a sequence is drawn without branches") {
  CHECK(drawn("a-b b-c") == "a b c ");
}

TEST_CASE("a loop back is drawn once") {
  CHECK(drawn("a-b b-c c-b c-d") == "a b c d ");
}

TEST_CASE("branches are indented, nodes after them are not") {
  CHECK(drawn("a-b a-c b-d c-d d-e") == "a +b +c d e ");
}

TEST_CASE("a branch may be empty") {
  CHECK(drawn("a-b a-c b-c c-d") == "a +b c d ");
}

TEST_CASE("branches that never meet are drawn to their ends") {
  CHECK(drawn("a-b a-c b-d c-e") == "a +b |d +c .e ");
}

TEST_CASE("branches nest") {
  CHECK(drawn("a-b a-c b-x b-y x-z y-z z-d c-d") == "a +b |+x |+y |z +c d ");
}

TEST_CASE("every reachable node of an irregular graph is drawn exactly once") {
  const auto flow = flow_of("a-b a-c a-d b-e c-e c-f d-f e-g f-g g-a e-f");
  std::vector<int> seen(flow.nodes.size());
  for (const auto& line : lay_out(flow)) ++seen[line.node];
  CHECK(seen == std::vector<int>(flow.nodes.size(), 1));
}

TEST_CASE("a very large flow is drawn as a list") {
  std::string edges;
  for (int i = 0; i < 500; ++i)
    edges += "n" + std::to_string(i) + "-n" + std::to_string(i + 1) + " ";
  CHECK(lay_out(flow_of(edges)).size() == 501);
}
