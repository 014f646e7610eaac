#pragma once

#include <memory>

#include <rocksdb/env.h>

namespace pawl::persistence::rocks {

/// An environment like `base`, which it keeps, whose new files only their owner can access (mode
/// 0600), whatever the umask is.
[[nodiscard]] std::unique_ptr<rocksdb::Env> private_environment(std::unique_ptr<rocksdb::Env> base);

}  // namespace pawl::persistence::rocks
