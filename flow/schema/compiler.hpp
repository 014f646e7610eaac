#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "flow/schema/pattern.hpp"
#include "flow/schema/program.hpp"

namespace pawl::flow::schema {

class keyword_source;
class reference_keyword;

/// Compiles one schema. Works through a queue of subschemas, without recursion.
class compiler {
 public:
  static constexpr std::size_t max_subschemas = 20'000;
  static constexpr std::size_t max_failures = 100;  ///< reported for one schema

  /// Diagnostics have the severity `level`; their pointers begin with `pointer`. If it is
  /// `warning`, the schema is compiled all the same: a malformed keyword then matches nothing.
  compiler(const json& root, std::string pointer, severity level, pattern_memory& patterns,
           std::vector<diagnostic>& diagnostics);

  /// Returns null after an error.
  [[nodiscard]] std::shared_ptr<const program> compile();

  // For keyword_source.

  /// The subschema of `source`, which stands at `path` below a location.
  [[nodiscard]] subschema_index subschema_at(const json& source, location_index parent,
                                             const std::string& path, const std::string& base);
  void add_keyword(subschema_index to, std::unique_ptr<const keyword> made);
  /// Reports a problem at a path, and adds a keyword that matches nothing.
  void fail(subschema_index in, const std::string& path, std::string message);
  void warn(location_index at, const std::string& path, std::string code, std::string message);
  [[nodiscard]] pattern_memory& patterns() noexcept { return patterns_; }

 private:
  /// A subschema that is known, and what is needed to read it.
  struct known_schema {
    subschema_index index;
    const std::string* base;  ///< URI against which its references are resolved
  };
  struct open_reference {
    reference_keyword* from;
    subschema_index in;
    const std::string* base;
    std::string target;
  };

  void read(const json& source);
  void read_object(const json& source, known_schema& known);
  void read_id(const json& source, known_schema& known);
  void add_reference(const json& source, const known_schema& known);
  void resolve(const open_reference& reference);
  /// What a reference points to. `value` is null after a problem, which `fail` reports.
  struct target {
    const json* value = nullptr;
    const std::string* base = nullptr;  ///< of the nearest subschema around it
    location_index parent = 0;          ///< its location
    std::string path;                   ///< from there
  };
  [[nodiscard]] target target_of(const open_reference& reference);
  [[nodiscard]] target walk(const json& document, const open_reference& reference,
                            const std::string& pointer);
  void enter(target& at) const;
  [[nodiscard]] const json* document_of(const std::string& uri);
  [[nodiscard]] const std::string* keep(std::string uri);
  void refuse_explosion();

  const json& root_;
  const std::string pointer_;
  const severity level_;
  pattern_memory& patterns_;
  std::vector<diagnostic>& diagnostics_;
  std::size_t failures_ = 0;

  std::shared_ptr<program> made_;
  bool is_full_ = false;
  std::deque<const json*> queue_;  ///< known, but not read
  std::unordered_map<const json*, known_schema> known_;
  std::map<std::string, const json*, std::less<>> documents_;  ///< by URI without fragment
  std::map<std::string, const json*, std::less<>> anchors_;    ///< by URI with fragment
  std::vector<std::unique_ptr<const std::string>> bases_;
  std::vector<open_reference> open_;
};

}  // namespace pawl::flow::schema
