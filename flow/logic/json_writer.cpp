#include "flow/logic/json_writer.hpp"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <pawl/detail/hex.hpp>

#include "flow/logic/operators/arguments.hpp"

namespace pawl::flow::logic {
namespace {

class writer {
 public:
  explicit writer(evaluation& run) : run_(run) {}

  std::string_view write(const value& v) {
    one(v);
    while (!open_.empty() && run_.step()) next();
    return run_.failed() ? std::string_view{} : run_.keep(text_);
  }

 private:
  // An array or record that is being written, and its next item.
  struct level {
    value of;
    std::size_t next = 0;
  };

  void next() {
    level& top = open_.back();
    const bool is_array = top.of.is_array();
    if (top.next == top.of.size()) {
      add(is_array ? "]" : "}");
      open_.pop_back();
      return;
    }
    if (top.next > 0) add(",");
    const std::size_t i = top.next++;
    if (is_array) return one(top.of[i]);
    const member& each = top.of.members()[i];
    text(each.key);
    add(":");
    one(each.what);  // invalidates `top`
  }

  void one(const value& v) {
    if (v.is_array() || v.is_object()) {
      const value of = v.is_array() ? v : as_record(run_, v);
      if (!run_.take(sizeof(level))) return;
      add(v.is_array() ? "[" : "{");
      open_.push_back({of});
    } else if (v.is_text()) {
      text(v.as_text());
    } else if (v.is_number() && std::isfinite(v.as_number().as_double())) {
      std::array<char, number_text_bytes> room;
      add({room.data(), format(v.as_number(), room.data())});
    } else if (v.is_boolean()) {
      add(v.as_boolean() ? "true" : "false");
    } else {
      add("null");
    }
  }

  void text(std::string_view what) {
    if (!run_.read(what.size()) || !run_.take(what.size() + 2)) return;
    text_ += '"';
    for (const char c : what) {
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        add(escaped(c));
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  static std::string escaped(char c) {
    switch (c) {
      case '\n':
        return "\\n";
      case '\r':
        return "\\r";
      case '\t':
        return "\\t";
      case '\b':
        return "\\b";
      case '\f':
        return "\\f";
      default: {
        std::string code = "\\u00";
        detail::append_hex_byte(code, static_cast<unsigned char>(c));
        return code;
      }
    }
  }

  void add(std::string_view what) {
    if (run_.take(what.size())) text_ += what;
  }

  evaluation& run_;
  std::string text_;
  std::vector<level> open_;
};

}  // namespace

std::string_view json_text_of(evaluation& run, const value& v) {
  return writer{run}.write(v);
}

}  // namespace pawl::flow::logic
