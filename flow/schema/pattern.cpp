#include "flow/schema/pattern.hpp"

#include <re2/re2.h>

#include <array>
#include <utility>

#include "flow/schema/pattern_syntax.hpp"

namespace pawl::flow::schema {
namespace {

/// The memory of a pattern's program and of the states that its matches remember. Nearly every
/// pattern fits the first; `^\p{L}{1,100}$` needs the last.
constexpr std::array<std::size_t, 3> memory_sizes = {128u << 10, 1u << 20, 8u << 20};

RE2::Options re2_options(std::size_t memory) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(static_cast<std::int64_t>(memory));
  return options;
}

}  // namespace

struct pattern::program {
  program(std::string source, const std::string& translated, std::size_t memory)
      : text(std::move(source)), matcher(translated, re2_options(memory)) {}

  std::string text;
  RE2 matcher;
};

result<pattern> pattern::compile(std::string_view text, pattern_memory& memory) {
  auto translated = translate_pattern(text);
  if (!translated) return std::move(translated).error();
  pattern made;
  made.width_ = translated->width;
  for (const std::size_t bytes : memory_sizes) {
    if (!memory.take(bytes)) {
      return error{errc::limit_exceeded, "is too much: the patterns of the flow need more than " +
                                             std::to_string(pattern_memory::limit >> 20) +
                                             " MiB of memory"};
    }
    auto compiled = std::make_shared<program>(std::string{text}, translated->text, bytes);
    if (compiled->matcher.ok()) {
      made.program_ = std::move(compiled);
      return made;
    }
    memory.give_back(bytes);
    if (compiled->matcher.error_code() != RE2::ErrorPatternTooLarge) {
      return error{errc::invalid_argument, "is not accepted by RE2: " + compiled->matcher.error()};
    }
  }
  return error{errc::limit_exceeded, "is too large: it needs more than " +
                                         std::to_string(memory_sizes.back() >> 20) +
                                         " MiB of memory"};
}

bool pattern::matches(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, program_->matcher);
}

const std::string& pattern::text() const noexcept {
  return program_->text;
}

}  // namespace pawl::flow::schema
