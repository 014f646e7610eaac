#pragma once

#include <memory>

namespace pawl::persistence::values {

class value_codec;

/// How a store stores its values, shared with its views. Null: as they are.
using codec_ptr = std::shared_ptr<const value_codec>;

}  // namespace pawl::persistence::values
