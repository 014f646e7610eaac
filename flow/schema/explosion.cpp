#include "flow/schema/explosion.hpp"

#include <optional>

namespace pawl::flow::schema {
namespace {

constexpr std::size_t max_work = 1'000;
constexpr int max_levels = 64;

class work_counter {
 public:
  explicit work_counter(const program& schema)
      : schema_(schema), known_(schema.subschemas.size()) {}

  std::size_t of(subschema_index index, int level) {
    if (level > max_levels) return max_work + 1;
    if (known_[index]) return *known_[index];
    std::vector<subschema_index> parts;
    for (const auto& each : schema_.subschemas[index].keywords) each->add_in_place(parts);
    std::size_t work = 1;
    for (const auto part : parts)
      if (work <= max_work) work += of(part, level + 1);
    known_[index] = work;
    return work;
  }

  [[nodiscard]] static bool is_too_much(std::size_t work) { return work > max_work; }

 private:
  const program& schema_;
  std::vector<std::optional<std::size_t>> known_;
};

}  // namespace

bool is_within_limit(const program& schema) {
  work_counter counter{schema};
  for (subschema_index i = 0; i < schema.subschemas.size(); ++i)
    if (work_counter::is_too_much(counter.of(i, 0))) return false;
  return true;
}

}  // namespace pawl::flow::schema
