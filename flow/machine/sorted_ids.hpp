#pragma once

#include <algorithm>
#include <vector>

#include "flow/machine/token.hpp"

namespace pawl::flow {

/// A set of token ids as an ascending vector. New tokens have the highest ids, so that adding one
/// is an append; a removal moves four bytes for each later id.
inline void insert_id(std::vector<token_id>& ids, token_id id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place == ids.end() || *place != id) ids.insert(place, id);
}

/// Returns whether the id was there.
inline bool erase_id(std::vector<token_id>& ids, token_id id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place == ids.end() || *place != id) return false;
  ids.erase(place);
  return true;
}

}  // namespace pawl::flow
