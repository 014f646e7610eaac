#include "server/yaml/parse_yaml.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <pawl/code_ref.hpp>
#include <pawl/detail/utf8.hpp>

#include "flow/values/json_size.hpp"
#include "server/yaml/plain_scalar.hpp"

namespace pawl::server {
namespace {

using flow::text_location;

/// Ends the parse. Thrown through yaml-cpp, which has no other way out, and caught in `parse_yaml`.
struct refusal {
  errc code;
  std::optional<text_location> at;
  std::string why;
};

[[noreturn]] void refuse(text_location at, std::string why) {
  throw refusal{errc::invalid_argument, at, std::move(why)};
}

text_location location_of(const YAML::Mark& mark) {
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

std::string shown(text_location at) {
  return "line " + std::to_string(at.line) + ", column " + std::to_string(at.column);
}

/// Builds a value from the events of yaml-cpp's parser.
class document_builder final : public YAML::EventHandler {
 public:
  document_builder(std::size_t max_bytes, std::uint32_t max_depth)
      : max_bytes_(max_bytes), max_depth_(max_depth) {}

  yaml_document document;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0)
      refuse(location_of(mark), "a second document begins; only one is allowed in a text");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (is_key_next()) refuse(location_of(mark), "a key must be a text");
    add(nullptr, location_of(mark), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const text_location at = location_of(mark);
    const bool is_plain = tag.empty() || tag == "?";
    if (!is_plain && tag != "!" && tag != "tag:yaml.org,2002:str") refuse_tag(at, tag);
    if (is_key_next()) {
      if (is_plain && text == "<<")
        refuse(at, "merge keys are not supported; write out the members, or use an alias");
      if (anchor != YAML::NullAnchor) keep_anchor(anchor, text, 0);
      return add_key(text, at);
    }
    if (!is_plain) return add(text, at, anchor);
    auto scalar = read_plain_scalar(text);
    if (!scalar.refused.empty())
      refuse(at, pawl::quoted(excerpt(text)) + ": " + std::string{scalar.refused});
    add(std::move(scalar.value), at, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const text_location at = location_of(mark);
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end())
      refuse(at, "an alias inside the value of its own anchor would never end");
    const auto& [value, height] = known->second;
    if (is_key_next()) {
      if (!value.is_string()) refuse(at, "a key must be a text");
      return add_key(value.get<std::string>(), at);
    }
    check_depth(height);
    spend(flow::json_size(value));
    add(json(value), at, YAML::NullAnchor);
    note_height(height);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(json::array(), mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(json::object(), mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A container whose members are read.
  struct frame {
    json* value;
    yaml_place* place;
    YAML::anchor_t anchor;
    std::uint32_t height = 1;             ///< levels of containers in it, itself included
    std::optional<std::string> key = {};  ///< of the member whose value is next
    text_location key_at = {};
    std::map<std::string, text_location, std::less<>> keys = {};
  };
  struct anchored {
    json value;
    std::uint32_t height;
  };

  static std::string excerpt(const std::string& text) {
    return text.size() > 40 ? text.substr(0, 40) + "..." : text;
  }

  [[noreturn]] static void refuse_tag(text_location at, const std::string& tag) {
    refuse(at, "the tag " + pawl::quoted(excerpt(tag)) + " is not supported");
  }

  bool is_key_next() const {
    return !open_.empty() && open_.back().value->is_object() && !open_.back().key;
  }

  void add_key(const std::string& key, text_location at) {
    frame& map = open_.back();
    if (const auto [first, is_new] = map.keys.try_emplace(key, at); !is_new) {
      refuse(at, "the key " + pawl::quoted(excerpt(key)) + " is there twice, first at " +
                     shown(first->second));
    }
    spend(flow::json_key_size(key));
    map.key = key;
  }

  /// Adds a value to the innermost container, and returns where it is kept.
  std::pair<json*, yaml_place*> place_value(json&& value, text_location at) {
    if (open_.empty()) {
      document = {std::move(value), {at}};
      return {&document.value, &document.places};
    }
    frame& in = open_.back();
    in.place->inside.push_back({at});
    yaml_place* const place = &in.place->inside.back();
    if (in.value->is_array()) {
      spend(flow::json_item_size);
      in.value->push_back(std::move(value));
      return {&in.value->back(), place};
    }
    place->key = *in.key;
    json& member = (*in.value)[*std::exchange(in.key, std::nullopt)];
    member = std::move(value);
    return {&member, place};
  }

  void add(json&& value, text_location at, YAML::anchor_t anchor) {
    if (!value.is_structured())
      spend(value.is_string() ? flow::json_string_size(value.get_ref<const std::string&>())
                              : flow::json_scalar_size(value));
    const auto [kept, place] = place_value(std::move(value), at);
    if (anchor != YAML::NullAnchor) keep_anchor(anchor, *kept, 0);
  }

  void open(json&& container, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    const text_location at = location_of(mark);
    if (!tag.empty() && tag != "?" && tag != "!") refuse_tag(at, tag);
    if (is_key_next()) refuse(at, "a key must be a text; a text that begins with {{ needs quotes");
    check_depth(1);
    spend(flow::json_container_size);
    const auto [value, place] = place_value(std::move(container), at);
    open_.push_back({value, place, anchor});
  }

  void close() {
    const frame closed = std::move(open_.back());
    open_.pop_back();
    if (closed.anchor != YAML::NullAnchor) keep_anchor(closed.anchor, *closed.value, closed.height);
    note_height(closed.height);
  }

  /// Keeps a copy for the aliases of an anchor. It counts: anchors inside anchors add up.
  void keep_anchor(YAML::anchor_t anchor, const json& value, std::uint32_t height) {
    spend(flow::json_size(value));
    anchors_.insert_or_assign(anchor, anchored{value, height});
  }

  /// Notes that the innermost container has one with `height` levels in it.
  void note_height(std::uint32_t height) {
    if (!open_.empty()) open_.back().height = std::max(open_.back().height, height + 1);
  }

  void check_depth(std::uint32_t more) const {
    if (open_.size() + more <= max_depth_) return;
    throw refusal{errc::limit_exceeded, std::nullopt,
                  "is nested deeper than " + std::to_string(max_depth_) + " levels"};
  }

  void spend(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= max_bytes_) return;
    throw refusal{errc::limit_exceeded, std::nullopt,
                  "is too large with its aliases replaced; the maximum is " +
                      std::to_string(max_bytes_) + " bytes"};
  }

  std::size_t max_bytes_;
  std::uint32_t max_depth_;
  std::size_t bytes_ = 0;
  int documents_ = 0;
  std::vector<frame> open_;  ///< outermost first
  std::map<YAML::anchor_t, anchored> anchors_;
};

/// Refuses what yaml-cpp would accept or change.
void check_bytes(std::string_view text) {
  const auto at = [&](std::size_t byte) { return flow::location_of(text, byte); };
  if (text.starts_with("\xef\xbb\xbf"))
    refuse(at(0), "it begins with a byte order mark; save it as UTF-8 without one");
  if (const auto nul = text.find('\0'); nul != text.npos)
    refuse(at(nul), "a NUL byte is not allowed; write it as \"\\0\" in quotes");
  if (const auto valid = detail::valid_utf8_prefix(text); valid < text.size())
    refuse(at(valid), "it is not UTF-8");
}

void read_document(std::string_view text, document_builder& builder) {
  check_bytes(text);
  // Without the mark of the end, yaml-cpp takes the end of the text for a missing quotation mark.
  std::istringstream stream{std::string{text} + (text.ends_with('\n') ? "...\n" : "\n...\n")};
  YAML::Parser parser{stream};
  parser.HandleNextDocument(builder);
  if (builder.document.value.is_null()) refuse({}, "it is empty");
  parser.HandleNextDocument(builder);  // refused by the builder if there is one
}

/// Takes the first segment from a JSON pointer, without its escapes.
std::string next_segment(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const std::size_t end = std::min(pointer.find('/'), pointer.size());
  std::string name;
  for (std::size_t i = 0; i < end; ++i) {
    const bool is_escape = pointer[i] == '~' && i + 1 < end;
    name += !is_escape ? pointer[i] : pointer[++i] == '1' ? '/' : '~';
  }
  pointer.remove_prefix(end);
  return name;
}

}  // namespace

text_location locate(const json& value, const yaml_place& places, std::string_view pointer) {
  const yaml_place* place = &places;
  const json* at = &value;
  while (!pointer.empty()) {
    const std::string name = next_segment(pointer);
    const auto& inside = place->inside;
    auto found = inside.end();
    if (at->is_object()) {
      found = std::find_if(inside.begin(), inside.end(),
                           [&](const yaml_place& each) { return each.key == name; });
      if (found != inside.end()) at = &at->at(name);
    } else if (at->is_array()) {
      std::size_t index = inside.size();
      std::from_chars(name.data(), name.data() + name.size(), index);
      if (index < inside.size()) {
        found = inside.begin() + static_cast<std::ptrdiff_t>(index);
        at = &at->at(index);
      }
    }
    if (found == inside.end()) break;
    place = &*found;
  }
  return place->at;
}

result<yaml_document> parse_yaml(std::string_view text, std::string_view what,
                                 std::size_t max_bytes, std::uint32_t max_depth) {
  const std::string name{what};
  const auto malformed = [&](text_location at, const std::string& why) {
    return error{errc::invalid_argument, name + " is not valid YAML at " + shown(at) + ": " + why};
  };
  if (text.size() > max_bytes) {
    return error{errc::limit_exceeded, name + " has " + std::to_string(text.size()) +
                                           " bytes; the maximum is " + std::to_string(max_bytes)};
  }
  document_builder builder{max_bytes, max_depth};
  try {
    read_document(text, builder);
  } catch (const refusal& refused) {
    if (refused.at) return malformed(*refused.at, refused.why);
    return error{refused.code, name + " " + refused.why};
  } catch (const YAML::Exception& problem) {
    return malformed(location_of(problem.mark), problem.msg);
  }
  return std::move(builder.document);
}

}  // namespace pawl::server
