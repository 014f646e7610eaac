#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "flow/logic/evaluation.hpp"

namespace pawl::flow::logic {
namespace {

// A value that is not copied yet, and its destination.
struct job {
  value from;
  json* to;
};

/// Copies a value of any depth, with an explicit stack.
class copier {
 public:
  explicit copier(evaluation& run) : run_(run) {}

  bool copy(const value& from, json& to) {
    if (!one(from, to)) return false;
    while (!jobs_.empty()) {
      const job next = jobs_.back();
      jobs_.pop_back();
      if (!one(next.from, *next.to)) return false;
    }
    return true;
  }

 private:
  bool one(const value& from, json& to) {
    switch (from.what()) {
      case kind::undefined:
      case kind::null:
        return true;
      case kind::boolean:
        to = from.as_boolean();
        return true;
      case kind::integer:
        to = from.as_number().as_integer();
        return true;
      case kind::natural:
        to = from.as_number().as_natural();
        return true;
      case kind::real:
        if (std::isfinite(from.as_number().as_double())) to = from.as_number().as_double();
        return true;
      case kind::text:
        if (!run_.take(from.size())) return false;
        to = std::string(from.as_text());
        return true;
      case kind::array:
      case kind::list:
        return array(from, to);
      case kind::object:
        return object(from.as_stored(), to);
      case kind::frame:
        to = json::object();
        return member("current", from.as_frame().current, to) &&
               member("accumulator", from.as_frame().accumulator, to);
      case kind::layers:
        return layers(to);
      case kind::record:
        return record(from, to);
    }
    return true;
  }

  bool array(const value& from, json& to) {
    if (!run_.take(from.size() * sizeof(json))) return false;
    to = json::array_t(from.size());
    json::array_t& items = *to.get_ptr<json::array_t*>();
    for (std::size_t i = 0; i < items.size(); ++i) jobs_.push_back({from[i], &items[i]});
    return true;
  }

  bool object(const json& from, json& to) {
    if (!from.is_object()) {
      if (!run_.take(from.get_binary().size())) return false;
      to = from;
      return true;
    }
    to = json::object();
    for (const auto& [key, child] : *from.get_ptr<const json::object_t*>()) {
      if (!member(key, value::of(child), to)) return false;
    }
    return true;
  }

  bool layers(json& to) {
    to = json::object();
    return std::ranges::all_of(run_.data().layers(), [&](const auto& layer) {
      return layer.each([&](std::string_view name, const json& child) {
        return member(name, value::of(child), to);
      });
    });
  }

  bool record(const value& from, json& to) {
    to = json::object();
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (!member(from.members()[i].key, from.members()[i].what, to)) return false;
    }
    return true;
  }

  // Keeps an existing member: the first layer wins.
  bool member(std::string_view key, const value& from, json& to) {
    if (!run_.take(sizeof(std::pair<std::string, json>) + key.size())) return false;
    const auto [place, is_new] = to.get_ptr<json::object_t*>()->emplace(std::string(key), nullptr);
    if (is_new) jobs_.push_back({from, &place->second});
    return true;
  }

  evaluation& run_;
  std::vector<job> jobs_;
};

}  // namespace

json materialise(evaluation& run, const value& v) {
  json made;
  if (run.failed() || !copier(run).copy(v, made)) return nullptr;
  return made;
}

}  // namespace pawl::flow::logic
