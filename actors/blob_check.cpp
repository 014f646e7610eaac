#include "actors/blob_check.hpp"

#include <string>
#include <type_traits>
#include <variant>

#include <pawl/detail/hex.hpp>

#include "actors/engine_context.hpp"
#include "persistence/blobs.hpp"

namespace pawl::actors {
namespace {

/// Adds the references in the values of one command.
void add_references(const flow::start_command& c, std::vector<flow::blob_reference>& to) {
  flow::add_blob_references(c.input, to);
  flow::add_blob_references(c.metadata, to);
  flow::add_blob_references(c.forked_data, to);
}
void add_references(const flow::step_outcome_command& c, std::vector<flow::blob_reference>& to) {
  add_blobs_of(c.value, c.interrupted, to);
}
void add_references(const flow::resume_command& c, std::vector<flow::blob_reference>& to) {
  flow::add_blob_references(c.update, to);
  if (c.answer) flow::add_blob_references(*c.answer, to);
}
void add_references(const flow::set_data_command& c, std::vector<flow::blob_reference>& to) {
  flow::add_blob_references(c.update, to);
}
void add_references(const flow::signal_command& c, std::vector<flow::blob_reference>& to) {
  flow::add_blob_references(c.payload, to);
}
template <class Other>
void add_references(const Other&, std::vector<flow::blob_reference>&) {}

persistence::blob_key key_of_named(const scope_name& scope, const flow::blob_reference& blob) {
  return {scope, detail::from_hex(blob.hash).value_or("")};
}

error wrong_reference(const flow::blob_reference& blob, const std::string& why) {
  return {errc::invalid_argument, "the value refers to the blob sha256:" + blob.hash + ", " + why,
          "unknown_blob"};
}

}  // namespace

std::vector<flow::blob_reference> blobs_of(const flow::command& what) {
  std::vector<flow::blob_reference> named;
  std::visit([&](const auto& c) { add_references(c, named); }, what);
  return named;
}

void add_blobs_of(const result<json>& value, const std::optional<interruption>& interrupted,
                  std::vector<flow::blob_reference>& to) {
  if (interrupted) {
    flow::add_blob_references(interrupted->value, to);
    flow::add_blob_references(interrupted->update, to);
  } else if (value) {
    flow::add_blob_references(*value, to);
  }
}

result<void> check_blobs(engine_context& context, const scope_name& scope,
                         const std::vector<flow::blob_reference>& named) {
  if (named.size() > max_blob_references) {
    return error{errc::limit_exceeded, "the value has " + std::to_string(named.size()) +
                                           " references to blobs, and at most " +
                                           std::to_string(max_blob_references) +
                                           " are allowed. Store the list of them as a blob"};
  }
  std::vector<bool> stay;
  // First: a blob that can be touched is not deleted after the view that is read next.
  for (const auto& blob : named)
    stay.push_back(context.blobs.touch(key_of_named(scope, blob), context.clock->now()));
  const auto now = context.store->durable_view();
  for (std::size_t i = 0; i < named.size(); ++i) {
    const auto& blob = named[i];
    const auto head = persistence::load_blob(*now, key_of_named(scope, blob));
    if (!head) return head.error();
    if (!stay[i] || !*head) {
      return wrong_reference(
          blob, "which scope " + scope.str() + " does not have. Store it first (PUT /v1/blobs)");
    }
    if (blob.size && *blob.size != (*head)->size) {
      return wrong_reference(blob, "with the size " + std::to_string(*blob.size) + ", but it has " +
                                       std::to_string((*head)->size) + " bytes");
    }
  }
  return {};
}

}  // namespace pawl::actors
