#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <pawl/function.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/machine/command.hpp"
#include "flow/values/blob_references.hpp"

namespace pawl::actors {

struct engine_context;

/// The blobs that the values of a command refer to, which come from outside: the input of a start,
/// the payload of a signal, data, an answer, the result of a step.
[[nodiscard]] std::vector<flow::blob_reference> blobs_of(const flow::command& what);

/// Adds those of the outcome of a step: its result, or what it asks and changes before it waits.
void add_blobs_of(const result<json>& value, const std::optional<interruption>& interrupted,
                  std::vector<flow::blob_reference>& to);

/// Maximum number of references in the values of one command. Each is looked up, and each blob that
/// a record names is two entries in its batch.
inline constexpr std::size_t max_blob_references = 10'000;

/// Checks that blobs exist, and keeps them until the command that refers to them is carried out:
/// `blob_guard`. Reads the store. Errors: `invalid_argument` for a reference to a blob that the
/// scope does not have, or with another size than it has; `limit_exceeded`; those of the store.
[[nodiscard]] result<void> check_blobs(engine_context& context, const scope_name& scope,
                                       const std::vector<flow::blob_reference>& named);

}  // namespace pawl::actors
