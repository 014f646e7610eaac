#include "flow/logic/lookup.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "flow/logic/utf8.hpp"

namespace pawl::flow::logic {
namespace {

value member(const json& object, std::string_view name) noexcept {
  const auto* members = object.get_ptr<const json::object_t*>();
  if (members == nullptr) return {};
  const auto found = members->find(name);
  return found == members->end() ? value{} : value::of(found->second);
}

value layered(const variables& data, std::string_view name) noexcept {
  for (const auto& layer : data.layers())
    if (const json* const found = layer.find(name)) return value::of(*found);
  return {};
}

value member(const value& record, std::string_view name) noexcept {
  const std::span<const logic::member> members{record.members(), record.size()};
  const auto found = std::ranges::lower_bound(members, name, {}, &logic::member::key);
  return found == members.end() || found->key != name ? value{} : found->what;
}

value character(evaluation& run, const value& text, const segment& s) {
  if (!run.read(text.size())) return {};
  if (s.is_length) {
    const auto length = static_cast<std::int64_t>(count_characters(text.as_text()));
    return value::of(number::integer(length));
  }
  if (s.index == segment::no_index) return {};
  const std::string_view found = characters(text.as_text(), s.index, 1);
  return found.empty() ? value{} : value::text(found);
}

value item(const value& array, const segment& s) noexcept {
  if (s.is_length) return value::of(number::integer(static_cast<std::int64_t>(array.size())));
  return s.index < array.size() ? array[s.index] : value{};
}

value child(evaluation& run, const value& parent, const segment& s) {
  switch (parent.what()) {
    case kind::object:
      return member(parent.as_stored(), s.name);
    case kind::record:
      return member(parent, s.name);
    case kind::layers:
      return layered(run.data(), s.name);
    case kind::frame:
      if (s.name == "current") return parent.as_frame().current;
      return s.name == "accumulator" ? parent.as_frame().accumulator : value{};
    case kind::array:
    case kind::list:
      return item(parent, s);
    case kind::text:
      return character(run, parent, s);
    default:
      return {};
  }
}

}  // namespace

std::size_t variables::layer::size() const noexcept {
  if (name) return 1;
  return value->is_object() ? value->size() : 0;
}

const json* variables::layer::find(std::string_view member) const noexcept {
  if (name) return *name == member ? value : nullptr;
  const auto* const members = value->get_ptr<const json::object_t*>();
  if (members == nullptr) return nullptr;
  const auto found = members->find(member);
  return found == members->end() ? nullptr : &found->second;
}

segment segment::parse(std::string_view name) noexcept {
  segment made{name, no_index, name == "length"};
  // An index in the form of JavaScript: "01" and "+1" are names.
  const bool canonical = !name.empty() && name.size() <= 15 && (name[0] != '0' || name == "0") &&
                         std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
  if (canonical) std::from_chars(name.data(), name.data() + name.size(), made.index);
  return made;
}

path::path(std::string written) : text(std::move(written)) {
  std::string_view rest = text;
  while (!text.empty()) {
    const std::size_t dot = rest.find('.');
    segments.push_back(segment::parse(rest.substr(0, dot)));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  steps = 1 + segments.size() / 4 + text.size() / 64;
}

value find(evaluation& run, const value& data, const path& where) {
  if (!run.step(where.steps)) return {};
  if (where.segments.empty()) return whole(run, data);
  value at = data;
  for (const segment& s : where.segments) {
    at = child(run, at, s);
    if (at.is_undefined()) break;
  }
  return at;
}

value find(evaluation& run, const value& data, std::string_view where) {
  if (!run.read(where.size())) return {};
  value at = data;
  while (run.step()) {
    const std::size_t dot = where.find('.');
    at = child(run, at, segment::parse(where.substr(0, dot)));
    if (at.is_undefined() || dot == std::string_view::npos) return at;
    where.remove_prefix(dot + 1);
  }
  return {};
}

value member_of(evaluation& run, const value& parent, std::string_view key) {
  if (!run.step() || !run.read(key.size())) return {};
  return child(run, parent, segment::parse(key));
}

value whole(evaluation& run, const value& data) {
  return data.what() == kind::frame ? run.keep(data.as_frame()) : data;
}

}  // namespace pawl::flow::logic
