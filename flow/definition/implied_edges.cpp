#include "flow/definition/implied_edges.hpp"

#include <algorithm>
#include <optional>

#include <pawl/code_ref.hpp>

#include "flow/definition/flow_section.hpp"
#include "flow/definition/walk.hpp"

namespace pawl::flow {
namespace {

using edge_kind = short_edge::kind;

class edge_search {
 public:
  edge_search(const std::vector<std::string>& ids, const std::vector<short_edge>& edges)
      : ids_(ids), edges_(edges), out_(ids.size()), in_(ids.size()) {
    for (const auto& edge : edges) {
      out_[edge.from].push_back(&edge);
      in_[edge.to].push_back(&edge);
    }
  }

  std::vector<unwanted_edge> find() const {
    std::vector<unwanted_edge> found;
    for (const auto& edge : edges_)
      if (edge.implied)
        if (auto unwanted = check(edge)) found.push_back(*std::move(unwanted));
    return found;
  }

 private:
  /// Checks an implied edge against every node that also leads to its target, or to its source.
  std::optional<unwanted_edge> check(const short_edge& implied) const {
    std::optional<unwanted_edge> warning;
    for (const short_edge* const other : in_[implied.to]) {
      if (other->implied) continue;
      auto found = check_against(implied, *other);
      if (found && found->level == severity::error) return found;
      if (found && !warning) warning = std::move(found);
    }
    return warning;
  }

  /// `named`: a written edge with the same target.
  std::optional<unwanted_edge> check_against(const short_edge& implied,
                                             const short_edge& named) const {
    const std::string& from = ids_[implied.from];
    const std::string& to = ids_[implied.to];
    const std::string& leads = ids_[named.from];
    const std::string owner = leads == flow_section_id ? "the flow" : pawl::quoted(leads);
    const std::string begin = pawl::quoted(from) + " has no \"next\", so it leads to " +
                              pawl::quoted(to) + ", the next node of the list";
    const auto unwanted = [&](severity level, const std::string& why, const std::string& advice) {
      return unwanted_edge{implied.from, level, begin + ". " + why + ": " + advice};
    };
    const std::string advice =
        "write \"next\" with the node that follows, or null if the branch ends here";
    if (named.what == edge_kind::each) {
      return unwanted(severity::error, "This node runs for each item of " + owner, advice);
    }
    if (named.what == edge_kind::body) {
      return unwanted(severity::error, "This node begins the body of " + owner, advice);
    }
    if (const auto left = leaves_inside(implied, named); left == edge_kind::each) {
      return unwanted(severity::error, "This node follows " + owner + " when all items are done",
                      "write \"next\": null, which ends the item");
    } else if (left) {
      return unwanted(
          severity::error,
          "This node follows " + owner + ", of whose body " + pawl::quoted(from) + " is a part",
          "write \"next\": null, which ends the body");
    }
    if (named.what == edge_kind::plain && is_fork(named.from) && crosses(implied, named, true)) {
      return unwanted(severity::error, "This node begins another branch of " + owner, advice);
    }
    const bool is_choice = named.what == edge_kind::choice || has_choices(named.from);
    if (named.what <= edge_kind::choice && is_choice && crosses(implied, named, true)) {
      return unwanted(severity::warning, "This node is another case of " + owner,
                      "write \"next\", with " + pawl::quoted(to) + " if this is meant");
    }
    const bool follows_itself = named.what == edge_kind::on_error && implied.from == named.from;
    if (named.what == edge_kind::on_error && (follows_itself || crosses(implied, named, false))) {
      return unwanted(severity::warning, "This node handles failures of " + owner,
                      "write \"next\", with " + pawl::quoted(to) + " if this is meant");
    }
    if (named.what == edge_kind::on_timeout && crosses(implied, named, false)) {
      return unwanted(severity::warning, "This node handles the time-out of " + owner,
                      "write \"next\", with " + pawl::quoted(to) + " if this is meant");
    }
    return std::nullopt;
  }

  bool is_fork(node_index at) const {
    return std::count_if(out_[at].begin(), out_[at].end(), [](const short_edge* edge) {
             return edge->what == edge_kind::plain && !edge->implied;
           }) > 1;
  }

  bool has_choices(node_index at) const {
    return std::any_of(out_[at].begin(), out_[at].end(),
                       [](const short_edge* edge) { return edge->what == edge_kind::choice; });
  }

  /// The kind of edge into the items of the map, or the body of the section, that `named` leaves,
  /// if the implied edge leads from there to what follows it.
  std::optional<edge_kind> leaves_inside(const short_edge& implied, const short_edge& named) const {
    if (named.what >= edge_kind::each || named.from == implied.from) return std::nullopt;
    for (const short_edge* const edge : out_[named.from])
      if (edge->what >= edge_kind::each && reaches({edge->to}, implied.from, named))
        return edge->what;
    return std::nullopt;
  }

  /// Whether another edge of the same node leads to where the implied edge begins, later in the
  /// list. `written`: only another edge that was written.
  bool crosses(const short_edge& implied, const short_edge& named, bool written) const {
    if (implied.from <= named.from) return false;
    std::vector<node_index> siblings;
    for (const short_edge* const edge : out_[named.from]) {
      if (edge->to == named.to || (written && edge->implied)) continue;
      // What follows a failure is not a sibling of what follows success, and the reverse.
      if (written && edge->what > edge_kind::choice) continue;
      siblings.push_back(edge->to);
    }
    return reaches(std::move(siblings), implied.from, named);
  }

  /// Whether a path from one of `open` leads to `goal` without the two ends of `named`.
  bool reaches(std::vector<node_index> open, node_index goal, const short_edge& named) const {
    std::erase_if(open, [&](node_index i) { return i == named.from || i == named.to; });
    return reached(ids_.size(), std::move(open), [&](node_index at, const auto& visit) {
      for (const short_edge* const edge : out_[at])
        if (edge->to != named.from && edge->to != named.to) visit(edge->to);
    })[goal];
  }

  const std::vector<std::string>& ids_;
  const std::vector<short_edge>& edges_;
  std::vector<std::vector<const short_edge*>> out_;
  std::vector<std::vector<const short_edge*>> in_;
};

}  // namespace

std::vector<unwanted_edge> find_unwanted_edges(const std::vector<std::string>& ids,
                                               const std::vector<short_edge>& edges) {
  return edge_search{ids, edges}.find();
}

}  // namespace pawl::flow
